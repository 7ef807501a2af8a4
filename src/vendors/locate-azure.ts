import type { CloudAccount } from '../api/generated/cloud-account.ts'
import type { StorageIntegrationSpec } from '../api/generated/storage-integration.ts'
import { basesOf, blobEndpointOf } from '../clouds/azure/account.ts'
import type { StorageAccountTarget } from '../clouds/cloud.ts'
import { accountMissing, storeOf } from './account-words.ts'
import { type Found, found, refuse } from './found.ts'
import { type AzureReach, storageAccountTarget } from './places.ts'

/** `bucket` and `prefix` are what rules of CloudAccount.spec.allow speak of: storage account and container. */
export interface AzureLocation extends AzureReach {
  readonly target: StorageAccountTarget
  readonly bucket: string
  readonly prefix: string
  readonly resourceGroup: string
  readonly storageAccount: string
  /** Empty for the whole account. */
  readonly container: string
  /** https://streetscenes.blob.core.windows.net/ until Azure has told its own. */
  readonly blobEndpoint: string
}

/** Left out or spelled out, it is the same Resource Manager, and its accounts are the same targets. */
const PUBLIC_ARM = basesOf({}).arm

type AzureBlob = NonNullable<StorageIntegrationSpec['azureBlob']>

/**
 * The CRD refuses these already; checked again because they become parts of addresses.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 */
const GROUP = /^[\w().-]{1,90}$/
const ACCOUNT = /^[a-z0-9]{3,24}$/
const CONTAINER = /^(?:[a-z0-9][a-z0-9-]{1,61}[a-z0-9])?$/

/** The storage account that the integration's data is in, as its CloudAccount reaches it; with its URL for people. */
export function locateAzure(
  named: string | undefined,
  account: CloudAccount | undefined,
  { resourceGroup, storageAccount, container = '' }: AzureBlob,
): Found<AzureLocation> & { readonly storage: string } {
  const blobEndpoint = blobEndpointOf(account?.spec.azure ?? {}, storageAccount)
  const storage = `${blobEndpoint}${container}`
  if (account === undefined) return { ...refuse('AccountNotFound', accountMissing(named)), storage }
  const { azure } = account.spec
  if (azure === undefined)
    return {
      ...refuse(
        'InvalidSpec',
        `spec.azureBlob needs an Azure account, but CloudAccount "${account.metadata.name}" has no spec.azure. Name another one in spec.account.`,
      ),
      storage,
    }
  const wrong = wrongName(resourceGroup, storageAccount, container)
  if (wrong !== undefined) return { ...refuse('InvalidSpec', wrong), storage }
  const { tenantId, subscriptionId } = azure
  const { arm } = basesOf(azure)
  const store = arm === PUBLIC_ARM ? 'azure' : storeOf(arm)
  const reach: AzureReach = { cloud: 'azure', store, tenantId, subscriptionId }
  const target = storageAccountTarget(reach, resourceGroup, storageAccount)
  const names = { bucket: storageAccount, prefix: container, resourceGroup, storageAccount, container }
  return { ...found({ ...reach, target, ...names, blobEndpoint }), storage }
}

function wrongName(group: string, account: string, container: string): string | undefined {
  if (!GROUP.test(group)) return `spec.azureBlob.resourceGroup: "${group}" is not a resource group name.`
  if (!ACCOUNT.test(account))
    return `spec.azureBlob.storageAccount: "${account}" is not a storage account name.`
  return CONTAINER.test(container)
    ? undefined
    : `spec.azureBlob.container: "${container}" is not a container name.`
}
