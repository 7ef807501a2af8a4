import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { Json, JsonObject } from '../../plan/json.ts'
import { attributed, linesIn } from '../../plan/ledger.ts'
import { bucketIamKind, decodeBucketIam, encodeBucketIam } from './bucket-iam.ts'
import type { MemberPart } from './iam-bindings.ts'

const VIEWER = 'roles/storage.objectViewer'
const READER = 'serviceAccount:reader@vendor.iam.gserviceaccount.com'
const OURS: MemberPart = { role: VIEWER, member: READER }
const condition = { title: 't', expression: 'true' }
const about = { bucket: 'clips', uniformAccess: true }

const read = (...bindings: JsonObject[]) => decodeBucketIam({ version: 1, etag: 'CAE=', bindings }, about)
/** The bindings after these parts were added with a mark, or those of this mark removed. */
const after = (document: ReturnType<typeof read>, ...parts: MemberPart[]): Json | undefined =>
  encodeBucketIam({
    ...document,
    entries: [...document.entries, ...parts.map((part) => ({ mark: 'm', part }))],
  })?.bindings

describe('a bucket’s IAM policy', () => {
  it('is written as version 3 with the etag, unknown fields and audit settings as read', () => {
    const policy = {
      version: 1,
      etag: 'CAE=',
      kind: 'storage#policy',
      auditConfigs: [{ a: 1 }],
      bindings: [],
    }
    const document = decodeBucketIam(policy, about)
    assert.deepEqual(encodeBucketIam({ ...document, entries: [{ mark: 'm', part: OURS }] }), {
      ...policy,
      version: 3,
      bindings: [{ role: VIEWER, members: [READER] }],
    })
  })

  const additions: readonly (readonly [string, JsonObject[], MemberPart, Json])[] = [
    [
      'joins the binding of its role',
      [{ role: VIEWER, members: ['user:a@b.c'] }],
      OURS,
      [{ role: VIEWER, members: ['user:a@b.c', READER] }],
    ],
    [
      'does not join one with a condition',
      [{ role: VIEWER, members: ['user:a@b.c'], condition }],
      OURS,
      [
        { role: VIEWER, members: ['user:a@b.c'], condition },
        { role: VIEWER, members: [READER] },
      ],
    ],
    [
      'joins one with its condition',
      [{ role: VIEWER, members: ['user:a@b.c'], condition: { ...condition, description: '' } }],
      { ...OURS, condition },
      [{ role: VIEWER, members: ['user:a@b.c', READER], condition: { ...condition, description: '' } }],
    ],
    [
      'does not join one whose condition has another title',
      [{ role: VIEWER, members: ['user:a@b.c'], condition: { ...condition, title: 'u' } }],
      { ...OURS, condition },
      [
        { role: VIEWER, members: ['user:a@b.c'], condition: { ...condition, title: 'u' } },
        { role: VIEWER, members: [READER], condition },
      ],
    ],
    [
      'does not join one with fields that are not known',
      [{ role: VIEWER, members: ['user:a@b.c'], x: 1 }],
      OURS,
      [
        { role: VIEWER, members: ['user:a@b.c'], x: 1 },
        { role: VIEWER, members: [READER] },
      ],
    ],
    [
      'stands beside its deleted namesake',
      [{ role: VIEWER, members: [`deleted:${READER}?uid=1`] }],
      OURS,
      [{ role: VIEWER, members: [`deleted:${READER}?uid=1`, READER] }],
    ],
  ]
  for (const [name, bindings, part, expected] of additions)
    it(`takes a member that ${name}`, () => assert.deepEqual(after(read(...bindings), part), expected))

  it('loses our member alone, in its place, and the binding with its last member', () => {
    const document = read(
      { role: VIEWER, members: ['user:a@b.c', READER, 'user:d@e.f'] },
      { role: 'roles/storage.admin', members: [READER] },
      { role: 'roles/storage.admin', members: ['user:a@b.c'] },
    )
    const entries = document.entries.filter(({ part }) => part.member !== READER)
    assert.deepEqual(encodeBucketIam({ ...document, entries })?.bindings, [
      { role: VIEWER, members: ['user:a@b.c', 'user:d@e.f'] },
      { role: 'roles/storage.admin', members: ['user:a@b.c'] },
    ])
  })

  it('has no double of a stranger’s member when ours becomes the same', () => {
    const document = read({ role: VIEWER, members: ['user:a@b.c', READER] })
    const [theirs] = document.entries
    assert.ok(theirs !== undefined)
    const entries = [theirs, { mark: 'm', part: theirs.part }]
    assert.deepEqual(encodeBucketIam({ ...document, entries })?.bindings, [
      { role: VIEWER, members: ['user:a@b.c'] },
    ])
  })

  it('keeps a stranger’s double when ours goes', () => {
    const plain = { role: VIEWER, members: [READER] }
    const document = read(plain, { ...plain, bindingId: 'theirs' })
    const entries = document.entries.slice(1)
    assert.deepEqual(encodeBucketIam({ ...document, entries })?.bindings, [{ ...plain, bindingId: 'theirs' }])
  })

  it('has an e-mail address in any letters as one', () => {
    const upper = { ...OURS, member: READER.replace('reader', 'Reader') }
    assert.equal(bucketIamKind.meaning({ part: upper }), bucketIamKind.meaning({ part: OURS }))
    const pool = (member: string) => bucketIamKind.meaning({ part: { ...OURS, member } })
    assert.notEqual(pool('principal://iam.googleapis.com/A'), pool('principal://iam.googleapis.com/a'))
  })

  const marked = (part: MemberPart) => ({ mark: 'm', part })
  const people = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, n) => `${prefix}${n}@b.c`)
  const limits: readonly (readonly [string, ReturnType<typeof read>, string | undefined])[] = [
    ['1,500 principals', read({ role: VIEWER, members: people(1_499, 'user:') }), undefined],
    [
      '1,501 principals',
      read({ role: VIEWER, members: people(1_500, 'user:') }),
      '1501 of at most 1500 principals',
    ],
    [
      'one group many times, and domains',
      read({ role: VIEWER, members: [...people(249, 'domain:'), 'group:g@b.c', 'group:g@b.c'] }),
      undefined,
    ],
    [
      '251 groups',
      read({ role: VIEWER, members: people(251, 'group:') }),
      '251 of at most 250 groups and domains',
    ],
    [
      '21 conditions on one role and member',
      read(
        ...Array.from({ length: 21 }, (_, n) => ({
          role: VIEWER,
          members: ['user:a@b.c'],
          condition: { title: 't', expression: `${n} == 1` },
        })),
      ),
      `21 of at most 20 different conditions on ${VIEWER} for user:a@b.c`,
    ],
  ]
  for (const [name, document, detail] of limits) {
    it(`with ${name} ${detail === undefined ? 'has room' : 'is too large'}`, () => {
      const breach = bucketIamKind.breach({ ...document, entries: [...document.entries, marked(OURS)] })
      assert.equal(breach?.detail, detail)
    })
  }

  it('takes a condition of ours only with uniform access; strangers’ conditions bar nobody', () => {
    const document = decodeBucketIam(
      { bindings: [{ role: VIEWER, members: ['user:a@b.c'], condition }] },
      { bucket: 'clips', uniformAccess: false },
    )
    const withOurs = (part: MemberPart) =>
      bucketIamKind.breach({ ...document, entries: [...document.entries, marked(part)] })?.reason
    assert.equal(withOurs({ ...OURS, condition }), 'UniformAccessNeeded')
    assert.equal(withOurs(OURS), undefined)
  })

  const odd: readonly Json[] = [
    [],
    { bindings: {} },
    { bindings: ['x'] },
    { bindings: [{ members: [] }] },
    { bindings: [{ role: VIEWER, members: 'x' }] },
    { bindings: [{ role: VIEWER, members: [1] }] },
    { bindings: [{ role: VIEWER, members: [], condition: 'x' }] },
  ]
  for (const policy of odd) {
    it(`is not touched when it is ${JSON.stringify(policy)}`, () => {
      assert.throws(() => decodeBucketIam(policy, about), {
        name: 'FaultError',
        message: /cannot be taken apart/,
      })
    })
  }

  describe('with a deleted member of ours', () => {
    const gone = `deleted:${READER}?uid=1`
    const [line] = Object.values(linesIn(bucketIamKind, { ...read(), entries: [{ mark: 'm', part: OURS }] }))
    const ledger = { m: line ?? [] }
    const marked = (...members: string[]) =>
      attributed(bucketIamKind, read({ role: VIEWER, members }), [ledger])
    const marks = (...members: string[]) => marked(...members).entries.map(({ mark }) => mark)

    it('has it as ours, and the ledger goes on listing it as it was written', () => {
      assert.deepEqual(marks('user:a@b.c', gone), [undefined, 'm'])
      assert.deepEqual(linesIn(bucketIamKind, marked(gone)), ledger)
    })

    it('has the living one as ours where both are there', () => {
      assert.deepEqual(marks(gone, READER), [undefined, 'm'])
    })

    it('has no second one, and none with another role', () => {
      assert.deepEqual(marks(gone, `deleted:${READER}?uid=2`), ['m', undefined])
      const other = read({ role: 'roles/storage.admin', members: [gone] })
      assert.deepEqual(attributed(bucketIamKind, other, [ledger]).entries[0]?.mark, undefined)
    })

    it('does not take a deleted one for one that grants', () => {
      assert.notEqual(
        bucketIamKind.meaning({ part: { ...OURS, member: gone } }),
        bucketIamKind.meaning({ part: OURS }),
      )
    })
  })
})
