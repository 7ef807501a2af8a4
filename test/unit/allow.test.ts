import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { AllowRule } from '../../src/api/generated/cloud-account.ts'
import { type Ask, isAllowed } from '../../src/vendors/allow.ts'
import { globMatches } from '../../src/vendors/glob.ts'

const ask: Ask = {
  namespace: 'perception',
  namespaceLabels: { team: 'vision', stage: 'prod' },
  vendor: 'segments-ai',
  access: 'Read',
  bucket: 'street-scenes',
  prefix: 'raw/',
  kmsKeys: [],
}

type Case = readonly [name: string, rules: readonly AllowRule[] | undefined, ask?: Partial<Ask>]

describe('an account allows', () => {
  const cases: readonly Case[] = [
    [
      'what a rule names in every part',
      [
        {
          namespaces: ['perception'],
          vendors: ['segments-ai'],
          storage: ['street-scenes'],
          access: ['Read'],
        },
      ],
    ],
    ['anything a rule leaves out', [{ namespaces: ['perception'] }]],
    ['by glob', [{ namespaces: ['per*'], vendors: ['*'], storage: ['street-*'] }]],
    ['what the second rule matches', [{ namespaces: ['other'] }, { namespaces: ['perception'] }]],
    ['a prefix that the rule names', [{ namespaces: ['*'], storage: ['street-scenes/raw/'] }]],
    [
      'a prefix below the one that the rule names',
      [{ namespaces: ['*'], storage: ['street-scenes/raw/'] }],
      { prefix: 'raw/2026/' },
    ],
    [
      'the whole bucket, when the rule names the bucket',
      [{ namespaces: ['*'], storage: ['street-scenes'] }],
      { prefix: '' },
    ],
    ['a namespace by its labels', [{ namespaceSelector: { matchLabels: { team: 'vision' } } }]],
    [
      'a namespace by expressions',
      [
        {
          namespaceSelector: {
            matchExpressions: [
              { key: 'stage', operator: 'In', values: ['prod'] },
              { key: 'gone', operator: 'DoesNotExist' },
            ],
          },
        },
      ],
    ],
    ['every namespace, by an empty selector', [{ namespaceSelector: {} }]],
  ]
  for (const [name, rules, parts] of cases)
    it(name, () => assert.equal(isAllowed(rules, { ...ask, ...parts }), true))
})

describe('an account does not allow', () => {
  const cases: readonly Case[] = [
    ['anything without rules', undefined],
    ['anything with an empty list of rules', []],
    ['what a rule without namespaces says', [{ vendors: ['*'] }]],
    ['another namespace', [{ namespaces: ['perception-2', 'perceptio'] }]],
    ['another vendor', [{ namespaces: ['*'], vendors: ['segments'] }]],
    ['another access level', [{ namespaces: ['*'], access: ['ReadWrite'] }]],
    ['another bucket', [{ namespaces: ['*'], storage: ['street'] }]],
    [
      'the whole bucket, when the rule names a prefix',
      [{ namespaces: ['*'], storage: ['street-scenes/raw/'] }],
      { prefix: '' },
    ],
    [
      'a neighbouring prefix',
      [{ namespaces: ['*'], storage: ['street-scenes/raw/'] }],
      { prefix: 'raw-secret/' },
    ],
    ['a bucket whose name holds the rule’s', [{ namespaces: ['*'], storage: ['scenes'] }]],
    [
      'what two rules match only together',
      [
        { namespaces: ['perception'], vendors: ['v7'] },
        { namespaces: ['other'], vendors: ['segments-ai'] },
      ],
    ],
    ['a namespace whose label differs', [{ namespaceSelector: { matchLabels: { team: 'audio' } } }]],
    [
      'a namespace without the label',
      [{ namespaceSelector: { matchExpressions: [{ key: 'gone', operator: 'Exists' }] } }],
    ],
    [
      'a namespace that an expression excludes',
      [{ namespaceSelector: { matchExpressions: [{ key: 'stage', operator: 'NotIn', values: ['prod'] }] } }],
    ],
    ['the pattern’s letters as a regular expression', [{ namespaces: ['percept.on'] }]],
  ]
  for (const [name, rules, parts] of cases)
    it(name, () => assert.equal(isAllowed(rules, { ...ask, ...parts }), false))
})

describe('a glob', () => {
  it('matches as the regular expression that means the same', () => {
    const piece = fc.constantFrom('a', 'b', 'ab', '*', '-')
    const pattern = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
    const text = fc
      .array(fc.constantFrom('a', 'b', '-'), { maxLength: 10 })
      .map((letters) => letters.join(''))
    fc.assert(
      fc.property(pattern, text, (glob, value) => {
        const expected = new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(value)
        assert.equal(globMatches(glob, value), expected)
      }),
    )
  })
})

describe('a KMS key', () => {
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/1'
  const allowed = (kmsKeys?: string[]) =>
    isAllowed([{ namespaces: ['perception'], ...(kmsKeys === undefined ? {} : { kmsKeys }) }], {
      ...ask,
      kmsKeys: [key],
    })

  it('is not allowed by a rule that names none, since it may belong to anything', () => {
    assert.equal(allowed(), false)
  })
  it('is allowed by its ARN or a glob', () => {
    assert.deepEqual([allowed([key]), allowed(['arn:aws:kms:*:123456789012:key/*'])], [true, true])
  })
  it('is not allowed by another one', () => assert.equal(allowed([`${key}2`]), false))
})
