import { type Fault, FaultError } from '../../api/fault.ts'
import { isJsonObject, type JsonObject } from '../../plan/json.ts'
import type { Claimed } from '../../plan/plan-target.ts'
import { AUTHORIZATION_VERSION } from './assignment-writer.ts'
import type { AzureApi } from './azure-api.ts'
import type { Subject } from './azure-call.ts'
import { isNotFound } from './azure-errors.ts'
import { findPrincipal } from './find-principal.ts'
import { containerId, containerIn, pathOf } from './resource-id.ts'
import type { AssignmentPart } from './role-assignments.ts'
import type { FoundPrincipal } from './service-principal.ts'

/** What the claims say of where to look and for whom. */
export interface AssignmentQuestions {
  readonly containers: readonly string[]
  /** Applications whose principals are needed. */
  readonly clientIds: readonly string[]
  /** Applications of those only who want nothing now: the ledger knows what they have. */
  readonly optional: readonly string[]
}

/** The containers and applications that integrations speak of, in small letters. */
export function questionsIn(claimed: readonly Claimed[]): AssignmentQuestions {
  const parts = claimed.flatMap((claim) => {
    const part = partOf(claim)
    const isWanted = [claim.stance, claim.planned].includes('Wants')
    return part === undefined ? [] : [{ ...part, isWanted }]
  })
  const each = (texts: readonly string[]): string[] => [...new Set(texts.map((text) => text.toLowerCase()))]
  const applications = (some: typeof parts) => each(some.flatMap(({ clientId }) => clientId ?? []))
  const clientIds = applications(parts.filter(({ isWanted }) => isWanted))
  return {
    containers: each(parts.flatMap(({ scope }) => containerIn(scope) ?? [])),
    clientIds,
    optional: applications(parts).filter((clientId) => !clientIds.includes(clientId)),
  }
}

/** The role assignment that is claimed; undefined for a claim on another document. */
export function partOf({ document, body }: Claimed): AssignmentPart | undefined {
  if (document !== 'RoleAssignments' || !isJsonObject(body) || !isJsonObject(body.part)) return undefined
  return body.part as unknown as AssignmentPart
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

/**
 * The applications' service principals; null where there is none, and for an optional one that the directory does
 * not tell: what is to go must not wait for it.
 *
 * @param isBearable whether that may be for this reason; else it is thrown.
 */
export async function principalsOf(
  api: AzureApi,
  { clientIds, optional }: Pick<AssignmentQuestions, 'clientIds' | 'optional'>,
  signal: AbortSignal,
  isBearable: (fault: Fault) => boolean = () => true,
): Promise<Readonly<Record<string, FoundPrincipal | null>>> {
  const needed = clientIds.map(
    async (clientId) => [clientId, await findPrincipal(api, clientId, signal)] as const,
  )
  const asked = optional.map(
    async (clientId) => [clientId, await findIfTold(api, clientId, isBearable, signal)] as const,
  )
  return Object.fromEntries(await Promise.all([...needed, ...asked]))
}

async function findIfTold(
  api: AzureApi,
  clientId: string,
  isBearable: (fault: Fault) => boolean,
  signal: AbortSignal,
): Promise<FoundPrincipal | null> {
  try {
    return await findPrincipal(api, clientId, signal)
  } catch (error) {
    if (error instanceof FaultError && isBearable(error.fault) && !signal.aborted) return null
    throw error
  }
}
