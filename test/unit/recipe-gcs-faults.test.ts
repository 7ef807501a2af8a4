/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
/** Recipes for Google Cloud Storage from which nothing may be made. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { VendorGcs } from '../../src/api/generated/storage-vendor.ts'
import { recipeFaults } from '../../src/vendors/recipe-faults.ts'
import { gcsFaults } from '../../src/vendors/recipe-gcs-faults.ts'
import { aGcsVendor, RECIPE } from './gcs-things.ts'

const VENDOR = 'serviceAccount:logs@acme-prod.iam.gserviceaccount.com'
const granting = (member: string, role = 'roles/storage.objectViewer'): VendorGcs => ({
  grants: [{ name: 'read', member, role }],
})
const permitting = (permission: string): VendorGcs => ({
  ...RECIPE,
  customRoles: [{ name: 'read', idPrefix: 'acme_read', title: 'Acme', permissions: [permission] }],
})

describe('a recipe for Google Cloud Storage is refused', () => {
  const pool = 'principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/acme'
  const cases: readonly (readonly [string, VendorGcs, RegExp])[] = [
    ...[
      'allUsers',
      'allAuthenticatedUsers',
      'domain:acme.example',
      'projectOwner:acme-prod',
      'projectEditor:acme-prod',
      'projectViewer:acme-prod',
      `${pool}/*`,
      'serviceAccount:*@acme.example',
      pool,
    ].map(
      (member) =>
        [
          `for ${member}, whom nobody named`,
          granting(member),
          /grants\[read\]\.member: .* would open/,
        ] as const,
    ),
    ...[
      'roles/storage.admin',
      'roles/storage.legacyBucketOwner',
      'roles/storage.legacyBucketWriter',
      'roles/storage.legacyObjectOwner',
      'roles/storage.folderAdmin',
      'roles/owner',
      'roles/editor',
      'roles/iam.serviceAccountTokenCreator',
      'projects/acme/roles/anything',
    ].map(
      (role) =>
        [
          `for ${role}, which manages more than objects`,
          granting(VENDOR, role),
          /role: .* manage more/,
        ] as const,
    ),
    ...[
      'storage.buckets.update',
      'storage.buckets.setIamPolicy',
      'storage.objects.setIamPolicy',
      'storage.objects.getIamPolicy',
      'storage.managedFolders.setIamPolicy',
      'storage.objects.setRetention',
      'storage.objects.overrideUnlockedRetention',
      'storage.hmacKeys.create',
      'iam.serviceAccounts.actAs',
      'storage.objects.*',
    ].map(
      (permission) =>
        [
          `for the permission ${permission}`,
          permitting(permission),
          /customRoles\[read\]\.permissions: /,
        ] as const,
    ),
    ...['roles/storage.bucketViewer', 'roles/storage.legacyBucketReader'].map(
      (role) =>
        [
          `for ${role}, which is worth nothing below a prefix`,
          granting(VENDOR, role),
          /grants\[read\]\.role: .* asked of the bucket.*requirements\.prefix: Unsupported/,
        ] as const,
    ),
    [
      'for a permission on the bucket, where integrations can have a prefix',
      permitting('storage.buckets.get'),
      /customRoles\[read\]\.permissions: storage\.buckets\.get is asked of the bucket.*requirements\.prefix: Unsupported/,
    ],
    [
      'for a lifecycle rule outside the prefix',
      { ...RECIPE, lifecycle: { rules: [{ name: 'tidy', prefix: 'temp/', expirationDays: 7 }] } },
      /gcs\.lifecycle\.rules\[tidy\]\.prefix: temp\/ must begin with \$\{prefix\}/,
    ],
  ]
  for (const [sentence, recipe, message] of cases) {
    it(sentence, () => {
      const faults = gcsFaults(recipe)
      assert.equal(faults.length, 1)
      assert.match(faults[0] ?? '', message)
    })
  }

  it('by the operator, too, and not by this function alone', () => {
    assert.match(recipeFaults(aGcsVendor(granting('allUsers')).spec).join(), /allUsers would open/)
  })

  const placeholders: readonly (readonly [string, Partial<VendorGcs>, RegExp])[] = [
    ['of a role on AWS', { nextStep: 'Use ${role.arn}.' }, /spec\.gcs\.nextStep: \$\{role\.arn\} is not/],
    ['of an account on AWS', { nextStep: 'Use ${region}.' }, /spec\.gcs\.nextStep: \$\{region\} is not/],
    [
      'that only the cloud knows, where something is made of it',
      {
        grants: [
          {
            name: 'g',
            member: 'serviceAccount:p${projectNumber}@acme.example',
            role: 'roles/storage.objectViewer',
          },
        ],
      },
      /spec\.gcs\.grants\[g\]\.member: \$\{projectNumber\} is not/,
    ],
  ]
  for (const [sentence, gcs, message] of placeholders)
    it(`for a placeholder ${sentence}`, () =>
      assert.match(recipeFaults(aGcsVendor(gcs).spec).join(), message))

  it('not for a placeholder that the cloud fills in what is told', () => {
    const nextStep = 'Share ${projectId}, ${projectNumber} and ${location}.'
    assert.deepEqual(recipeFaults(aGcsVendor({ nextStep }).spec), [])
  })
})

describe('a recipe for Google Cloud Storage is sound', () => {
  const cases: readonly (readonly [string, VendorGcs | undefined])[] = [
    ['when there is none', undefined],
    ['with everything that one may hold', RECIPE],
    [
      'with a group of a pool that is named',
      granting(
        'principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/acme/attribute.aws_role/x',
      ),
    ],
    ['with Google’s role for writing objects', granting(VENDOR, 'roles/storage.objectAdmin')],
    [
      'with a permission that only looks at the bucket, where integrations can have no prefix',
      { ...permitting('storage.buckets.get'), requirements: { prefix: 'Unsupported' } },
    ],
    ['with permissions on uploads', permitting('storage.multipartUploads.create')],
    [
      'with a lifecycle rule below the prefix',
      { ...RECIPE, lifecycle: { rules: [{ name: 'tidy', prefix: '${prefix}temp/', expirationDays: 7 }] } },
    ],
    [
      'with a lifecycle rule of the vendor’s own folder, where integrations can have no prefix',
      {
        ...RECIPE,
        requirements: { prefix: 'Unsupported' },
        lifecycle: { rules: [{ name: 'tidy', prefix: 'acme-temp/', expirationDays: 7 }] },
      },
    ],
  ]
  for (const [sentence, recipe] of cases) it(sentence, () => assert.deepEqual(gcsFaults(recipe), []))
})
