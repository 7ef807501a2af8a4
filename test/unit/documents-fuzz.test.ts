/** Documents of clouds that somebody has tampered with, and documents of 10,000 entries: taken apart, planned and put together. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FaultError } from '../../src/api/fault.ts'
import type { Document, DocumentKind } from '../../src/plan/document.ts'
import { attributed, type LedgerLines, linesIn } from '../../src/plan/ledger.ts'
import { installationTag, parseMark } from '../../src/plan/mark.ts'
import type { Stance } from '../../src/plan/ownership.ts'
import type { DocumentPlan } from '../../src/plan/plan-document.ts'
import { planTarget } from '../../src/plan/plan-target.ts'
import { type DocumentForm, FORMS, INSTALLATION, TARGET } from './document-forms.ts'
import { fuzz } from './fuzz-runs.ts'
import { tampered } from './hostile-json.ts'

interface Place {
  readonly text: string
  readonly lines: LedgerLines
}

/** Undefined where the document is refused as one that could not be written back. */
function read({ kind, decode }: DocumentForm, { text, lines }: Place): Document | undefined {
  try {
    const document = decode(text)
    return kind.ledger === true ? attributed(kind, document, [lines]) : document
  } catch (error) {
    if (error instanceof FaultError) assert.equal(error.fault.reason, 'UnreadableDocument')
    else assert.ok(error instanceof SyntaxError, `${String(error)}\n${(error as Error).stack}`)
    return undefined
  }
}

function planFor(form: DocumentForm, document: Document, stance: Stance, owners = 1): DocumentPlan {
  const participants = Array.from({ length: owners }, (_, n) => ({
    ...{ owner: `a/${n}`, stance },
    entries: [{ document: form.kind.name, name: 'e', body: form.wanted(n) }],
  }))
  const kind: DocumentKind = { ...form.kind, breach: () => undefined }
  const { documents } = planTarget({
    ...{ installation: INSTALLATION, target: TARGET, fresh: '0'.repeat(32), participants },
    documents: [{ kind, document }],
  })
  return documents[0] ?? assert.fail()
}

function sent(form: DocumentForm, place: Place, plan: DocumentPlan): Place {
  if (plan.changes.length === 0) return place
  const lines = form.kind.ledger === true ? linesIn(form.kind, plan.after) : {}
  return { text: form.encode(plan.after, plan.before, place.text), lines }
}

/** What strangers have, in the cloud's order, by what each entry is as a whole. */
function strangersIn(form: DocumentForm, document: Document): string[] {
  const ours = installationTag(INSTALLATION, TARGET)
  const theirs = document.entries
    .filter((entry) => parseMark(form.kind.mark(entry))?.installation !== ours)
    .map((entry) => form.kind.identity(entry))
  return form.isSet ? [...new Set(theirs)].sort() : theirs
}

/** One integration comes and goes. */
function comesAndGoes(form: DocumentForm, start: Place): 'Unreadable' | 'Merged' {
  const before = read(form, start)
  if (before === undefined) return 'Unreadable'
  for (const entry of before.entries) form.kind.summary(entry)
  const coming = planFor(form, before, 'Wants')
  const middle = sent(form, start, coming)
  const between =
    read(form, middle) ?? assert.fail(`what was written cannot be read again: ${middle.text.slice(0, 500)}`)
  assert.deepEqual(strangersIn(form, between), strangersIn(form, before))
  assert.deepEqual(planFor(form, between, 'Wants').changes, [], 'a second pass has nothing to do')
  const end = sent(form, middle, planFor(form, between, 'Leaves'))
  const after = read(form, end) ?? assert.fail('what is left cannot be read')
  assert.deepEqual(strangersIn(form, after), strangersIn(form, before))
  return 'Merged'
}

describe('a document that somebody has tampered with', () => {
  for (const form of FORMS) {
    it(`is refused whole, or merged without touching anything that is not ours: ${form.label}`, () => {
      const counts = { Unreadable: 0, Merged: 0 }
      fc.assert(
        fc.property(tampered(form.strangers), (text) => {
          counts[comesAndGoes(form, { text, lines: {} })] += 1
        }),
        fuzz(form.label, 150),
      )
      assert.ok(counts.Merged > 0 && counts.Unreadable > 0, JSON.stringify(counts))
    })
  }
})

/** A kind that counts how often it is asked. */
function counting(kind: DocumentKind): { readonly kind: DocumentKind; readonly asked: { count: number } } {
  const asked = { count: 0 }
  const counted = <A extends readonly unknown[], R>(ask: (...args: A) => R) => {
    return (...args: A): R => {
      asked.count += 1
      return ask(...args)
    }
  }
  const { mark, withMark, meaning, identity, summary } = kind
  return {
    asked,
    kind: {
      ...kind,
      ...{ mark: counted(mark), withMark: counted(withMark), meaning: counted(meaning) },
      ...{ identity: counted(identity), summary: counted(summary) },
    },
  }
}

/** How often a kind is asked for a plan of so many strangers and integrations. */
function workOf(form: DocumentForm, strangers: number, owners: number): number {
  const { kind, asked } = counting(form.kind)
  const counted = { ...form, kind }
  const document = read(counted, { text: JSON.stringify(form.many(strangers)), lines: {} }) ?? assert.fail()
  const plan = planFor(counted, document, 'Wants', owners)
  assert.equal(plan.changes.length, owners)
  return asked.count
}

it('a Google CORS rule whose method is a number in a list is summed up in words', () => {
  const form = FORMS.find(({ label }) => label === 'CORS of a Google bucket') ?? assert.fail()
  assert.ok(comesAndGoes(form, { text: '[{"method":[1.0,[]]}]', lines: {} }))
})

describe('the limits of a document that somebody has tampered with', () => {
  for (const form of FORMS) {
    it(`are reckoned with whatever is in it: ${form.label}`, () => {
      fc.assert(
        fc.property(tampered(form.strangers), (text) => {
          const document = read(form, { text, lines: {} })
          if (document !== undefined) form.kind.breach(document)
        }),
        fuzz(`limits of ${form.label}`, 100),
      )
    })
  }
})

describe('a document of 10,000 entries', () => {
  for (const form of FORMS) {
    it(`comes back whole with one entry more: ${form.label}`, () => {
      const start = { text: JSON.stringify(form.many(10_000)), lines: {} }
      const before = read(form, start) ?? assert.fail()
      form.kind.breach(before)
      const after = read(form, sent(form, start, planFor(form, before, 'Wants'))) ?? assert.fail()
      assert.equal(
        new Set(after.entries.map(form.kind.meaning)).size,
        new Set(before.entries.map(form.kind.meaning)).size + 1,
      )
      assert.ok(
        strangersIn(form, after).join() === strangersIn(form, before).join(),
        'a stranger’s entry differs',
      )
    })

    it(`takes twice the work of half of it, not four times: ${form.label}`, () => {
      const [half, whole] = [workOf(form, 500, 4), workOf(form, 1_000, 4)]
      assert.ok(whole <= 2.2 * half, `${half} questions for 500 entries, ${whole} for 1,000`)
    })
  }
})
