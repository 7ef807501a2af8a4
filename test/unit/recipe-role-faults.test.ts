/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StorageVendorSpec, VendorRole } from '../../src/api/generated/storage-vendor.ts'
import { recipeFaults } from '../../src/vendors/recipe-faults.ts'
import { aVendor } from './things.ts'

const OBJECTS = 'arn:${partition}:s3:::${bucket}/${prefix}*'
const ID = {
  name: 'externalId',
  description: 'd',
  source: 'Generated',
  required: true,
} as const satisfies NonNullable<StorageVendorSpec['parameters']>[number]

const statement = (parts: object = {}) => ({
  name: 'read',
  actions: ['s3:GetObject'],
  resources: [OBJECTS],
  ...parts,
})

function aRole(parts: Partial<VendorRole> = {}): VendorRole {
  const trust = {
    statements: [
      { name: 'vendor', principal: { aws: ['111122223333'] }, externalIds: ['${parameters.externalId}'] },
    ],
  }
  return { trust, inlinePolicies: [{ name: 'access', statements: [statement()] }], ...parts }
}

const withRole = (
  parts: Partial<VendorRole> = {},
  spec: Partial<StorageVendorSpec> = {},
): Partial<StorageVendorSpec> => ({
  parameters: [ID],
  s3: { role: aRole(parts) },
  ...spec,
})
const withStatement = (parts: object) =>
  withRole({ inlinePolicies: [{ name: 'access', statements: [statement(parts)] }] })
const trusting = (principal: object) =>
  withRole({
    trust: { statements: [{ name: 'vendor', principal, externalIds: ['${parameters.externalId}'] }] },
  })

describe('a recipe with a role', () => {
  it('is sound when it is narrow', () => {
    assert.deepEqual(recipeFaults(aVendor(withRole()).spec), [])
  })

  const cases: readonly (readonly [string, Partial<StorageVendorSpec>, RegExp])[] = [
    [
      'that everybody could take is refused',
      trusting({ aws: ['arn:aws:iam::*:root'] }),
      /let everybody take the role/,
    ],
    ['that trusts nobody is refused', trusting({ ownRole: true }), /names nobody whom a role can trust/],
    [
      'that trusts a canonical user is refused',
      trusting({ canonicalUser: ['a'.repeat(64)] }),
      /not canonical users/,
    ],
    [
      'that everybody could have taken in former times is refused',
      trusting({ aws: ['111122223333'], retiring: [{ aws: '*' }] }),
      /let everybody take the role/,
    ],
    ['on all buckets is refused', withStatement({ resources: ['arn:${partition}:s3:::*'] }), /must be arn/],
    ['on everything is refused', withStatement({ resources: ['*'] }), /must be arn/],
    [
      'on buckets that begin like this one is refused',
      withStatement({ resources: ['arn:${partition}:s3:::${bucket}*'] }),
      /must be arn/,
    ],
    [
      'beyond the prefix is refused',
      withStatement({ resources: ['arn:${partition}:s3:::${bucket}/*'] }),
      /must be arn/,
    ],
    [
      'on a bucket that a parameter names is refused',
      withStatement({ resources: ['arn:aws:s3:::${parameters.externalId}/*'] }),
      /must be arn/,
    ],
    [
      'that may change roles is refused',
      withStatement({ actions: ['iam:PutRolePolicy'] }),
      /reach beyond the objects/,
    ],
    [
      'that may take on other roles is refused',
      withStatement({ actions: ['sts:AssumeRole'] }),
      /reach beyond the objects/,
    ],
    [
      'with all of S3 is refused',
      withRole({ managedPolicies: [{ arn: 'arn:aws:iam::aws:policy/AmazonS3FullAccess' }] }),
      /far more than one bucket/,
    ],
    [
      'that may change the bucket’s policy is refused',
      withStatement({ actions: ['s3:PutBucketPolicy'] }),
      /reach beyond the objects/,
    ],
    ['that may do so by a pattern is refused', withStatement({ actions: ['s3:P*'] }), /s3:P\* would let/],
    [
      'that may read secrets is refused',
      withStatement({ actions: ['secretsmanager:GetSecretValue'], resources: ['*'] }),
      /reach beyond the objects/,
    ],
    [
      'on all keys is refused',
      withStatement({ actions: ['kms:Decrypt'], resources: ['*'] }),
      /the ARN of one key/,
    ],
    [
      'that any repository could take is refused',
      withRole({
        trust: {
          statements: [
            { name: 'oidc', webIdentity: { issuer: 'i.example', audiences: ['a'], subjects: ['repo:*'] } },
            {
              name: 'vendor',
              principal: { aws: ['111122223333'] },
              externalIds: ['${parameters.externalId}'],
            },
          ],
        },
      }),
      /a wildcard would let strangers in/,
    ],
    [
      'shared by all, with a description of one, is refused',
      withRole({ name: { exact: 'shared' }, description: 'for ${bucket}' }),
      /\$\{bucket\} differs between integrations/,
    ],
    [
      'one for each, with a policy of one fixed name, is refused',
      withRole({ customerPolicies: [{ name: 'access', policyName: 'TheOne', statements: [statement()] }] }),
      /several roles would need the one policy/,
    ],
    [
      'with a generated value that stands nowhere is refused',
      { ...withRole(), s3: aVendor().spec.s3 as never },
      /must be one of/,
    ],
    [
      'with a generated value outside the trust is refused',
      withStatement({
        conditions: [{ operator: 'StringEquals', key: 'aws:x', values: ['${parameters.externalId}'] }],
      }),
      /can stand in externalIds \(alone\)/,
    ],
    [
      'with a generated value inside another text is refused',
      withRole({
        trust: {
          statements: [
            { name: 'v', principal: { aws: ['111122223333'] }, externalIds: ['x:${parameters.externalId}'] },
          ],
        },
      }),
      /must be one of/,
    ],
    [
      'with two generated values is refused',
      withRole({}, { parameters: [ID, { ...ID, name: 'second' }] }),
      /only one parameter/,
    ],
    [
      'whose pattern does not take what Mooring makes is refused',
      withRole({}, { parameters: [{ ...ID, pattern: 'ws-[0-9]+', patternMessage: 'p' }] }),
      /do not fit pattern/,
    ],
  ]
  for (const [name, spec, expected] of cases) {
    it(name, () => assert.match(recipeFaults(aVendor(spec).spec).join('\n'), expected))
  }

  it('that outputs name, but that is not there, is missed', () => {
    const s3 = { ...aVendor().spec.s3, outputs: [{ name: 'roleArn', label: 'r', value: '${role.arn}' }] }
    assert.match(recipeFaults(aVendor({ s3 }).spec).join('\n'), /there is no spec\.s3\.role/)
  })

  it('may write into a bucket of the vendor that is named whole', () => {
    const resources = [
      'arn:aws:s3:::cloudglue-external-transfer',
      'arn:aws:s3:::cloudglue-external-transfer/*',
    ]
    assert.deepEqual(recipeFaults(aVendor(withStatement({ resources })).spec), [])
  })
})

