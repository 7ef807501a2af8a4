import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaultError } from '../api/fault.ts'
import type { Document, DocumentKind } from './document.ts'
import { assertForeignUntouched } from './guard.ts'
import { markOf } from './mark.ts'
import { ownershipAt, type Stance } from './ownership.ts'
import { planTarget } from './plan-target.ts'

interface Line {
  readonly mark?: string
  readonly text: string
}

/** The smallest document kind: lines of text with a mark, at most six of them. */
const lines: DocumentKind<Line> = {
  name: 'Cors',
  label: 'page',
  entryLabel: 'line',
  mark: (line) => line.mark,
  withMark: (line, mark) => ({ ...line, mark }),
  meaning: (line) => line.text.toLowerCase(),
  identity: (line) => JSON.stringify(line),
  breach: ({ entries }) =>
    entries.length > 6 ? { reason: 'TooManyRules', detail: `${entries.length} of at most 6` } : undefined,
  summary: (line) => line.text,
}

const mark = (owner: string, name = 'e'): string => markOf('inst', 's3://b', owner, name)

function plan(before: readonly Line[], people: Readonly<Record<string, readonly [Stance, ...string[]]>>) {
  return planTarget({
    installation: 'inst',
    target: 's3://b',
    fresh: '',
    documents: [{ kind: lines as DocumentKind, document: { entries: before, envelope: { Id: 'theirs' } } }],
    participants: Object.entries(people).map(([owner, [stance, ...texts]]) => ({
      owner,
      stance,
      entries: texts.map((text, i) => ({ document: 'Cors', name: i === 0 ? 'e' : `e${i}`, body: { text } })),
    })),
  })
}

const after = (result: ReturnType<typeof plan>): unknown => result.documents[0]?.after.entries
const actions = (result: ReturnType<typeof plan>): string[] =>
  (result.documents[0]?.changes ?? []).map(({ action, owner }) => `${action} ${owner}`)

describe('planning one document', () => {
  const stranger: Line = { mark: 'theirs', text: 'stranger' }

  it('appends what is wanted behind what strangers have', () => {
    assert.deepEqual(after(plan([stranger], { 'a/x': ['Wants', 'hello'] })), [
      stranger,
      { mark: mark('a/x'), text: 'hello' },
    ])
  })

  it('replaces its own entry in place when a stranger edited it', () => {
    const before = [{ mark: mark('a/x'), text: 'edited' }, stranger]
    assert.deepEqual(after(plan(before, { 'a/x': ['Wants', 'hello'] })), [
      { mark: mark('a/x'), text: 'hello' },
      stranger,
    ])
  })

  it('leaves its own entry alone when only the spelling differs', () => {
    assert.deepEqual(actions(plan([{ mark: mark('a/x'), text: 'HELLO' }], { 'a/x': ['Wants', 'hello'] })), [])
  })

  it('adopts an equal entry that was there before, and leaves it when the owner goes', () => {
    const equal: Line = { mark: 'by hand', text: 'Hello' }
    const result = plan([equal], { 'a/x': ['Wants', 'hello'] })
    assert.deepEqual(actions(result), [])
    assert.deepEqual([...(result.documents[0]?.adopted ?? [])], [[mark('a/x'), 'a/x']])
    assert.deepEqual(after(plan([equal], { 'a/x': ['Leaves'] })), [equal])
  })

  it('does not lean on another integration’s equal entry, which may go', () => {
    const before = [{ mark: mark('a/x'), text: 'hello' }]
    const people = { 'a/x': ['Wants', 'hello'], 'a/y': ['Wants', 'hello'] } as const
    assert.deepEqual(actions(plan(before, people)), ['Add a/y'])
  })

  it('removes what its owner no longer wants', () => {
    const before = [
      { mark: mark('a/x', 'old'), text: 'old' },
      { mark: mark('a/x'), text: 'hello' },
    ]
    assert.deepEqual(actions(plan(before, { 'a/x': ['Wants', 'hello'] })), ['Remove a/x'])
  })

  it('removes a second entry under one mark, which someone copied', () => {
    const twin = { mark: mark('a/x'), text: 'hello' }
    assert.deepEqual(after(plan([twin, twin], { 'a/x': ['Wants', 'hello'] })), [twin])
  })

  it('keeps an orphan and names it', () => {
    const orphan = { mark: mark('gone/away'), text: 'old' }
    const result = plan([orphan], { 'a/x': ['Leaves'] })
    assert.deepEqual(after(result), [orphan])
    assert.deepEqual(result.documents[0]?.orphans, [orphan.mark])
  })

  it('takes a mark of another installation or another bucket for a stranger’s', () => {
    const before = [
      { mark: markOf('other', 's3://b', 'a/x', 'e'), text: 'one' },
      { mark: markOf('inst', 's3://copy', 'a/x', 'e'), text: 'two' },
    ]
    assert.deepEqual(after(plan(before, { 'a/x': ['Leaves'] })), before)
  })
})

describe('a limit', () => {
  const five = ['1', '2', '3', '4', '5'].map((text) => ({ text }))

  it('refuses the younger integration whole and serves the older', () => {
    const result = plan(five, { 'a/old': ['Wants', 'x'], 'a/young': ['Wants', 'y', 'z'] })
    assert.deepEqual(actions(result), ['Add a/old'])
    assert.equal(result.refused.get('a/young')?.detail, '8 of at most 6')
  })

  it('leaves what a refused integration had', () => {
    const before = [...five, { mark: mark('a/x', 'e'), text: 'had' }]
    const result = plan(before, { 'a/x': ['Wants', 'changed', 'more'] })
    assert.deepEqual(after(result), before)
    assert.equal(result.refused.has('a/x'), true)
  })

  it('never stands in the way of a removal', () => {
    const before = [...five, { mark: mark('a/x'), text: 'x' }, { text: '7' }, { text: '8' }]
    assert.deepEqual(actions(plan(before, { 'a/x': ['Leaves'] })), ['Remove a/x'])
  })
})

describe('the guard', () => {
  const ownership = ownershipAt('inst', 's3://b', new Map([['a/keeps', 'Keeps']]))
  const before: Document<Line> = {
    entries: [{ text: 'a' }, { mark: mark('a/keeps'), text: 'k' }],
    envelope: { Id: 'x' },
  }
  const broken: readonly (readonly [string, Document<Line>])[] = [
    ['loses a foreign entry', { ...before, entries: before.entries.slice(1) }],
    ['changes a kept entry', { ...before, entries: [{ text: 'a' }, { mark: mark('a/keeps'), text: 'K' }] }],
    ['turns foreign entries round', { ...before, entries: [...before.entries].reverse() }],
    ['adds an entry without a mark', { ...before, entries: [...before.entries, { text: 'new' }] }],
    ['changes the envelope', { ...before, envelope: {} }],
  ]
  for (const [name, document] of broken) {
    it(`refuses a plan that ${name}`, () => {
      const refused = (error: unknown): boolean =>
        error instanceof FaultError && error.fault.reason === 'PlanRefused'
      assert.throws(() => assertForeignUntouched(lines, before, document, ownership), refused)
    })
  }
})
