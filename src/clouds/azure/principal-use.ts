import { FaultError } from '../../api/fault.ts'
import { isJsonObject, type JsonObject } from '../../plan/json.ts'
import { MADE_BY_MOORING } from './assignment-name.ts'
import { AUTHORIZATION_VERSION } from './assignment-writer.ts'
import type { AzureApi } from './azure-api.ts'

/**
 * The role assignments of a principal in the account's subscription; those in others are not seen.
 * https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-subscription
 *
 * @param principal its object id.
 */
export function assignmentsOf(
  api: AzureApi,
  principal: string,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const filter = encodeURIComponent(`principalId eq '${principal}'`)
  const subscription = encodeURIComponent(api.account.subscriptionId)
  const path = `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleAssignments?api-version=${AUTHORIZATION_VERSION}&$filter=${filter}`
  return api.list({ service: 'arm', operation: 'ListRoleAssignments', path }, {}, signal)
}

/** True for an assignment that some installation of Mooring made. */
export function isOfMooring({ properties }: JsonObject): boolean {
  return isJsonObject(properties) && properties.description === MADE_BY_MOORING
}

/** Integrations that leave at the same moment take their assignments away in passes of their own. */
export function stillUsed(clientId: string): FaultError {
  return new FaultError({
    reason: 'Propagating',
    message: `the service principal of application ${clientId} still has role assignments of Mooring; it is deleted when these are gone. It is looked at again by itself.`,
    retry: 'Backoff',
    notWritten: true,
  })
}
