import type { Document } from '../../plan/document.ts'
import type { JsonObject } from '../../plan/json.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import { MADE_BY_MOORING } from './assignment-name.ts'
import { containerIn, scopeId } from './resource-id.ts'
import {
  type AssignmentPart,
  type AssignmentsEnvelope,
  meaningOfAssignment,
  nameFor,
  nameIn,
  tripleOf,
} from './role-assignments.ts'

/** One request. */
export type AssignmentStep =
  | {
      readonly do: 'Create'
      readonly id: string
      /** Where, when it is not the whole account. */
      readonly container: string | undefined
      readonly body: JsonObject
    }
  | { readonly do: 'Delete'; readonly id: string }

/**
 * What makes the assignments what the entries say. What comes is made before what goes is deleted, so that nobody is without
 * access in between; what strangers made is neither. An assignment that a stranger made anew in the place of ours says the same
 * as ours did, but has another name, so it stays. A condition that somebody added to ours goes by the same request that makes
 * one (https://learn.microsoft.com/azure/role-based-access-control/conditions-role-assignments-rest).
 */
export function assignmentSteps(
  before: Document<LedgerEntry<AssignmentPart>>,
  after: Document<LedgerEntry<AssignmentPart>>,
): AssignmentStep[] {
  const { account, read } = after.envelope as AssignmentsEnvelope
  const wanted = Map.groupBy(after.entries, ({ part }) => meaningOfAssignment(part))
  const there = new Set(read.map(({ part }) => meaningOfAssignment(part)))
  const owned = new Set(before.entries.flatMap((entry) => nameFor(entry, account) ?? []))
  const creates = [...wanted].flatMap(([meaning, [entry]]) =>
    there.has(meaning) || entry === undefined ? [] : createStep(entry, account),
  )
  const made = new Set(creates.map(({ id }) => nameIn(id)))
  const deletes = read
    .filter(({ id }) => owned.has(nameIn(id)) && !made.has(nameIn(id)))
    .filter(({ part }) => !wanted.has(meaningOfAssignment(part)))
    .map(({ id }) => ({ do: 'Delete', id }) as const)
  return [...creates, ...deletes]
}

/**
 * The type is told, so that Azure does not look for a principal that it may not know yet.
 * https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---assigning-a-role-to-a-new-principal-sometimes-fails
 */
function createStep({ mark, part }: LedgerEntry<AssignmentPart>, account: string): AssignmentStep[] {
  const name = nameFor({ ...(mark === undefined ? {} : { mark }), part }, account)
  if (name === undefined || part.principalId === undefined) return []
  const [scope, role] = tripleOf(part)
  const [, , subscription = ''] = account.split('/')
  const properties = {
    roleDefinitionId: `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
    principalId: part.principalId,
    principalType: 'ServicePrincipal',
    description: MADE_BY_MOORING,
  }
  const id = `${scopeId(account, scope)}/providers/Microsoft.Authorization/roleAssignments/${name}`
  return [{ do: 'Create', id, container: containerIn(scope), body: { properties } }]
}
