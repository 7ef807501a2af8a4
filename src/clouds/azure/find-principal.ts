import type { Json, JsonObject } from '../../plan/json.ts'
import type { AzureApi } from './azure-api.ts'
import type { FoundPrincipal } from './service-principal.ts'

/**
 * The service principal that an application has in the tenant; null where it has none.
 * https://learn.microsoft.com/graph/api/serviceprincipal-list
 *
 * @throws FaultError
 */
export async function findPrincipal(
  api: AzureApi,
  clientId: string,
  signal: AbortSignal,
): Promise<FoundPrincipal | null> {
  const filter = encodeURIComponent(`appId eq '${clientId.replaceAll("'", "''")}'`)
  const path = `/v1.0/servicePrincipals?$filter=${filter}&$select=id,appId,tags,accountEnabled,disabledByMicrosoftStatus`
  const request = { service: 'graph', operation: 'FindServicePrincipal', path } as const
  const list = await api.list(request, { application: clientId }, signal)
  return list.flatMap(foundIn)[0] ?? null
}

function foundIn({ id, tags, accountEnabled, disabledByMicrosoftStatus }: JsonObject): FoundPrincipal[] {
  if (typeof id !== 'string') return []
  const isDisabled = accountEnabled === false || typeof disabledByMicrosoftStatus === 'string'
  return [{ id, tags: textsIn(tags), ...(isDisabled ? { isDisabled } : {}) }]
}

function textsIn(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
