import { cloudOf } from './cloud-instance.ts'

/** What a session needs of CloudAccount.spec.azure. */
export interface AzureAccountSpec {
  /** Directory that the subscription trusts, a UUID. */
  readonly tenantId: string
  /** Subscription that holds the storage accounts, a UUID. */
  readonly subscriptionId: string
  /** Application ID of Mooring's own identity; absent: AZURE_CLIENT_ID of the Secret or the environment. */
  readonly clientId?: string | undefined
  readonly endpoints?: AzureEndpoints | undefined
  /** Whether Mooring may bring a vendor's application into the tenant; absent: it may not. */
  readonly createServicePrincipals?: boolean | undefined
  /** Whether Mooring removes again what it brought, when nobody needs it any more; absent: it does not. */
  readonly removeServicePrincipals?: boolean | undefined
}

/** Where Azure's services are, instead of the public cloud's own addresses: sovereign clouds, emulators. */
export interface AzureEndpoints {
  readonly resourceManager?: string | undefined
  readonly authority?: string | undefined
  readonly graph?: string | undefined
  /** With `{account}` for the storage account's name. */
  readonly blob?: string | undefined
}

/** Used where CloudAccount.spec.requestsPerSecond is absent. */
export const DEFAULT_REQUESTS_PER_SECOND = 20

/** The base URLs in use, without a slash at the end, and what tokens are asked for. */
export interface AzureBases {
  readonly arm: string
  readonly graph: string
  readonly authority: string
  readonly scopes: { readonly arm: string; readonly graph: string }
  /** Of Microsoft.Storage in Resource Manager. */
  readonly storageVersion: string
}

/**
 * Addresses that the account gives, and for the others those of the cloud that it is in. A token is asked for the cloud's own
 * audience whatever address is used, since Entra knows no other one.
 * https://learn.microsoft.com/entra/identity-platform/scopes-oidc#the-default-scope
 */
export function basesOf({ endpoints }: Pick<AzureAccountSpec, 'endpoints'>): AzureBases {
  const cloud = cloudOf([endpoints?.authority, endpoints?.resourceManager, endpoints?.graph])
  const base = (given: string | undefined, own: string): string => baseOf(given ?? own)
  return {
    arm: base(endpoints?.resourceManager, cloud.arm),
    graph: base(endpoints?.graph, cloud.graph),
    authority: base(endpoints?.authority, cloud.authority),
    scopes: { arm: `${cloud.arm}/.default`, graph: `${cloud.graph}/.default` },
    storageVersion: cloud.storageVersion,
  }
}

/** In one spelling: letter case of the host, the scheme's own port and slashes at the end say nothing. */
function baseOf(address: string): string {
  const { origin, pathname } = new URL(address)
  return `${origin}${pathname}`.replace(/\/+$/, '')
}

/**
 * URL of a storage account's blob service, with a slash at the end.
 *
 * @param told what Azure itself says, which counts where the account gives no address of its own: an account may be in a DNS
 * zone. https://learn.microsoft.com/azure/storage/common/storage-account-overview#azure-dns-zone-endpoints-preview
 */
export function blobEndpointOf(
  { endpoints }: Pick<AzureAccountSpec, 'endpoints'>,
  storageAccount: string,
  told?: string,
): string {
  const cloud = cloudOf([endpoints?.authority, endpoints?.resourceManager, endpoints?.graph])
  const own = told ?? `https://${storageAccount}.blob.${cloud.storageSuffix}`
  const url = endpoints?.blob?.replaceAll('{account}', storageAccount) ?? own
  return `${url.replace(/\/+$/, '')}/`
}
