import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { Document, DocumentKind } from './document.ts'
import { attributed, linesIn, withProven } from './ledger.ts'
import { markOf } from './mark.ts'
import type { Stance } from './ownership.ts'
import type { Claimed } from './plan-target.ts'

/** `name` is what proves it; `text` is what it says. */
interface Named {
  readonly mark?: string
  readonly name: string
  readonly text: string
}

const kind: DocumentKind<Named> = {
  name: 'RoleAssignments',
  label: 'list',
  entryLabel: 'line',
  ledger: true,
  mark: ({ mark }) => mark,
  withMark: ({ name, text }, mark) => ({ mark, name, text }),
  meaning: ({ text }) => text,
  identity: ({ mark, text }) => JSON.stringify([mark, text]),
  breach: () => undefined,
  summary: ({ text }) => text,
  proves: (wanted, _mark, found) => found.name === `ours of ${wanted.text.replace(/ if .*/, '')}`,
}

const A = markOf('i', 't', 'a/x', 'e')
const B = markOf('i', 't', 'b/y', 'e')
const claim = (mark: string, text: string, stance: Stance = 'Wants', planned?: Stance): Claimed => ({
  document: 'RoleAssignments',
  name: 'e',
  body: { text },
  mark,
  stance,
  planned,
})
const OURS: Named = { name: 'ours of reading', text: 'reading' }
const THEIRS: Named = { name: 'theirs', text: 'reading' }
const EDITED: Named = { name: 'ours of reading', text: 'reading if it rains' }
const standing = (...entries: readonly Named[]): Document<Named> => ({ entries, envelope: null })

const cases: readonly (readonly [string, readonly Named[], readonly Claimed[], readonly Named[]])[] = [
  ['is its owner’s again', [OURS], [claim(A, 'reading')], [{ ...OURS, mark: A }]],
  [
    'is its owner’s also where somebody changed it',
    [EDITED],
    [claim(A, 'reading')],
    [{ ...EDITED, mark: A }],
  ],
  ['is one’s who leaves, so that it goes', [OURS], [claim(A, 'reading', 'Leaves')], [{ ...OURS, mark: A }]],
  [
    'is rather one’s who wants it than one’s who leaves',
    [OURS],
    [claim(A, 'reading', 'Leaves'), claim(B, 'reading')],
    [{ ...OURS, mark: B }],
  ],
  [
    'is all theirs who want it or keep what they have',
    [OURS],
    [claim(A, 'reading'), claim(B, 'reading', 'Keeps')],
    [
      { ...OURS, mark: A },
      { ...OURS, mark: B },
    ],
  ],
  [
    'is not one’s in mode Plan, for whom nothing was applied',
    [OURS],
    [claim(A, 'reading', 'Keeps', 'Wants')],
    [OURS],
  ],
  ['stays a stranger’s where its name is', [THEIRS], [claim(A, 'reading')], [THEIRS]],
  ['stays nobody’s where nobody claims it', [OURS], [claim(A, 'writing')], [OURS]],
  [
    'stays with whom the ledger names',
    [{ ...OURS, mark: B }],
    [claim(A, 'reading', 'Leaves')],
    [{ ...OURS, mark: B }],
  ],
  [
    'is not looked for where its owner has one',
    [OURS, { ...THEIRS, mark: A }],
    [claim(A, 'reading')],
    [OURS, { ...THEIRS, mark: A }],
  ],
]

describe('an entry that no ledger lists but its name proves', () => {
  for (const [name, before, claimed, after] of cases)
    it(name, () => assert.deepEqual(withProven(kind, standing(...before), claimed).entries, after))
})

describe('an entry that a ledger lists', () => {
  const lines = linesIn(kind, standing({ ...OURS, mark: A }))
  it('is its owner’s', () =>
    assert.deepEqual(attributed(kind, standing(OURS), [lines]).entries, [{ ...OURS, mark: A }]))
  it('is a stranger’s where its name does not prove what the ledger says', () =>
    assert.deepEqual(attributed(kind, standing(THEIRS), [lines]).entries, [THEIRS]))
})
