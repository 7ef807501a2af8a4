import { type Fault, FaultError } from '../../api/fault.ts'
import type { Claimed } from '../../plan/plan-target.ts'
import { partOf, principalsOf, questionsIn } from './assignment-reader.ts'
import { AssignmentWriter } from './assignment-writer.ts'
import type { AzureApi } from './azure-api.ts'
import type { Subject } from './azure-call.ts'
import { scopeId } from './resource-id.ts'
import { nameFor, tripleOf } from './role-assignments.ts'
import type { FoundPrincipal } from './service-principal.ts'

/**
 * Deletes what leaving integrations may have left at a storage account that is gone: Azure can keep assignments of a deleted
 * scope, and they are in force again when an account of that name is made. There is nothing to list any more, so they are deleted
 * by the names that they have if Mooring made them; what somebody else still wants stays.
 * https://learn.microsoft.com/azure/role-based-access-control/troubleshooting (moved or deleted resources)
 *
 * @param account its resource id.
 * @throws FaultError where it is worth another try. A refusal is not: rights that came from the deleted account went with it.
 */
export async function deleteLeftAssignments(
  api: AzureApi,
  account: string,
  claimed: readonly Claimed[],
  subject: Subject,
  signal: AbortSignal,
): Promise<void> {
  const isFinal = ({ retry }: Fault): boolean => retry !== 'Backoff'
  const principals = await principalsOf(api, questionsIn(claimed), signal, isFinal)
  const leaving = idsOf(claimed, true, account, principals)
  const wanted = new Set(idsOf(claimed, false, account, principals))
  const steps = leaving.filter((id) => !wanted.has(id)).map((id) => ({ do: 'Delete', id }) as const)
  try {
    await new AssignmentWriter(api, subject).run(steps, signal)
  } catch (error) {
    if (!(error instanceof FaultError && isFinal(error.fault)) || signal.aborted) throw error
  }
}

function idsOf(
  claimed: readonly Claimed[],
  isLeaving: boolean,
  account: string,
  principals: Readonly<Record<string, FoundPrincipal | null>>,
): string[] {
  const ids = claimed.flatMap((claim) => {
    const part = partOf(claim)
    if (part === undefined || (claim.stance === 'Leaves') !== isLeaving) return []
    const principalId = part.principalId ?? principals[part.clientId?.toLowerCase() ?? '']?.id
    const whole = principalId === undefined ? part : { ...part, principalId }
    const name = nameFor({ mark: claim.mark, part: whole }, account)
    const [scope] = tripleOf(whole)
    return name === undefined
      ? []
      : [`${scopeId(account, scope)}/providers/Microsoft.Authorization/roleAssignments/${name}`]
  })
  return [...new Set(ids)]
}
