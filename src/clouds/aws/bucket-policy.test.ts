import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaultError } from '../../api/fault.ts'
import { bucketPolicyKind, decodeBucketPolicy, encodeBucketPolicy } from './bucket-policy.ts'
import type { Statement } from './statement.ts'

const base: Statement = {
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::931508227573:user/segmentsai-prod-user' },
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::street-scenes/*',
}

describe('two statements mean the same', () => {
  const same: readonly (readonly [string, Statement])[] = [
    ['when only the Sid differs', { ...base, Sid: 'segments-s3-access' }],
    [
      'when a string is a one-element list',
      { ...base, Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::street-scenes/*'] },
    ],
    ['when the keys come in another order', Object.fromEntries(Object.entries(base).reverse())],
    ['when the action is written in lower case', { ...base, Action: 's3:getobject' }],
    ['when a list repeats itself', { ...base, Action: ['s3:GetObject', 's3:GetObject'] }],
  ]
  for (const [name, statement] of same) {
    it(name, () => assert.equal(bucketPolicyKind.meaning(statement), bucketPolicyKind.meaning(base)))
  }

  const pairs: readonly (readonly [string, Statement, Statement])[] = [
    [
      'when an account is written as its id or as its root',
      { ...base, Principal: { AWS: '931508227573' } },
      { ...base, Principal: { AWS: ['arn:aws:iam::931508227573:root'] } },
    ],
    [
      'when everyone is written in two ways',
      { ...base, Principal: '*' },
      { ...base, Principal: { AWS: '*' } },
    ],
    [
      'when a condition’s value is a boolean or its text',
      { ...base, Condition: { Bool: { 'aws:SecureTransport': false } } },
      { ...base, Condition: { Bool: { 'AWS:securetransport': ['false'] } } },
    ],
  ]
  for (const [name, one, other] of pairs) {
    it(name, () => assert.equal(bucketPolicyKind.meaning(one), bucketPolicyKind.meaning(other)))
  }
})

describe('two statements do not mean the same', () => {
  const different: readonly (readonly [string, Statement])[] = [
    ['when one denies', { ...base, Effect: 'Deny' }],
    ['when the resource differs in case', { ...base, Resource: 'arn:aws:s3:::street-scenes/RAW*' }],
    ['when one has a condition', { ...base, Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } }],
    ['when one has NotAction', { ...base, Action: undefined as never, NotAction: 's3:GetObject' }],
    ['when one has a field that nobody knows', { ...base, New: 'x' }],
    ['when a user becomes the whole account', { ...base, Principal: { AWS: '931508227573' } }],
    [
      'when a principal is of another type',
      { ...base, Principal: { CanonicalUser: 'arn:aws:iam::931508227573:user/segmentsai-prod-user' } },
    ],
  ]
  for (const [name, statement] of different) {
    it(name, () => assert.notEqual(bucketPolicyKind.meaning(statement), bucketPolicyKind.meaning(base)))
  }
})

describe('a bucket policy', () => {
  it('is empty when there is none, and goes when no statement is left', () => {
    assert.deepEqual(decodeBucketPolicy(undefined).entries, [])
    assert.equal(encodeBucketPolicy({ entries: [], envelope: { Version: '2012-10-17', Id: 'x' } }), undefined)
  })

  it('with a single statement that is no list is read as one statement', () => {
    assert.deepEqual(decodeBucketPolicy(JSON.stringify({ Version: '2012-10-17', Statement: base })).entries, [
      base,
    ])
  })

  it('keeps numbers that JavaScript would write differently', () => {
    const text =
      '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Condition":{"NumericLessThan":{"x":9007199254740993,"y":1.0}}}]}'
    assert.equal(encodeBucketPolicy(decodeBucketPolicy(text)), text)
  })

  for (const [why, text] of [
    ['empty, though S3 said that there is one', ''],
    ['no JSON', '{'],
    ['a list', '[]'],
    ['an object without statements', '{}'],
    ['statements that are no objects', '{"Statement":["x"]}'],
  ] as const) {
    it(`that is ${why} is not touched`, () => {
      const unreadable = (error: unknown): boolean =>
        error instanceof FaultError && error.fault.reason === 'UnreadableDocument'
      assert.throws(() => decodeBucketPolicy(text), unreadable)
    })
  }

  it('beyond 20,480 bytes is too large, counted in bytes and not in letters', () => {
    const padded = (length: number): Statement => ({ ...base, Sid: 'é'.repeat(length) })
    const breach = (length: number) => bucketPolicyKind.breach({ entries: [padded(length)], envelope: {} })
    assert.equal(breach(10_000), undefined)
    assert.match(breach(10_200)?.detail ?? '', /of at most 20480 bytes, with 1 statements/)
  })

  it('that is too large says what takes the room', () => {
    const entries = [
      { ...base, Sid: 'Mooring6df046bd5a4c5a6bed9db85b85bf2c31' },
      { ...base, Sid: 'small' },
      { ...base, Sid: 'Baseline', Resource: ['x'.repeat(21_000)] },
    ]
    const { detail } = bucketPolicyKind.breach({ entries, envelope: {} }) ?? {}
    assert.match(
      detail ?? '',
      /; \d+ of them Mooring's, the largest of others: "Baseline" 21\d{3}, "small" \d+$/,
    )
  })
})
