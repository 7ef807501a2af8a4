/** What a request needs, and whether it changes something. */
interface Operation {
  /** The IAM permission that it needs; absent where it needs none. */
  readonly permission?: string
  readonly isWrite?: true
}

/**
 * Every request that this room makes, with the permission that Google's reference names for it.
 * https://docs.cloud.google.com/storage/docs/access-control/iam-json,
 * https://docs.cloud.google.com/iam/docs/roles-permissions/iam,
 * https://docs.cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 */
export const OPERATIONS = {
  GetStorageServiceAccount: { permission: 'resourcemanager.projects.get' },
  GetBucket: { permission: 'storage.buckets.get' },
  PatchBucket: { permission: 'storage.buckets.update', isWrite: true },
  GetBucketIamPolicy: { permission: 'storage.buckets.getIamPolicy' },
  SetBucketIamPolicy: { permission: 'storage.buckets.setIamPolicy', isWrite: true },
  TestBucketIamPermissions: {},
  GetRole: { permission: 'iam.roles.get' },
  CreateRole: { permission: 'iam.roles.create', isWrite: true },
  PatchRole: { permission: 'iam.roles.update', isWrite: true },
  DeleteRole: { permission: 'iam.roles.delete', isWrite: true },
  UndeleteRole: { permission: 'iam.roles.undelete', isWrite: true },
  GenerateAccessToken: { permission: 'iam.serviceAccounts.getAccessToken' },
  LoadCredentials: {},
} as const satisfies Readonly<Record<string, Operation>>

/** The API's own name, which metrics and messages use. */
export type GcpOperation = keyof typeof OPERATIONS

/** The permission to grant for a request; undefined where it needs none. */
export function permissionOf(operation: GcpOperation): string | undefined {
  const known: Operation = OPERATIONS[operation]
  return known.permission
}

/** True for a request that changes something in the cloud. */
export function isWrite(operation: GcpOperation): boolean {
  const known: Operation = OPERATIONS[operation]
  return known.isWrite === true
}
