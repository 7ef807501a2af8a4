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
 * in another store or account, and for what is no key. Whoever may edit an integration may edit what was written down, so a name
 * counts only if it is one that the cloud itself takes, and no path to something else.
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
    /^\/subscriptions\/([0-9a-f-]{36})\/resourcegroups\/([\w().-]{1,90})\/providers\/microsoft\.storage\/storageaccounts\/([a-z0-9]{3,24})$/.exec(
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
  const bucket = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])$/.exec(name)?.[1]
  if (bucket !== undefined) return gcsBucketTarget(reach, bucket)
  const [, projectId, roleId] = /^projects\/([^/]+)\/roles\/([\w.]{3,64})$/.exec(name) ?? []
  if (roleId === undefined || projectId !== reach.projectId) return undefined
  return customRoleTarget(reach, roleId)
}

function awsTarget(reach: AwsReach, name: string): Target | undefined {
  const bucket = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$/.exec(name)?.[1]
  if (bucket !== undefined) return bucketTarget(reach, bucket)
  const [, partition, account, role] =
    /^arn:([a-z0-9-]+):(?:iam::(\d{12}):role\/([\w+=,.@-]{1,64})|kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+)$/.exec(
      name,
    ) ?? []
  if (partition !== reach.partition) return undefined
  if (role === undefined) return isOwnKey(name, reach) ? keyTarget(reach, name) : undefined
  return account === reach.accountId ? roleTarget(reach, role) : undefined
}

function isOwnKey(arn: string, { accountId }: AwsReach): boolean {
  return arn.split(':')[4] === accountId
}
