import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { Document, DocumentKind } from './document.ts'
import { withProven } from './ledger.ts'
import { markOf } from './mark.ts'
import type { Stance } from './ownership.ts'
import type { Claimed } from './plan-target.ts'

interface Named {
  readonly mark?: string
  readonly text: string
}

/** Entries that bear a name of Mooring’s own begin with "ours". */
const kind: DocumentKind<Named> = {
  name: 'RoleAssignments',
  label: 'list',
  entryLabel: 'line',
  ledger: true,
  mark: ({ mark }) => mark,
  withMark: ({ text }, mark) => ({ mark, text }),
  meaning: ({ text }) => text,
  identity: ({ mark, text }) => JSON.stringify([mark, text]),
  breach: () => undefined,
  summary: ({ text }) => text,
  proves: ({ text }) => text.startsWith('ours'),
}

const A = markOf('i', 't', 'a/x', 'e')
const B = markOf('i', 't', 'b/y', 'e')
const claim = (mark: string, text: string, stance: Stance = 'Wants'): Claimed => ({
  document: 'RoleAssignments',
  name: 'e',
  body: { text },
  mark,
  stance,
})
const standing = (...entries: readonly Named[]): Document<Named> => ({ entries, envelope: null })

const cases: readonly (readonly [string, readonly Named[], readonly Claimed[], readonly Named[]])[] = [
  ['is its owner’s again', [{ text: 'ours' }], [claim(A, 'ours')], [{ text: 'ours', mark: A }]],
  [
    'is one’s who leaves, so that it goes',
    [{ text: 'ours' }],
    [claim(A, 'ours', 'Leaves')],
    [{ text: 'ours', mark: A }],
  ],
  [
    'is rather one’s who wants it than one’s who leaves',
    [{ text: 'ours' }],
    [claim(A, 'ours', 'Leaves'), claim(B, 'ours')],
    [{ text: 'ours', mark: B }],
  ],
  ['stays a stranger’s where its name is', [{ text: 'theirs' }], [claim(A, 'theirs')], [{ text: 'theirs' }]],
  ['stays nobody’s where nobody claims it', [{ text: 'ours' }], [claim(A, 'ours too')], [{ text: 'ours' }]],
  [
    'stays with whom the ledger names',
    [{ text: 'ours', mark: B }],
    [claim(A, 'ours', 'Leaves')],
    [{ text: 'ours', mark: B }],
  ],
  [
    'is not looked for where its owner has one',
    [{ text: 'ours' }, { text: 'other', mark: A }],
    [claim(A, 'ours')],
    [{ text: 'ours' }, { text: 'other', mark: A }],
  ],
]

describe('an entry that no ledger lists but its name proves', () => {
  for (const [name, before, claimed, after] of cases)
    it(name, () => assert.deepEqual(withProven(kind, standing(...before), claimed).entries, after))
})
