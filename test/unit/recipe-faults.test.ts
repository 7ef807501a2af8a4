/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import type { StorageVendorSpec } from '../../src/api/generated/storage-vendor.ts'
import { recipeFaults } from '../../src/vendors/recipe-faults.ts'
import { aStatement, aVendor } from './things.ts'

const withStatement = (statement: Parameters<typeof aStatement>[0]): Partial<StorageVendorSpec> => ({
  s3: { bucketPolicy: { statements: [aStatement(statement)] } },
})

describe('a recipe is refused', () => {
  const cases: readonly (readonly [string, Partial<StorageVendorSpec>, RegExp])[] = [
    [
      'for a placeholder that nobody knows',
      withStatement({ resources: ['arn:${partition}:s3:::${bucket}/${prefix}${oops}'] }),
      /statements\[read\]\.resources\[0\]: \$\{oops\} is not a placeholder/,
    ],
    [
      'for a parameter that is not declared',
      withStatement({ conditions: [{ operator: 'StringEquals', key: 'k', values: ['${parameters.x}'] }] }),
      /\$\{parameters\.x\}/,
    ],
    [
      'for a principal that is everybody',
      withStatement({ principal: { aws: ['*'] } }),
      /\* would open the bucket to everyone/,
    ],
    [
      'for a principal with a wildcard',
      withStatement({ principal: { aws: ['arn:aws:iam::*:root'] } }),
      /would open/,
    ],
    [
      'for a resource outside the bucket',
      withStatement({ resources: ['arn:${partition}:s3:::*'] }),
      /must be arn/,
    ],
    [
      'for a resource outside the prefix',
      withStatement({ resources: ['arn:${partition}:s3:::${bucket}/*'] }),
      /must be arn/,
    ],
    [
      'for a resource that begins like the bucket',
      withStatement({ resources: ['arn:${partition}:s3:::${bucket}-other/*'] }),
      /must be arn/,
    ],
    [
      'for a lifecycle rule outside the prefix',
      {
        s3: {
          ...aVendor().spec.s3,
          lifecycle: { rules: [{ name: 'tidy', prefix: 'export/', expirationDays: 7 }] },
        },
      },
      /export\/ must begin with \$\{prefix\}/,
    ],
    [
      'for a placeholder of another cloud',
      { s3: { nextStep: 'tenant ${tenantId}' } },
      /nextStep: \$\{tenantId\}/,
    ],
    [
      'for a pattern that does not compile',
      { parameters: [{ name: 'p', description: 'd', source: 'VendorGiven', required: true, pattern: '(' }] },
      /spec\.parameters\[p\]\.pattern: \( is not/,
    ],
    [
      'for showing a sensitive parameter',
      {
        parameters: [{ name: 'p', description: 'd', source: 'VendorGiven', required: true, sensitive: true }],
        s3: { nextStep: 'paste ${parameters.p}' },
      },
      /is sensitive and would be shown/,
    ],
  ]
  for (const [name, spec, message] of cases)
    it(name, () => assert.match(recipeFaults(aVendor(spec).spec).join('\n'), message))
})

describe('a recipe is sound', () => {
  it('when it is the one that is shipped', () => {
    const vendor = parse(
      readFileSync(new URL('../../deploy/vendors/segments-ai.yaml', import.meta.url), 'utf8'),
    )
    assert.deepEqual(recipeFaults(vendor.spec), [])
  })
  it('when it names the bucket itself, and objects below the prefix', () => {
    const resources = ['arn:${partition}:s3:::${bucket}', 'arn:${partition}:s3:::${bucket}/${prefix}sub/*']
    assert.deepEqual(recipeFaults(aVendor(withStatement({ resources })).spec), [])
  })
})
