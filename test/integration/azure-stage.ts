/** A storage account with strangers' things in it, and integrations that are served by the driver itself. */
import type { TestContext } from 'node:test'
import type { CloudSession, ServicePrincipalTarget, StorageAccountTarget } from '../../src/clouds/cloud.ts'
import { openSession, type SessionSpec } from '../../src/clouds/index.ts'
import type { CloudCall } from '../../src/clouds/session-hooks.ts'
import type { DocumentName } from '../../src/plan/document.ts'
import type { Participant } from '../../src/plan/plan-target.ts'
import { type AzureAccount, type AzureAccountOptions, azureAccount } from '../rig/azure.ts'
import { ask } from '../rig/azure-clients.ts'
import type { AzureFacade } from '../rig/azure-facade.ts'
import { azure } from '../rig/shared.ts'
import { LedgerPass } from './ledger-pass.ts'

/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage */
export const READER = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
export const DELEGATOR = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'

export interface AzureStage {
  readonly facade: AzureFacade
  readonly me: AzureAccount
  readonly session: CloudSession
  readonly calls: readonly CloudCall[]
  readonly account: StorageAccountTarget
  /** A vendor's application, of another tenant, without a service principal here. */
  readonly vendor: string
  readonly principal: ServicePrincipalTarget
  /** The vendor's service principal comes into the tenant. */
  consent(): Promise<string>
}

type AccountWords = Pick<
  NonNullable<SessionSpec['azure']>,
  'createServicePrincipals' | 'removeServicePrincipals'
>

/** Ends with the test. */
export async function azureStage(
  test: TestContext,
  words: AccountWords = {},
  options: AzureAccountOptions = {},
): Promise<AzureStage> {
  const facade = await azure()
  const me = await azureAccount(facade, options)
  const { tenantId, subscriptionId, resourceGroup, storageAccount, endpoints } = me
  const calls: CloudCall[] = []
  const hooks = { fence: () => undefined, onCall: (call: CloudCall) => void calls.push(call) }
  const secret = { AZURE_CLIENT_ID: me.clientId, AZURE_CLIENT_SECRET: me.clientSecret }
  const spec = { azure: { tenantId, subscriptionId, endpoints, ...words }, requestsPerSecond: 1_000 }
  const session = await openSession(spec, secret, hooks)
  test.after(() => session.close())
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${storageAccount}`
  const vendor = facade.createApplication({})
  const named = (name: string) => ({ key: name, name })
  return {
    ...{ facade, me, session, calls, vendor },
    account: { kind: 'StorageAccount', ...named(id.toLowerCase()), resourceGroup, storageAccount },
    principal: { kind: 'ServicePrincipal', ...named(`${tenantId}/${vendor}`), clientId: vendor },
    consent: () => facade.createServicePrincipal(tenantId, vendor),
  }
}

/** Integrations at a storage account, whose ledgers are kept in memory. */
export function passAt(stage: AzureStage, names: readonly DocumentName[]): LedgerPass {
  return new LedgerPass(stage.account, names)
}

export function wants(
  document: DocumentName,
  part: unknown,
  { owner = 'a/x', name = 'e' }: { readonly owner?: string; readonly name?: string } = {},
): Participant {
  return { owner, stance: 'Wants', entries: [{ document, name, body: { part } }] }
}

export function leaves(owner = 'a/x'): Participant {
  return { owner, stance: 'Leaves', entries: [] }
}

/** Resource Manager, asked by somebody who may do everything. `path` is below the storage account. */
export async function askArm(
  { facade, me, account }: AzureStage,
  method: string,
  path: string,
  body?: unknown,
) {
  return ask(facade, me, method, `${account.name}${path}?api-version=2023-05-01`, body)
}

/** What stands in the account, as Resource Manager lists it without a filter. */
export async function assignmentsOf(stage: AzureStage) {
  const { body } = await askArm(stage, 'GET', '/providers/Microsoft.Authorization/roleAssignments')
  // biome-ignore lint/suspicious/noExplicitAny: an answer of Resource Manager
  return (body.value as any[]).filter((one) =>
    one.properties.scope.toLowerCase().startsWith(stage.account.name),
  )
}

/** A stranger's role assignment at the account, or at a container of it. */
export async function assign(
  stage: AzureStage,
  name: string,
  { role = READER, principal, container }: { role?: string; principal: string; container?: string },
) {
  const scope = container === undefined ? '' : `/blobServices/default/containers/${container}`
  const roleDefinitionId = `/subscriptions/${stage.me.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${role}`
  const properties = { roleDefinitionId, principalId: principal, principalType: 'ServicePrincipal' }
  return askArm(stage, 'PUT', `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, {
    properties,
  })
}
