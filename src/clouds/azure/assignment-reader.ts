import { isJsonObject, type JsonObject } from '../../plan/json.ts'
import type { ClaimedEntry } from '../../plan/plan-target.ts'
import { AUTHORIZATION_VERSION } from './assignment-writer.ts'
import type { AzureApi } from './azure-api.ts'
import type { Subject } from './azure-call.ts'
import { isNotFound } from './azure-errors.ts'
import { findPrincipal } from './find-principal.ts'
import { containerId, containerIn, pathOf } from './resource-id.ts'

/** What the claims say of where to look and for whom. */
export interface AssignmentQuestions {
  readonly containers: readonly string[]
  readonly clientIds: readonly string[]
}

/** The containers and applications that integrations speak of, in small letters. */
export function questionsIn(claimed: readonly ClaimedEntry[]): AssignmentQuestions {
  const parts = claimed
    .filter(({ document }) => document === 'RoleAssignments')
    .flatMap(({ body }) => (isJsonObject(body) && isJsonObject(body.part) ? [body.part] : []))
  const containers = parts.flatMap(({ scope }) =>
    typeof scope === 'string' ? (containerIn(scope) ?? []) : [],
  )
  const clientIds = parts.flatMap(({ clientId }) => (typeof clientId === 'string' ? [clientId] : []))
  const each = (texts: readonly string[]): string[] => [...new Set(texts.map((text) => text.toLowerCase()))]
  return { containers: each(containers), clientIds: each(clientIds) }
}

/**
 * The role assignments of the account and of everything in it: without a filter the list goes down, too
 * (https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest), which shows what an integration left
 * that claims nothing any more. Claimed containers are asked for besides, so that nothing that is wanted depends on that.
 *
 * @param account its resource id.
 */
export async function listAssignments(
  api: AzureApi,
  account: string,
  containers: readonly string[],
  subject: Subject,
  signal: AbortSignal,
): Promise<readonly JsonObject[]> {
  const list = (id: string, query: string, tolerate?: (error: unknown) => boolean) => {
    const path = `${pathOf(id)}/providers/Microsoft.Authorization/roleAssignments?api-version=${AUTHORIZATION_VERSION}${query}`
    return api.list({ service: 'arm', operation: 'ListRoleAssignments', path }, subject, signal, tolerate)
  }
  const lists = await Promise.all([
    list(account, ''),
    ...containers.map((name) => list(containerId(account, name), '&$filter=atScope()', isNotFound)),
  ])
  return lists.flat()
}

/** Object ids of the applications' service principals; null where there is none. */
export async function principalsOf(
  api: AzureApi,
  clientIds: readonly string[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, string | null>>> {
  const found = clientIds.map(async (clientId) => {
    const principal = await findPrincipal(api, clientId, signal)
    return [clientId, principal?.id ?? null] as const
  })
  return Object.fromEntries(await Promise.all(found))
}
