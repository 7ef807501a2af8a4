/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import type {
  StorageVendor,
  StorageVendorSpec,
  VendorAzureBlob,
  VendorGcs,
} from '../src/api/generated/storage-vendor.ts'
import type { Selectable } from '../src/vendors/when.ts'
import { schemaOf } from './generate-types.ts'
import { prose } from './markdown.ts'
import { azureGrantRows } from './vendor-azure-grants.ts'
import { gcsGrantRows } from './vendor-gcs-grants.ts'
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
  for (const [sentence, { s3, gcs, azureBlob }] of sketches) {
    it(sentence, () => {
      const rows = [
        ...(s3 === undefined ? [] : grantRows(s3)),
        ...(gcs === undefined ? [] : gcsGrantRows(gcs)),
        ...(azureBlob === undefined ? [] : azureGrantRows(azureBlob)),
      ]
      assert.equal(rows.length, entryCount(s3) + gcsEntryCount(gcs) + azureEntryCount(azureBlob))
      assert.doesNotMatch(rows.flat().join('\n'), /undefined|\[object|``/)
    })
  }
})

describe('what a recipe grants on Azure is said in words', () => {
  const application = { clientId: 'c-1', displayName: 'Acme App' }
  const reading = { name: 'r', roleDefinitionId: 'r-1', roleName: 'Storage Blob Data Reader' }
  const cases: readonly (readonly [string, VendorAzureBlob, string])[] = [
    [
      'an application that Mooring brings into the tenant',
      { application, roleAssignments: [] },
      'Service principal in your tenant | of the application `c-1` (Acme App): created if it is not there yet | always',
    ],
    [
      'a principal that is there',
      { application: { principalId: 'p-1' }, roleAssignments: [] },
      'Service principal in your tenant | the principal `p-1`: must be there already | always',
    ],
    [
      'a role on the container',
      { application, roleAssignments: [{ ...reading, scope: 'Container', access: ['Read'] }] },
      'Role assignment on the container, or on the account if none is named | Storage Blob Data Reader (`r-1`) | at `Read`',
    ],
    [
      'CORS, which is the whole account’s',
      {
        application,
        roleAssignments: [],
        cors: {
          rules: [
            {
              name: 'c',
              allowedOrigins: ['https://a.example'],
              allowedMethods: ['GET'],
              exposedHeaders: ['*'],
            },
          ],
        },
      },
      'CORS of the account | `GET` from `https://a.example`; exposed headers `*` | always',
    ],
  ]
  for (const [sentence, recipe, row] of cases)
    it(sentence, () => assert.equal(azureGrantRows(recipe).at(-1)?.join(' | '), row))
})

describe('what a recipe grants on Google Cloud is said in words', () => {
  const member = 'serviceAccount:${parameters.email}'
  const customRoles = [
    { name: 'r', idPrefix: 'acme_read', title: 'Acme reads', permissions: ['storage.objects.get'] },
  ]
  const cases: readonly (readonly [VendorGcs, readonly string[]])[] = [
    [
      { customRoles, grants: [] },
      [
        'Custom role of the project',
        '“Acme reads”, ID begins with `acme_read_`: `storage.objects.get`; all integrations of the project share it',
        'while a grant names it',
      ],
    ],
    [
      { grants: [{ name: 'g', member, role: 'roles/storage.objectViewer', access: ['Read'] }] },
      [
        'IAM policy of the bucket',
        '`serviceAccount:${parameters.email}` gets `roles/storage.objectViewer`, below the prefix if there is one',
        'at `Read`',
      ],
    ],
    [
      {
        grants: [],
        cors: {
          rules: [
            {
              name: 'c',
              allowedOrigins: ['*'],
              allowedMethods: ['GET'],
              responseHeaders: ['ETag'],
              maxAgeSeconds: 60,
            },
          ],
        },
      },
      ['CORS', '`GET` from `*`; response headers `ETag`; remembered 60 seconds', 'always'],
    ],
    [
      { grants: [], lifecycle: { rules: [{ name: 'l', abortIncompleteMultipartDays: 7 }] } },
      ['Lifecycle', 'below `${prefix}`: unfinished multipart uploads are given up after 7 days', 'always'],
    ],
  ]
  for (const [recipe, row] of cases) it(row[1] ?? '', () => assert.deepEqual(gcsGrantRows(recipe), [row]))

  it('a custom role by its title, where it is granted', () => {
    const [, row] = gcsGrantRows({ customRoles, grants: [{ name: 'g', member, customRole: 'r' }] })
    assert.match(row?.[1] ?? '', /gets the custom role “Acme reads”/)
  })
})

