import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../plan/json.ts'
import {
  distinct,
  partName,
  policyParts,
  policyStatements,
  type RolePart,
  trustParts,
  trustStatements,
} from './role-parts.ts'

const ALLOW = { Effect: 'Allow', Action: ['s3:GetObject'] }
const BUCKET = 'arn:aws:s3:::clips'

/** The statements of a policy taken apart and put together again. */
function again(...Statement: JsonObject[]): JsonObject[] {
  return policyStatements(policyParts('InlinePolicy', 'Access', { Statement }) ?? [])
}

describe('a policy taken apart and put together again', () => {
  const same: readonly (readonly [string, readonly JsonObject[]])[] = [
    ['has the resources of a statement', [{ Sid: 'Read', ...ALLOW, Resource: [BUCKET, `${BUCKET}/*`] }]],
    [
      'has statements without a Sid apart, though they say the same',
      [
        { ...ALLOW, Resource: [BUCKET] },
        { ...ALLOW, Resource: [BUCKET] },
      ],
    ],
    [
      'has statements under similar Sids apart',
      [
        { Sid: 'Read', ...ALLOW, Resource: [BUCKET] },
        { Sid: 'read', ...ALLOW, Resource: [BUCKET] },
        { Sid: 'Read1', ...ALLOW, Resource: [BUCKET] },
      ],
    ],
    [
      'keeps NotResource and NotAction',
      [{ Sid: 'Not', Effect: 'Deny', NotAction: 's3:*', NotResource: [BUCKET] }],
    ],
    ['keeps a statement without any resource', [{ Sid: 'None', ...ALLOW }]],
    ['keeps an empty list of resources', [{ Sid: 'Empty', ...ALLOW, Resource: [] }]],
    ['keeps resources that are no texts', [{ Sid: 'Odd', ...ALLOW, Resource: [1, { a: BUCKET }, null] }]],
    ['keeps an empty Sid', [{ Sid: '', ...ALLOW, Resource: [BUCKET] }]],
    ['keeps a Sid that looks like a place in the list', [{ Sid: '#0', ...ALLOW, Resource: [BUCKET] }]],
    ['keeps a Sid that is no text', [{ Sid: 7, ...ALLOW, Resource: [BUCKET] }]],
    [
      'keeps conditions and fields that nobody describes',
      [
        {
          Sid: 'Read',
          ...ALLOW,
          Resource: [BUCKET],
          Condition: { Bool: { 'aws:x': true } },
          Extra: { a: [1] },
        },
      ],
    ],
    [
      'has two bodies under one Sid apart, as a store that is not IAM may have them',
      [
        { Sid: 'Read', ...ALLOW, Resource: [BUCKET] },
        { Sid: 'Read', Effect: 'Deny', Action: ['s3:GetObject'], Resource: [BUCKET] },
      ],
    ],
  ]
  for (const [name, statements] of same) it(name, () => assert.deepEqual(again(...statements), statements))

  it('has a single resource in a list', () => {
    assert.deepEqual(again({ Sid: 'Read', ...ALLOW, Resource: BUCKET }), [
      { Sid: 'Read', ...ALLOW, Resource: [BUCKET] },
    ])
  })

  it('has a resource that stands twice once', () => {
    const [statement] = again({ Sid: 'Read', ...ALLOW, Resource: [BUCKET, BUCKET] })
    assert.deepEqual(statement?.Resource, [BUCKET])
  })

  it('has two spellings of one statement as one, in the spelling that came first, since IAM takes no Sid twice', () => {
    const written = { Sid: 'Read', Effect: 'Allow', Action: 's3:GetObject', Resource: BUCKET }
    const ours = { Sid: 'Read', ...ALLOW, Resource: [`${BUCKET}/*`] }
    assert.deepEqual(again(written, ours), [{ ...written, Resource: [BUCKET, `${BUCKET}/*`] }])
  })

  it('may have its only statement without a list', () => {
    const parts = policyParts('InlinePolicy', 'Access', { Statement: { ...ALLOW, Resource: BUCKET } })
    assert.deepEqual(policyStatements(parts ?? []), [{ ...ALLOW, Resource: [BUCKET] }])
  })

  it('is no policy where a statement is none', () => {
    assert.equal(policyParts('InlinePolicy', 'Access', { Statement: ['text'] }), undefined)
    assert.equal(trustParts({ Statement: [null] }), undefined)
  })

  it('may have no statement at all', () => assert.deepEqual(policyParts('InlinePolicy', 'Access', {}), []))
})

describe('a trust taken apart and put together again', () => {
  const trust = (AWS: string | string[], Sid = 'MooringVendor'): JsonObject => ({
    Sid,
    Effect: 'Allow',
    Principal: { AWS },
    Action: 'sts:AssumeRole',
  })
  const together = (...Statement: JsonObject[]) => trustStatements(trustParts({ Statement }) ?? [])

  it('has its statements as they were', () => {
    const statements = [trust('111122223333'), trust(['a', 'b'], 'Other'), { Effect: 'Deny', Principal: '*' }]
    assert.deepEqual(together(...statements), statements)
  })

  it('has an account and its root as one, as IAM rewrites the former into the latter', () => {
    const root = trust('arn:aws:iam::111122223333:root')
    assert.deepEqual(together(root, trust('111122223333')), [root])
  })
})

describe('the name of a part', () => {
  const policy = { policy: 'Access', sid: 'Read', statement: ALLOW } as const
  const cases: readonly (readonly [string, RolePart])[] = [
    ['role', { in: 'Role', path: '/', description: '', maxSessionDuration: 3_600 }],
    ['trust/MooringVendor', { in: 'Trust', sid: 'MooringVendor', statement: {} }],
    [`inline/Access/Read/${BUCKET}`, { in: 'InlinePolicy', ...policy, resource: BUCKET }],
    ['inline/Access/Read/', { in: 'InlinePolicy', ...policy }],
    [`customer/Access/Read/${BUCKET}`, { in: 'CustomerPolicy', ...policy, resource: BUCKET }],
    ['attachment/arn:aws:iam::aws:policy/X', { in: 'Attachment', arn: 'arn:aws:iam::aws:policy/X' }],
    [
      'attachment/customer/X',
      { in: 'Attachment', arn: 'arn:aws:iam::123456789012:policy/old/X', customerPolicy: 'X' },
    ],
  ]
  for (const [name, part] of cases) it(`is ${name}`, () => assert.equal(partName(part), name))

  it('does not follow what a statement says, so that a changed one is still its owner’s', () => {
    const changed = { in: 'InlinePolicy', ...policy, statement: { Effect: 'Deny' } } as const
    assert.equal(partName(changed), partName({ in: 'InlinePolicy', ...policy }))
  })
})

describe('parts that say the same once more', () => {
  const part = { in: 'InlinePolicy', policy: 'Access', sid: 'Read', resource: BUCKET } as const
  const one = { ...part, statement: { Effect: 'Allow', Action: ['s3:GetObject'] } }
  const spelt = { ...part, statement: { Action: 's3:getobject', Effect: 'Allow' } }

  it('are left out, in whatever spelling', () => assert.deepEqual(distinct([one, spelt, one]), [one]))
  it('are left in where the name or what they say differs', () => {
    const list = [one, { ...one, resource: '*' }, { ...one, statement: { Effect: 'Deny' } }]
    assert.deepEqual(distinct(list), list)
  })
})
