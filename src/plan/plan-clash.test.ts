import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DocumentKind } from './document.ts'
import { markOf } from './mark.ts'
import type { Stance } from './ownership.ts'
import { planTarget } from './plan-target.ts'

interface Word {
  readonly mark?: string
  readonly place: string
  readonly text: string
}

/** A kind that holds one text in each place, as a policy holds one statement under each Sid. */
const words: DocumentKind<Word> = {
  name: 'Cors',
  label: 'page',
  entryLabel: 'word',
  mark: ({ mark }) => mark,
  withMark: (word, mark) => ({ ...word, mark }),
  meaning: ({ place, text }) => `${place} ${text}`,
  identity: (word) => JSON.stringify(word),
  breach: () => undefined,
  summary: ({ text }) => text,
  clash: (wanted, other) =>
    wanted.place === other.place && wanted.text !== other.text ? `says "${other.text}"` : undefined,
}

type People = Readonly<Record<string, readonly [Stance, string]>>

const held = (owner: string, text: string): Word => ({
  mark: markOf('inst', 's3://b', owner, 'word'),
  place: 'sid',
  text,
})

function plan(before: readonly Word[], people: People) {
  const result = planTarget({
    installation: 'inst',
    target: 's3://b',
    fresh: '',
    documents: [{ kind: words as DocumentKind, document: { entries: before, envelope: null } }],
    participants: Object.entries(people).map(([owner, [stance, text]]) => ({
      owner,
      stance,
      entries: [{ document: 'Cors', name: 'word', body: { place: 'sid', text } }],
    })),
  })
  const after = (result.documents[0]?.after.entries ?? []) as readonly Word[]
  return {
    texts: after.map(({ text }) => text),
    refused: [...result.refused].map(([owner, { reason, detail }]) => `${owner} ${reason}: ${detail}`),
  }
}

describe('two integrations that want one place otherwise', () => {
  const cases: readonly (readonly [string, readonly Word[], People, ReturnType<typeof plan>])[] = [
    [
      'and are both new: the older has it, and the younger is told who',
      [],
      { 'a/old': ['Wants', 'x'], 'a/young': ['Wants', 'y'] },
      { texts: ['x'], refused: ['a/young Conflict: StorageIntegration a/old says "x"'] },
    ],
    [
      'of which the younger has it: the older waits',
      [held('a/young', 'y')],
      { 'a/old': ['Wants', 'x'], 'a/young': ['Wants', 'y'] },
      { texts: ['y'], refused: ['a/old Conflict: StorageIntegration a/young says "y"'] },
    ],
    [
      'because the older changed its mind: who stays as agreed is not troubled',
      [held('a/old', 'y'), held('a/young', 'y')],
      { 'a/old': ['Wants', 'x'], 'a/young': ['Wants', 'y'] },
      { texts: ['y', 'y'], refused: ['a/old Conflict: StorageIntegration a/young says "y"'] },
    ],
    [
      'until both changed it alike: both have it',
      [held('a/old', 'y'), held('a/young', 'y')],
      { 'a/old': ['Wants', 'x'], 'a/young': ['Wants', 'x'] },
      { texts: ['x', 'x'], refused: [] },
    ],
    [
      'of which one keeps what somebody spoiled: nothing is written beside it',
      [held('a/keeper', 'spoilt'), held('a/wants', 'spoilt')],
      { 'a/keeper': ['Keeps', 'y'], 'a/wants': ['Wants', 'y'] },
      {
        texts: ['spoilt', 'spoilt'],
        refused: ['a/wants Conflict: StorageIntegration a/keeper says "spoilt"'],
      },
    ],
    [
      'of which one leaves: the other has it at once',
      [held('a/old', 'x')],
      { 'a/old': ['Leaves', 'x'], 'a/young': ['Wants', 'y'] },
      { texts: ['y'], refused: [] },
    ],
    [
      'of which one is a stranger: the stranger has it',
      [{ place: 'sid', text: 'theirs' }],
      { 'a/x': ['Wants', 'x'] },
      { texts: ['theirs'], refused: ['a/x Conflict: somebody else says "theirs"'] },
    ],
    [
      'of which one does not exist any more: its entry stays, and has it',
      [held('gone/away', 'old')],
      { 'a/x': ['Wants', 'x'] },
      { texts: ['old'], refused: ['a/x Conflict: somebody else says "old"'] },
    ],
  ]
  for (const [name, before, people, expected] of cases)
    it(name, () => assert.deepEqual(plan(before, people), expected))
})