describe('the page', () => {
  const vendorOf = (spec: object): StorageVendor => {
    const documentation = { url: 'https://v.example', checkedOn: '' }
    const access = [{ name: 'Read', description: 'reads' }]
    return {
      metadata: { name: 'v' },
      spec: { displayName: 'V', revision: '1', documentation, access, ...spec },
    } as unknown as StorageVendor
  }
  const [, azure = {}] = sketches.find(([, { azureBlob }]) => azureBlob !== undefined) ?? []
  const gcs = {
    grants: [],
    requirements: { prefix: 'Unsupported', retention: 'Forbidden', manual: ['Be kind.'] },
    outputs: [{ name: 'url', label: 'URL', value: 'gs://${bucket}' }],
    nextStep: 'Share ${bucket}.',
    verification: { method: 'None' },
  }
  const pageOf = (spec: object): string =>
    vendorsPage({ vendors: [vendorOf(spec)], schema, writingYourOwn: '' })

  it('says of Azure what must be true, and how the application comes into the tenant', () => {
    const text = pageOf(azure)
    for (const sentence of [
      'Azure Blob Storage |',
      '- The account must not have a hierarchical namespace (Data Lake Gen2).',
      '- The account’s public endpoint must be on.',
      '- A firewall must let through 35.223.142.181/32.',
      'an administrator lets it in at `https://login.microsoftonline.com/${tenantId}/adminconsent`',
    ])
      assert.ok(text.includes(sentence), `${sentence}\n\n${text}`)
  })

  it('says of Google Cloud Storage what must be true, what is told, and what is next', () => {
    const text = pageOf({ gcs })
    for (const sentence of [
      '| Google Cloud Storage |',
      '- A prefix (spec.gcs.prefix) cannot be given.',
      '- No object lock or retention may be set.',
      '- Be kind.',
      '| `url` | URL                  | `gs://${bucket}` |',
      '**Next step** (`status.nextStep`): Share `${bucket}`.',
      '**The vendor’s own test**: none is known.',
    ])
      assert.ok(text.includes(sentence), `${sentence}\n\n${text}`)
    assert.doesNotMatch(text, /^### /m)
  })

  it('keeps a vendor’s clouds apart under headings of their own', () => {
    const text = pageOf({ gcs, s3: { cors: { rules: [] } } })
    assert.match(text, /^### V on Amazon S3\n.*^### V on Google Cloud Storage\n/ms)
  })

  it('refuses to list fields of a place that the CRD does not have', () => {
    const writingYourOwn = '<!-- fields of spec.nowhere -->'
    assert.throws(() => vendorsPage({ vendors: [], schema, writingYourOwn }), /no spec\.nowhere/)
  })
})

/** Names of entries are what the cloud's marks are made of, so there is one for each; managed policies have none. */
function entryCount(s3: StorageVendorSpec['s3']): number {
  if (s3 === undefined) return 0
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

function gcsEntryCount(gcs: VendorGcs | undefined): number {
  const lists = [gcs?.customRoles, gcs?.grants, gcs?.cors?.rules, gcs?.lifecycle?.rules, gcs?.proofObjects]
  return lists.reduce((sum, list) => sum + (list?.length ?? 0), gcs?.serviceAccount === undefined ? 0 : 1)
}

function azureEntryCount(azure: VendorAzureBlob | undefined): number {
  const lists = [azure?.roleAssignments, azure?.cors?.rules, azure?.proofObjects]
  return lists.reduce((sum, list) => sum + (list?.length ?? 0), azure === undefined ? 0 : 1)
}
