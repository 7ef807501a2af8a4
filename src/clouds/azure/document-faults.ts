import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { type AzureCall, serviceName, subjectOf } from './azure-call.ts'
import type { AzureError } from './azure-error.ts'
import { fault, nameOf } from './fault-parts.ts'

/**
 * 409 and 412: somebody else is at it. A 412 is a guard that did not hold, so nothing was written; a 409 says nothing of that.
 * https://learn.microsoft.com/rest/api/storagerp/storage-resource-provider-error-codes ("StorageAccountOperationInProgress")
 */
export function lostRace(error: AzureError, call: AzureCall): FaultError {
  const message = `somebody else changes ${subjectOf(call)} at this moment, so ${serviceName(call)} refused ${call.operation} (${nameOf(error)}). It is planned anew and written again by itself.`
  if (error.status !== 412) return fault('LostRace', message, error)
  return new FaultError({ reason: 'LostRace', message, retry: retryOf('LostRace'), notWritten: true })
}

/** Seen by ourselves, right before or after the write; what was written is taken back already. */
export function lostRaceOn(what: string): FaultError {
  return new FaultError({
    reason: 'LostRace',
    message: `somebody else changed ${what} at this moment; nothing was written. It is planned anew and written again by itself.`,
    retry: retryOf('LostRace'),
    notWritten: true,
  })
}

/**
 * `PrincipalNotFound`: also said of a service principal that was made a moment ago and is not known everywhere yet.
 * https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---assigning-a-role-to-a-new-principal-sometimes-fails
 */
export function principalNotKnown(_error: AzureError, call: AzureCall): FaultError {
  const message = `Azure does not know the principal of a role assignment on ${subjectOf(call)} yet. A service principal that was just made is known everywhere after some minutes; it is written again by itself.`
  return fault('Propagating', message)
}

/** The role definition's id is the recipe's. https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export function roleNotKnown(_error: AzureError, call: AzureCall): FaultError {
  const message = `Azure does not know the role that the vendor's recipe assigns on ${subjectOf(call)} (RoleDefinitionDoesNotExist); nothing more was written. Correct roleDefinitionId in the recipe: it is the role's UUID in this tenant.`
  return fault('InvalidDocument', message)
}

/** `NoBackingApplicationObject`: the id is no application's, or that of one which lives in its own tenant alone. */
export function noApplication(_error: AzureError, call: AzureCall): FaultError {
  const message = `Microsoft Entra ID knows no application ${call.application ?? ''} that could come into tenant ${call.tenantId}: it does not exist, or its owner keeps it to their own tenant. Correct the vendor's application (client) id; nothing was written.`
  return fault('InvalidPrincipal', message)
}
