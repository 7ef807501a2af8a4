/** What a recipe's lifecycle rules become for one integration. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { VendorLifecycleRule } from '../../src/api/generated/storage-vendor.ts'
import { resolve } from '../../src/vendors/resolve.ts'
import { anAccount, anInput, anIntegration, aStatement, aVendor, given } from './things.ts'

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
const CASES: readonly (readonly [string, VendorLifecycleRule, object])[] = [
  [
    'expiration under a prefix of its own',
    { name: 'temp', prefix: '${prefix}temp/', expirationDays: 7 },
    { Filter: { Prefix: 'raw/temp/' }, Status: 'Enabled', Expiration: { Days: 7 } },
  ],
  [
    'noncurrent versions under the integration’s prefix',
    { name: 'old', noncurrentExpirationDays: 30 },
    {
      Filter: { Prefix: 'raw/' },
      Status: 'Enabled',
      NoncurrentVersionExpiration: { NoncurrentDays: 30 },
    },
  ],
  [
    'unfinished uploads, beside what else it says',
    { name: 'all', prefix: '${prefix}export/', expirationDays: 1, abortIncompleteMultipartDays: 2 },
    {
      Filter: { Prefix: 'raw/export/' },
      Status: 'Enabled',
      Expiration: { Days: 1 },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
    },
  ],
]

describe('a lifecycle rule of a recipe is claimed as a rule with a Filter:', () => {
  for (const [name, rule, body] of CASES) {
    it(name, () => assert.deepEqual(claimed([rule]), [{ document: 'Lifecycle', name: rule.name, body }]))
  }

  it('for the whole bucket where the integration has no prefix', () => {
    const uploads = { name: 'uploads', abortIncompleteMultipartDays: 2 }
    const filters = claimed([uploads], '').map(({ body }) => (body as { Filter: object }).Filter)
    assert.deepEqual(filters, [{ Prefix: '' }])
  })

  it('only at its access level, and only while its parameter says so', () => {
    const rules: VendorLifecycleRule[] = [
      { name: 'writers', access: ['ReadWrite'], abortIncompleteMultipartDays: 2 },
      {
        name: 'temp',
        prefix: '${prefix}temp/',
        expirationDays: 7,
        when: { parameter: 'expire', exceptValues: ['false'] },
      },
      { name: 'uploads', abortIncompleteMultipartDays: 2 },
    ]
    const names = (values: Record<string, string>) => claimed(rules, 'raw/', values).map(({ name }) => name)
    assert.deepEqual(names({}), ['temp', 'uploads'])
    assert.deepEqual(names({ expire: 'false' }), ['uploads'])
  })
})
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */

function claimed(
  rules: readonly VendorLifecycleRule[],
  prefix = 'raw/',
  values: Record<string, string> = {},
) {
  const s3 = { bucketPolicy: { statements: [aStatement()] }, lifecycle: { rules } }
  const expire = { name: 'expire', description: 'x', source: 'CustomerGiven', required: false } as const
  const { claims, fault } = resolve(
    anInput({
      vendor: aVendor({ parameters: [expire], s3 }),
      account: anAccount(),
      integration: anIntegration({ s3: { bucket: 'street-scenes', prefix }, parameters: values }),
      parameters: given(values),
    }),
  )
  assert.equal(fault, undefined)
  return claims.flatMap(({ entries }) => entries).filter(({ document }) => document === 'Lifecycle')
}
