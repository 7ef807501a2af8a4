import type { AzureOperation } from './azure-operation.ts'

/** The services that are asked. */
export type AzureService = 'arm' | 'graph' | 'entra'

/** What a request is about; at most one of them. */
export interface Subject {
  /** A storage account, by resource group and name. */
  readonly account?: { readonly resourceGroup: string; readonly name: string; readonly container?: string }
  /** An application that a service principal is asked for. */
  readonly application?: string
}

/** What was asked when an error came; the known parts that messages are built of. */
export interface AzureCall extends Subject {
  readonly service: AzureService
  readonly operation: AzureOperation
  /** The host that was asked: management.azure.com. */
  readonly host: string
  readonly tenantId: string
  readonly subscriptionId: string
  /** Who asks, in words that stay the same after a restart. */
  readonly identity: string
  /** Object id of who asks, where the token says it. */
  readonly objectId?: string | undefined
  /** Resource id that was asked about; for commands in messages. */
  readonly scope?: string | undefined
}

/** For messages: `storage account "streetscenes"`, `container "images" of …`, `tenant …`, `subscription …`. */
export function subjectOf({ account, application, service, tenantId, subscriptionId }: AzureCall): string {
  if (application !== undefined) return `the service principal of application ${application}`
  if (account?.container !== undefined)
    return `container "${account.container}" of storage account "${account.name}"`
  if (account !== undefined) return `storage account "${account.name}"`
  return service === 'arm' ? `subscription ${subscriptionId}` : `tenant ${tenantId}`
}

/** For messages: the service as people call it. */
export function serviceName({ service }: AzureCall): string {
  return SERVICE_NAMES[service]
}

const SERVICE_NAMES = {
  arm: 'Azure Resource Manager',
  graph: 'Microsoft Graph',
  entra: 'Microsoft Entra ID',
} as const satisfies Readonly<Record<AzureService, string>>
