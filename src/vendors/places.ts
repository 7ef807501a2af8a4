import type {
  CustomRoleTarget,
  GcsBucketTarget,
  IamRoleTarget,
  KmsKeyTarget,
  S3BucketTarget,
  ServicePrincipalTarget,
  StorageAccountTarget,
  Target,
} from '../clouds/cloud.ts'

/** What takes a target's name to the target: the store that the account reaches, and whose account it is. */
export type Reach = AwsReach | GcpReach | AzureReach

export interface AwsReach {
  readonly cloud: 'aws'
  /** The partition, or the normalised endpoint where an account has one. */
  readonly store: string
  readonly partition: string
  readonly accountId: string
}

export interface GcpReach {
  readonly cloud: 'gcp'
  /** `gcp`, or the normalised endpoint of Cloud Storage where an account has one. */
  readonly store: string
  readonly projectId: string
}

export interface AzureReach {
  readonly cloud: 'azure'
  /** `azure`, or the normalised endpoint of Resource Manager where an account has one. */
  readonly store: string
  readonly tenantId: string
  readonly subscriptionId: string
}

export function bucketTarget({ store }: AwsReach, bucket: string): S3BucketTarget {
  const name = `s3://${bucket}`
  return { key: `${name} at ${store}`, kind: 'S3Bucket', name, bucket }
}

/** A role of the account. Its path is left out of the name, since no two roles of an account differ in it alone. */
export function roleTarget({ store, partition, accountId }: AwsReach, role: string): IamRoleTarget {
  const name = `arn:${partition}:iam::${accountId}:role/${role}`
  return { key: `${name} at ${store}`, kind: 'IamRole', name, role }
}

export function keyTarget({ store }: AwsReach, keyArn: string): KmsKeyTarget {
  return { key: `${keyArn} at ${store}`, kind: 'KmsKey', name: keyArn, keyArn }
}

export function gcsBucketTarget({ store }: GcpReach, bucket: string): GcsBucketTarget {
  const name = `gs://${bucket}`
  return { key: `${name} at ${store}`, kind: 'GcsBucket', name, bucket }
}

export function customRoleTarget({ store, projectId }: GcpReach, roleId: string): CustomRoleTarget {
  const name = `projects/${projectId}/roles/${roleId}`
  return { key: `${name} at ${store}`, kind: 'CustomRole', name, projectId, roleId }
}

/** Azure ignores the case of resource ids. */
export function storageAccountTarget(
  { store, subscriptionId }: AzureReach,
  resourceGroup: string,
  storageAccount: string,
): StorageAccountTarget {
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${storageAccount}`
  const name = id.toLowerCase()
  return { key: `${name} at ${store}`, kind: 'StorageAccount', name, resourceGroup, storageAccount }
}

export function servicePrincipalTarget(
  { store, tenantId }: AzureReach,
  clientId: string,
): ServicePrincipalTarget {
  const name = `${tenantId}/${clientId}`.toLowerCase()
  return { key: `${name} at ${store}`, kind: 'ServicePrincipal', name, clientId }
}

/**
 * The target of a key that was written down earlier (applied-at.ts), where this account reaches it; undefined for one
 * in another store or account, and for what is no key.
 */
export function targetOfPlace(reach: Reach, place: string): Target | undefined {
  const [name = '', store] = place.split(' at ')
  if (store !== reach.store) return undefined
  switch (reach.cloud) {
    case 'aws':
      return awsTarget(reach, name)
    case 'gcp':
      return gcpTarget(reach, name)
    case 'azure':
      return azureTarget(reach, name)
  }
}

function azureTarget(reach: AzureReach, name: string): Target | undefined {
  const [, subscription, group = '', account] =
    /^\/subscriptions\/([^/]+)\/resourcegroups\/([^/]+)\/providers\/microsoft\.storage\/storageaccounts\/([^/]+)$/.exec(
      name,
    ) ?? []
  if (account !== undefined)
    return subscription === reach.subscriptionId.toLowerCase()
      ? storageAccountTarget(reach, group, account)
      : undefined
  const [, tenant, clientId] = /^([0-9a-f-]{36})\/([0-9a-f-]{36})$/.exec(name) ?? []
  if (clientId === undefined || tenant !== reach.tenantId.toLowerCase()) return undefined
  return servicePrincipalTarget(reach, clientId)
}

function gcpTarget(reach: GcpReach, name: string): Target | undefined {
  const bucket = /^gs:\/\/([^/]+)$/.exec(name)?.[1]
  if (bucket !== undefined) return gcsBucketTarget(reach, bucket)
  const [, projectId, roleId] = /^projects\/([^/]+)\/roles\/([^/]+)$/.exec(name) ?? []
  if (roleId === undefined || projectId !== reach.projectId) return undefined
  return customRoleTarget(reach, roleId)
}

function awsTarget(reach: AwsReach, name: string): Target | undefined {
  const bucket = /^s3:\/\/([^/]+)$/.exec(name)?.[1]
  if (bucket !== undefined) return bucketTarget(reach, bucket)
  const [, partition, service, account, id = ''] =
    /^arn:([^:]+):(iam|kms):[^:]*:(\d{12}):(?:role\/)?(.+)$/.exec(name) ?? []
  if (account !== reach.accountId || partition !== reach.partition) return undefined
  return service === 'iam' ? roleTarget(reach, id) : keyTarget(reach, name)
}
