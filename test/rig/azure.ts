/** An Azure for tests, and somebody who may do everything in a subscription of it. */
import { startAzurite } from './azure-azurite.ts'
import { makeCertificates, trustCertificates } from './azure-certificates.ts'
import type { AccountWanted } from './azure-control.ts'
import { type AzureFacade, type AzurePlace, startAzureFacade } from './azure-facade.ts'
import { startResourceManager } from './azure-resource-manager.ts'

/** Names that read well, for demos; and enough others, which start with `mooring`. */
const NAMES = ['streetscenes', 'acmedata', ...Array.from({ length: 40 }, (_, n) => `mooring${n + 1000}`)]

/** Starts it with its files in `folder`. It begins empty, and what it is given ends with it. In a pod it needs a `place`. */
export async function startAzure(folder: string, place?: AzurePlace): Promise<AzureFacade> {
  const certificates = place ? trustCertificates(place.certificates) : await makeCertificates(folder)
  const [azurite, manager] = await Promise.all([
    startAzurite(folder, certificates, NAMES),
    startResourceManager(folder),
  ])
  try {
    return await startAzureFacade({ certificates, azurite, manager }, place)
  } catch (error) {
    await Promise.all([azurite.stop(), manager.stop()])
    throw error
  }
}

/** A subscription of the test cloud, a storage account in it, and an operator's application with a secret. */
export interface AzureAccount {
  readonly tenantId: string
  readonly subscriptionId: string
  readonly resourceGroup: string
  readonly storageAccount: string
  readonly clientId: string
  readonly clientSecret: string
  /** Of the application's service principal. */
  readonly objectId: string
  /** As `spec.azure.endpoints` of a CloudAccount has them. */
  readonly endpoints: {
    readonly resourceManager: string
    readonly authority: string
    readonly graph: string
    readonly blob: string
  }
}

export type AzureAccountOptions = Partial<Omit<AccountWanted, 'subscriptionId'>> & {
  /** One that is there already: for a second subscription or a stranger's application in it. */
  readonly tenantId?: string
}

/** Makes all of it. The application may do everything in the subscription, and everything with applications in Graph. */
export async function azureAccount(
  facade: AzureFacade,
  options: AzureAccountOptions = {},
): Promise<AzureAccount> {
  const { tenantId = facade.createTenant(), resourceGroup = 'perception', ...wanted } = options
  const subscriptionId = facade.createSubscription(tenantId)
  const { name } = await facade.createStorageAccount({ ...wanted, subscriptionId, resourceGroup })
  const principal = await azurePrincipal(facade, { tenantId, subscriptionId })
  const { resourceManager, authority, graph, blob } = facade.endpoints
  return {
    ...{ tenantId, subscriptionId, resourceGroup, storageAccount: name, ...principal },
    endpoints: { resourceManager, authority, graph, blob: `${blob}/{account}` },
  }
}

export interface AzurePrincipalOptions {
  /** Actions in the subscription, as `Microsoft.Storage/storageAccounts/read`. Default: everything. */
  readonly actions?: readonly string[] | 'everything'
  /** Application permissions of Graph. Default: `Application.ReadWrite.All`. */
  readonly graph?: readonly string[]
}

/** A further application in a subscription: a stranger, what prepares a test, or one with few rights. */
export async function azurePrincipal(
  facade: AzureFacade,
  { tenantId, subscriptionId }: Pick<AzureAccount, 'tenantId' | 'subscriptionId'>,
  { actions = 'everything', graph = ['Application.ReadWrite.All'] }: AzurePrincipalOptions = {},
): Promise<Pick<AzureAccount, 'clientId' | 'clientSecret' | 'objectId'>> {
  const clientId = facade.createApplication({ homeTenant: tenantId })
  const objectId = await facade.createServicePrincipal(tenantId, clientId)
  facade.allow(clientId, `/subscriptions/${subscriptionId}`, actions)
  facade.allowGraph(clientId, graph)
  return { clientId, objectId, clientSecret: facade.addSecret(clientId) }
}
