/** When an integration on Google Cloud Storage cannot be resolved, and where it was applied earlier. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { VendorGcs } from '../../src/api/generated/storage-vendor.ts'
import { APPLIED_AT_ANNOTATION } from '../../src/vendors/applied-at.ts'
import type { ResolveInput } from '../../src/vendors/resolve.ts'
import { aGcpAccount, aGcsVendor, namesOf, onGcs, PROJECT, RECIPE, resolved } from './gcs-things.ts'
import { anInput } from './things.ts'

describe('an integration on Google Cloud Storage cannot be resolved', () => {
  const bucket = 'street-scenes'
  const cases: readonly (readonly [string, Partial<ResolveInput>, string, RegExp])[] = [
    [
      'with an account of AWS',
      { account: anInput().account },
      'InvalidSpec',
      /spec\.gcs needs a Google Cloud account, but CloudAccount "aws-prod" has no spec\.gcp/,
    ],
    [
      'without an account',
      { account: undefined },
      'AccountNotFound',
      /"gcp-prod" \(spec\.account\) does not exist/,
    ],
    [
      'with a vendor that has a recipe for S3 alone',
      { vendor: anInput().vendor },
      'NotSupported',
      /"segments-ai" has no recipe for Google Cloud Storage \(spec\.gcs\)/,
    ],
    [
      'when no rule allows it',
      { account: aGcpAccount({ allow: [] }) },
      'NotAllowed',
      /storage: \["street-scenes\/raw\/"\]/,
    ],
    [
      'when a rule allows another prefix of the bucket only',
      {
        account: aGcpAccount({ allow: [{ namespaces: ['perception'], storage: ['street-scenes/clips/*'] }] }),
      },
      'NotAllowed',
      /does not allow this/,
    ],
    [
      'with a quote in its prefix, which would end the text of the condition',
      { integration: onGcs({ gcs: { bucket, prefix: 'raw/") || true || ("/' } }) },
      'InvalidSpec',
      /spec\.gcs\.prefix must not hold quotes/,
    ],
    [
      'with a name that is no bucket’s',
      { integration: onGcs({ gcs: { bucket: 'Street Scenes' } }) },
      'InvalidSpec',
      /spec\.gcs\.bucket: "Street Scenes" is not a bucket name/,
    ],
    [
      'without a prefix that the vendor demands',
      {
        vendor: aGcsVendor({ requirements: { prefix: 'Required' } }),
        integration: onGcs({ gcs: { bucket } }),
      },
      'InvalidSpec',
      /spec\.gcs\.prefix: this vendor demands one/,
    ],
    [
      'with a prefix that the vendor cannot keep to',
      { vendor: aGcsVendor({ requirements: { prefix: 'Unsupported' } }) },
      'InvalidSpec',
      /spec\.gcs\.prefix: this vendor cannot be limited/,
    ],
    [
      'when the vendor refuses the bucket’s name',
      {
        vendor: aGcsVendor({
          requirements: { bucketNamePattern: '[a-z]+', bucketNameMessage: 'no hyphens' },
        }),
      },
      'InvalidSpec',
      /spec\.gcs\.bucket: no hyphens/,
    ],
    [
      'at an access level for which the recipe grants nothing',
      {
        vendor: aGcsVendor({
          grants: [{ ...RECIPE.grants[0], access: ['ReadWrite'] } as VendorGcs['grants'][number]],
        }),
        integration: onGcs({ access: 'Read' }),
      },
      'InvalidSpec',
      /spec\.access: at Read, .* grants nothing/,
    ],
    [
      'when the vendor acts as a service account that Mooring would make',
      { vendor: aGcsVendor({ serviceAccount: { id: { prefix: 'acme-' } } }) },
      'NotSupported',
      /spec\.gcs\.serviceAccount/,
    ],
    [
      'when the vendor looks for a proof object',
      { vendor: aGcsVendor({ proofObjects: [{ name: 'proof', key: '.acme' }] }) },
      'NotSupported',
      /spec\.gcs\.proofObjects/,
    ],
    [
      'when the vendor refuses buckets with a retention policy, which nothing checks yet',
      { vendor: aGcsVendor({ requirements: { retention: 'Forbidden' } }) },
      'NotSupported',
      /spec\.gcs\.requirements\.retention/,
    ],
    [
      'when the vendor wants a role on the whole project',
      {
        vendor: aGcsVendor({
          grants: [
            {
              name: 'all',
              member: 'serviceAccount:a@b.example',
              role: 'roles/storage.objectViewer',
              scope: 'Project',
            },
          ],
        }),
      },
      'NotSupported',
      /spec\.gcs\.grants\[all\]\.scope/,
    ],
  ]
  for (const [sentence, parts, reason, message] of cases) {
    it(sentence, () => {
      const { fault, claims, stance } = resolved(parts)
      assert.equal(fault?.reason, reason)
      assert.match(fault?.message ?? '', message)
      assert.deepEqual([stance, claims.flatMap(({ entries }) => entries)], ['Keeps', []])
    })
  }
})

describe('places where an integration was applied earlier', () => {
  const at = (places: Readonly<Record<string, readonly string[]>>): Partial<ResolveInput> => ({
    integration: onGcs({}, { annotations: { [APPLIED_AT_ANNOTATION]: JSON.stringify(places) } }),
  })
  const gone = `projects/${PROJECT}/roles/acme_old_0a1b2c3d`

  it('are left, where it asks for something else now: a role that the recipe names no more', () => {
    const { claims, fault } = resolved(at({ [`${gone} at gcp`]: ['CustomRole'] }))
    const left = claims.find(({ target }) => target.name === gone)
    assert.equal(fault, undefined)
    assert.deepEqual(left?.target, {
      key: `${gone} at gcp`,
      kind: 'CustomRole',
      name: gone,
      projectId: PROJECT,
      roleId: 'acme_old_0a1b2c3d',
    })
    assert.deepEqual([left?.entries, left?.documents, left?.left], [[], ['CustomRole'], true])
  })

  it('are looked at in the documents of then: lifecycle rules that the recipe had once', () => {
    const { claims } = resolved(at({ 'gs://street-scenes at gcp': ['BucketIam', 'Lifecycle'] }))
    assert.deepEqual(claims.at(-1)?.documents, ['BucketIam', 'Cors', 'Lifecycle'])
  })

  const lost: readonly (readonly [string, string])[] = [
    ['in another project', 'projects/other/roles/acme_read_0a1b2c3d at gcp'],
    ['at another endpoint', 'gs://street-scenes at https://storage.example'],
    ['in another cloud', 's3://street-scenes at aws'],
  ]
  for (const [where, place] of lost) {
    it(`${where} are out of reach, and that is said`, () => {
      const { fault, claims } = resolved(at({ [place]: ['BucketIam'] }))
      assert.equal(fault?.reason, 'TargetOutOfReach')
      assert.ok(fault?.message.includes(place))
      assert.equal(claims.length, namesOf(resolved()).length, 'something else is taken for that place')
    })
  }
})