describe('a recipe that puts policies into a role of somebody else’s', () => {
  const attaching = (parts: object) => {
    const attachToRole = {
      roleName: 'TheirRole',
      inlinePolicies: [{ name: 'access', statements: [statement(parts)] }],
    }
    return recipeFaults(aVendor({ s3: { attachToRole, nextStep: '${role.arn}' } }).spec)
  }
  const cases: readonly (readonly [string, object, RegExp?])[] = [
    ['is sound when it is narrow, and may name the role', {}],
    [
      'is refused on all buckets',
      { resources: ['arn:${partition}:s3:::*'] },
      /s3\.attachToRole\.inlinePolicies\[access\]\.statements\[read\]\.resources/,
    ],
    ['is refused for other services', { actions: ['iam:PassRole'] }, /reach beyond/],
    ['is refused for managing the bucket', { actions: ['s3:PutBucketPolicy'] }, /reach beyond/],
  ]
  for (const [name, parts, expected] of cases)
    it(name, () => {
      const faults = attaching(parts).join('\n')
      if (expected === undefined) assert.equal(faults, '')
      else assert.match(faults, expected)
    })
})

describe('a key policy', () => {
  const keyed = (parts: object): StorageVendorSpec =>
    aVendor({
      parameters: [{ ...ID, source: 'CustomerGiven', required: false, name: 'key' }],
      s3: {
        ...aVendor().spec.s3,
        keyPolicy: {
          key: '${parameters.key}',
          statements: [
            { name: 'use', principal: { aws: ['111122223333'] }, actions: ['kms:Decrypt'], ...parts },
          ],
        },
      },
    }).spec

  it('is sound when it lets the vendor read and write', () => {
    assert.deepEqual(
      recipeFaults(keyed({ actions: ['kms:Decrypt', 'kms:GenerateDataKey*', 'kms:Describe*'] })),
      [],
    )
  })
  it('that lets the vendor manage the key is refused', () => {
    assert.match(recipeFaults(keyed({ actions: ['kms:PutKeyPolicy'] })).join(), /manage the key/)
    assert.match(recipeFaults(keyed({ actions: ['s3:GetObject'] })).join(), /manage the key/)
  })
  it('that opens the key is refused', () => {
    assert.match(recipeFaults(keyed({ principal: { aws: ['arn:aws:iam::*:root'] } })).join(), /open the key/)
  })
})
