/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import type { VendorGcs } from '../api/generated/storage-vendor.ts'

/** Google's own roles that look at the bucket and its list. https://docs.cloud.google.com/storage/docs/access-control/iam-roles */
const BUCKET_ROLES: readonly string[] = ['roles/storage.bucketViewer', 'roles/storage.legacyBucketReader']

/**
 * Google's own roles that are about objects of a bucket, or let its settings be seen. All others manage buckets, or are about
 * something else than the storage that an integration names.
 * https://docs.cloud.google.com/storage/docs/access-control/iam-roles
 */
const OBJECT_ROLES: readonly string[] = [
  ...BUCKET_ROLES,
  'roles/storage.objectViewer',
  'roles/storage.objectCreator',
  'roles/storage.objectUser',
  'roles/storage.objectAdmin',
  'roles/storage.legacyObjectReader',
]

/** Permissions on objects, and such that only look at the bucket. Those on IAM policies open it to others. */
const OBJECT_PERMISSION = /^storage\.(objects|multipartUploads|folders|managedFolders)\.[A-Za-z]+$/
const LOOKING = ['storage.buckets.get', 'storage.buckets.list', 'storage.buckets.getIpFilter']

/** What makes a recipe for Google Cloud Storage unsafe, each fault with its field. */
export function gcsFaults(gcs: VendorGcs | undefined): string[] {
  if (gcs === undefined) return []
  return [
    ...gcs.grants.flatMap(grantFaults),
    ...permissionFaults(gcs),
    ...prefixFaults(gcs),
    ...lifecycleFaults(gcs),
  ]
}

function grantFaults({ name, member, role }: VendorGcs['grants'][number]): string[] {
  const path = `spec.gcs.grants[${name}]`
  const isOpen = /^(allUsers|allAuthenticatedUsers|domain:|projectOwner:|projectEditor:|projectViewer:)/.test(
    member,
  )
  const isWhole = /^principalSet:/.test(member) && !/\/(attribute|group|subject|namespace)/.test(member)
  return [
    ...(isOpen || isWhole || /[*]/.test(member)
      ? [
          `${path}.member: ${member} would open the bucket to everyone, or to a whole group that nobody named; name the vendor’s own identity`,
        ]
      : []),
    ...(role === undefined || OBJECT_ROLES.includes(role)
      ? []
      : [
          `${path}.role: ${role} would let the vendor manage more than objects; take one of ${OBJECT_ROLES.join(', ')}, or a customRole`,
        ]),
  ]
}

function permissionFaults({ customRoles = [] }: VendorGcs): string[] {
  return customRoles.flatMap(({ name, permissions }) =>
    permissions
      .filter((permission) => !isAboutObjects(permission))
      .map(
        (permission) =>
          `spec.gcs.customRoles[${name}].permissions: ${permission} would let the vendor manage the bucket, or something else; name what it needs of objects`,
      ),
  )
}

function isAboutObjects(permission: string): boolean {
  if (LOOKING.includes(permission)) return true
  return (
    OBJECT_PERMISSION.test(permission) &&
    !/IamPolicy$|setRetention|overrideUnlockedRetention/.test(permission)
  )
}

/**
 * The condition that keeps a grant below a prefix speaks of objects. What is asked of the bucket itself it refuses, so the
 * grant would be there and do nothing. https://docs.cloud.google.com/iam/docs/conditions-resource-attributes
 */
function prefixFaults({ requirements, grants, customRoles = [] }: VendorGcs): string[] {
  if (requirements?.prefix === 'Unsupported') return []
  const why =
    'is asked of the bucket, and the condition that a prefix becomes speaks of objects; set spec.gcs.requirements.prefix: Unsupported, or leave it out'
  return [
    ...grants
      .filter(({ role }) => role !== undefined && BUCKET_ROLES.includes(role))
      .map(({ name, role }) => `spec.gcs.grants[${name}].role: ${role} ${why}`),
    ...customRoles.flatMap(({ name, permissions }) =>
      permissions
        .filter((permission) => LOOKING.includes(permission))
        .map((permission) => `spec.gcs.customRoles[${name}].permissions: ${permission} ${why}`),
    ),
  ]
}

/** Rules delete objects, so they keep to what the integration was allowed. */
function lifecycleFaults({ requirements, lifecycle }: VendorGcs): string[] {
  if (requirements?.prefix === 'Unsupported') return []
  return (lifecycle?.rules ?? [])
    .filter(({ prefix }) => prefix !== undefined && !prefix.startsWith('${prefix}'))
    .map(
      ({ name, prefix }) =>
        `spec.gcs.lifecycle.rules[${name}].prefix: ${prefix} must begin with \${prefix}, or it would speak of objects that the integration does not`,
    )
}
