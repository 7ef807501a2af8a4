import type { JsonObject } from '../../plan/json.ts'
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
