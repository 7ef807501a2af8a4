/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import type { StorageVendor, StorageVendorSpec } from '../src/api/generated/storage-vendor.ts'
import type { Selectable } from '../src/vendors/when.ts'
import { schemaOf } from './generate-types.ts'
import { prose } from './markdown.ts'
import { grantRows, whenOf } from './vendor-grants.ts'
import { vendorsPage } from './vendors-page.ts'

const textOf = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
const sketches = Object.entries(
  parse(textOf('test/integration/vendor-sketches.yaml')) as Record<string, StorageVendorSpec>,
)
const schema = schemaOf(textOf('crds/mooring.dev_storagevendors.yaml'))

describe('when an entry applies is said in words', () => {
  const cases: readonly (readonly [Selectable, string])[] = [
    [{}, 'always'],
    [{ access: ['ReadWrite'] }, 'at `ReadWrite`'],
    [{ when: { parameter: 'f', values: ['A', 'B'] } }, '`f` is `A`, `B`'],
    [{ when: { parameter: 'f', exceptValues: ['Keep'] } }, 'unless `f` is `Keep`'],
    [{ when: { parameter: 'f', given: true } }, '`f` is given'],
    [{ when: { parameter: 'f', given: false } }, '`f` is not given'],
    [{ access: ['Read'], when: { partitions: ['aws'] } }, 'at `Read`, in `aws`'],
  ]
  for (const [entry, words] of cases) it(words, () => assert.equal(whenOf(entry), words))
})

describe('free text', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['objects /_ and /*', 'objects /\\_ and /\\*'],
    ['give s3://${bucket}/<key>.', 'give `s3://${bucket}/<key>`.'],
    ['as `a_b` <here>', 'as `a_b` `<here>`'],
    ['less than < 5', 'less than &lt; 5'],
  ]
  for (const [text, markdown] of cases) it(markdown, () => assert.equal(prose(text), markdown))
})

describe('every entry of a recipe is described', () => {
  for (const [sentence, { s3 }] of sketches) {
    if (s3 === undefined) continue
    it(sentence, () => {
      const rows = grantRows(s3)
      assert.equal(rows.length, entryCount(s3))
      assert.doesNotMatch(rows.flat().join('\n'), /undefined|\[object|``/)
    })
  }
})

describe('the page', () => {
  it('refuses a recipe of a cloud that it cannot describe, instead of leaving it out', () => {
    const [, spec] = sketches.find(([, { gcs }]) => gcs !== undefined) ?? []
    const common = {
      displayName: 'V',
      revision: '1',
      documentation: { url: 'https://v.example', checkedOn: '' },
    }
    const vendor = { metadata: { name: 'v' }, spec: { ...common, ...spec } } as StorageVendor
    assert.throws(() => vendorsPage({ vendors: [vendor], schema, writingYourOwn: '' }), /S3 alone/)
  })

  it('refuses to list fields of a place that the CRD does not have', () => {
    const writingYourOwn = '<!-- fields of spec.nowhere -->'
    assert.throws(() => vendorsPage({ vendors: [], schema, writingYourOwn }), /no spec\.nowhere/)
  })
})

/** Names of entries are what the cloud's marks are made of, so there is one for each; managed policies have none. */
function entryCount(s3: NonNullable<StorageVendorSpec['s3']>): number {
  const { role, attachToRole } = s3
  const policies = [role?.inlinePolicies, role?.customerPolicies, attachToRole?.inlinePolicies].flatMap(
    (p) => p ?? [],
  )
  const lists = [
    s3.bucketPolicy?.statements,
    s3.keyPolicy?.statements,
    s3.cors?.rules,
    s3.lifecycle?.rules,
    s3.proofObjects,
    role?.trust.statements,
    role?.managedPolicies,
    ...policies.map(({ statements }) => statements),
  ]
  return lists.reduce((sum, list) => sum + (list?.length ?? 0), role === undefined ? 0 : 1)
}
