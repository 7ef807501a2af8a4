/**
 * The permissions of the predefined roles that a bucket's policy may name, as far as the façade asks for them.
 * https://cloud.google.com/storage/docs/access-control/iam-roles
 */

const read = ['storage.objects.get', 'storage.objects.list']
const objectsAll = [
  ...read,
  'storage.objects.create',
  'storage.objects.delete',
  'storage.objects.update',
  'storage.objects.getIamPolicy',
  'storage.objects.setIamPolicy',
]
const bucketsAll = [
  'storage.buckets.create',
  'storage.buckets.delete',
  'storage.buckets.get',
  'storage.buckets.getIamPolicy',
  'storage.buckets.list',
  'storage.buckets.setIamPolicy',
  'storage.buckets.update',
]

/** Role to permissions. What is not in here cannot be granted on a bucket. */
export const predefinedRoles: ReadonlyMap<string, readonly string[]> = new Map([
  ['roles/storage.admin', [...objectsAll, ...bucketsAll]],
  ['roles/storage.objectAdmin', objectsAll],
  ['roles/storage.objectCreator', ['storage.objects.create']],
  [
    'roles/storage.objectUser',
    [...read, 'storage.objects.create', 'storage.objects.delete', 'storage.objects.update'],
  ],
  ['roles/storage.objectViewer', read],
  ['roles/storage.bucketViewer', ['storage.buckets.get', 'storage.buckets.list']],
  ['roles/storage.legacyBucketReader', ['storage.buckets.get', 'storage.objects.list']],
  [
    'roles/storage.legacyBucketWriter',
    ['storage.buckets.get', 'storage.objects.list', 'storage.objects.create', 'storage.objects.delete'],
  ],
  [
    'roles/storage.legacyBucketOwner',
    [
      ...['storage.buckets.get', 'storage.buckets.getIamPolicy', 'storage.buckets.setIamPolicy'],
      ...[
        'storage.buckets.update',
        'storage.objects.create',
        'storage.objects.delete',
        'storage.objects.list',
      ],
    ],
  ],
  ['roles/storage.legacyObjectReader', ['storage.objects.get']],
  [
    'roles/storage.legacyObjectOwner',
    [
      ...['storage.objects.get', 'storage.objects.update'],
      ...['storage.objects.getIamPolicy', 'storage.objects.setIamPolicy'],
    ],
  ],
])
