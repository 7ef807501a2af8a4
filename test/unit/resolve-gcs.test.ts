/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
/** What an integration on Google Cloud Storage asks of its bucket and of the custom roles of its project. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { VendorGcs } from '../../src/api/generated/storage-vendor.ts'
import { installationTag } from '../../src/plan/mark.ts'
import { type Resolution, type ResolveInput, resolve } from '../../src/vendors/resolve.ts'
import { tell } from '../../src/vendors/tell.ts'
import {
  aGcpAccount,
  aGcsVendor,
  MEMBER,
  namesOf,
  onGcs,
  PROJECT,
  partsOf,
  RECIPE,
  resolved,
} from './gcs-things.ts'
import { anInput, anIntegration, given } from './things.ts'

const roleOf = (resolution: Resolution): string =>
  namesOf(resolution).find((name) => name.includes('/roles/')) ?? ''

describe('an integration on Google Cloud Storage asks', () => {
  it('for the custom role first, and then for the bucket that names it', () => {
    const resolution = resolved()
    const role = roleOf(resolution)
    assert.match(role, /^projects\/perception-prod\/roles\/acme_read_[0-9a-f]{8}$/)
    assert.deepEqual(namesOf(resolution), [role, 'gs://street-scenes'])
    assert.deepEqual(
      resolution.claims.map(({ documents }) => documents),
      [['CustomRole'], ['BucketIam', 'Cors']],
    )
    assert.deepEqual(partsOf(resolution, 'CustomRole'), [
      { in: 'Role' },
      {
        in: 'Texts',
        title: 'Acme reads',
        description: `What Segments.ai may do in buckets that grant it this role. Made by Mooring; people’s changes to title and description are undone. [mooring:${installationTag('test', role)}]`,
      },
      { in: 'Permission', permission: 'storage.objects.get' },
    ])
    assert.deepEqual(partsOf(resolution, 'BucketIam'), [
      {
        role,
        member: `serviceAccount:${MEMBER}`,
        condition: {
          title: 'Mooring: raw/',
          description: 'Only objects under the prefix',
          expression: 'resource.name.startsWith("projects/_/buckets/street-scenes/objects/raw/")',
        },
      },
    ])
    assert.deepEqual(partsOf(resolution, 'Cors'), [
      { origin: ['https://*.acme.example'], method: ['GET'], responseHeader: ['*'] },
    ])
    assert.deepEqual(resolution.claims.at(-1)?.probes, [
      { kind: 'CorsPreflight', origin: 'https://app.acme.example', method: 'GET', requestHeaders: [] },
      { kind: 'GcsGrant', grants: partsOf(resolution, 'BucketIam'), prefix: 'raw/' },
    ])
    assert.equal(resolution.storage, 'gs://street-scenes/raw/')
  })

  it('for no role that its access level does not grant', () => {
    assert.equal(namesOf(resolved({ integration: onGcs({ access: 'Read' }) })).length, 2)
    const both = namesOf(resolved({ integration: onGcs({ access: 'ReadWrite' }) }))
    assert.deepEqual(
      both.map((name) => name.replace(/_[0-9a-f]{8}$/, '')),
      [`projects/${PROJECT}/roles/acme_read`, `projects/${PROJECT}/roles/acme_write`, 'gs://street-scenes'],
    )
  })

  it('for no role at all, where the recipe names one of Google’s own', () => {
    const grants: VendorGcs['grants'] = [
      { name: 'read', member: 'serviceAccount:logs@acme.example', role: 'roles/storage.objectViewer' },
    ]
    const resolution = resolved({ vendor: aGcsVendor({ grants }) })
    assert.deepEqual(namesOf(resolution), ['gs://street-scenes'])
    assert.equal(
      (partsOf(resolution, 'BucketIam')[0] as { role?: string }).role,
      'roles/storage.objectViewer',
    )
  })

  it('for nothing with a condition, where it is the whole bucket', () => {
    const [part] = partsOf(
      resolved({ integration: onGcs({ gcs: { bucket: 'street-scenes' } }) }),
      'BucketIam',
    )
    assert.deepEqual(Object.keys(part ?? {}), ['role', 'member'])
  })

  it('for listing below the prefix only where the role lists', () => {
    const parts = partsOf(resolved({ integration: onGcs({ access: 'ReadWrite' }) }), 'BucketIam')
    assert.deepEqual(
      parts.map((part) => /objectListPrefix/.test(JSON.stringify(part))),
      [false, true],
    )
  })
})

describe('a custom role', () => {
  const other = onGcs({ gcs: { bucket: 'clips' } }, { name: 'clips', namespace: 'ml' })
  const cases: readonly (readonly [string, boolean, Partial<ResolveInput>])[] = [
    ['is shared by all integrations of a vendor in a project', true, { integration: other }],
    ['is another one for another installation', false, { installation: 'another' }],
    [
      'is another one for another vendor of the same recipe',
      false,
      { vendor: { ...aGcsVendor(), metadata: { ...aGcsVendor().metadata, name: 'acme-two' } } },
    ],
    [
      'is another one in another project',
      false,
      { account: aGcpAccount({ gcp: { projectId: 'perception-test' } }) },
    ],
    [
      'stays the same one when the vendor’s recipe is revised',
      true,
      { vendor: aGcsVendor({}, { revision: '2' }) },
    ],
  ]
  const account = aGcpAccount({ allow: [{ namespaces: ['perception', 'ml'] }] })
  for (const [sentence, isSame, parts] of cases) {
    it(sentence, () => {
      const [one, two] = [resolved(), resolved({ account, ...parts })]
      assert.match(roleOf(two), /^projects\/[a-z-]+\/roles\/acme_read_/)
      assert.equal(roleOf(one) === roleOf(two), isSame)
    })
  }

  it('is asked for in equal words by all who share it, or they would clash', () => {
    const two = resolved({ account, integration: other })
    assert.deepEqual(partsOf(two, 'CustomRole'), partsOf(resolved(), 'CustomRole'))
  })
})

describe('a service account that the vendor has yet to hand out', () => {
  const waiting = resolved({ parameters: given({}) })

  it('is waited for; only CORS is asked for until then', () => {
    assert.equal(waiting.fault, undefined)
    assert.equal(waiting.stance, 'Wants')
    assert.equal(waiting.awaiting?.reason, 'AwaitingVendorInput')
    assert.match(
      waiting.awaiting?.message ?? '',
      /waiting for spec\.parameters\.serviceAccount from the vendor: the e-mail of its service account/,
    )
    assert.deepEqual(namesOf(waiting), ['gs://street-scenes'])
    assert.deepEqual(
      waiting.claims.flatMap(({ entries }) => entries.map(({ document }) => document)),
      ['Cors'],
    )
  })

  it('is waited for although nothing else is asked for meanwhile', () => {
    const { cors: _, ...rest } = RECIPE
    const vendor = aGcsVendor()
    const { fault, awaiting, claims } = resolved({
      vendor: { ...vendor, spec: { ...vendor.spec, gcs: rest } },
      parameters: given({}),
    })
    assert.equal(fault, undefined)
    assert.equal(awaiting?.reason, 'AwaitingVendorInput')
    assert.deepEqual(
      claims.flatMap(({ entries }) => entries),
      [],
    )
  })

  it('is not waited for on S3, where the same vendor needs none', () => {
    const { fault, awaiting, claims } = resolve(
      anInput({ vendor: aGcsVendor(), integration: anIntegration() }),
    )
    assert.deepEqual([fault, awaiting], [undefined, undefined])
    assert.deepEqual(
      claims.flatMap(({ entries }) => entries.map(({ document }) => document)),
      ['BucketPolicy'],
    )
  })

  it('is told by its name, not as a hole in the sentence', () => {
    const vendor = aGcsVendor({ nextStep: 'Ask for ${parameters.serviceAccount}.' })
    const { tell: telling } = resolved({ vendor, parameters: given({}) })
    assert.ok(telling)
    assert.equal(tell(telling).nextStep, 'Ask for (parameters.serviceAccount, not given yet).')
  })
})

describe('a lifecycle rule of a recipe', () => {
  const rulesFor = (rule: object, prefix = 'raw/'): object[] =>
    partsOf(
      resolved({
        vendor: aGcsVendor({ lifecycle: { rules: [{ name: 'tidy', ...rule }] } }),
        integration: onGcs({ gcs: { bucket: 'street-scenes', prefix } }),
      }),
      'Lifecycle',
    )
  const matchesPrefix = ['raw/']

  it('is one rule for each action, since a rule of Cloud Storage has one', () => {
    const rules = rulesFor({
      expirationDays: 7,
      noncurrentExpirationDays: 30,
      abortIncompleteMultipartDays: 3,
    })
    assert.deepEqual(rules, [
      { action: { type: 'Delete' }, condition: { age: 7, isLive: true, matchesPrefix } },
      {
        action: { type: 'Delete' },
        condition: { daysSinceNoncurrentTime: 30, isLive: false, matchesPrefix },
      },
      { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 3, matchesPrefix } },
    ])
  })

  it('keeps to a folder below the prefix, where it names one', () => {
    const [rule] = rulesFor({ prefix: '${prefix}temp/', expirationDays: 7 })
    assert.deepEqual(rule, {
      action: { type: 'Delete' },
      condition: { age: 7, isLive: true, matchesPrefix: ['raw/temp/'] },
    })
  })

  it('speaks of the whole bucket, where the integration does', () => {
    assert.deepEqual(rulesFor({ abortIncompleteMultipartDays: 3 }, ''), [
      { action: { type: 'AbortIncompleteMultipartUpload' }, condition: { age: 3 } },
    ])
  })
})
