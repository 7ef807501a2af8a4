import type { FaultError } from '../../api/fault.ts'
import { type AzureCall, serviceName, subjectOf } from './azure-call.ts'
import type { AzureError } from './azure-error.ts'
import { permissionOf } from './azure-operation.ts'
import { fault, wordsOf } from './fault-parts.ts'

/** The name that docs/azure-permissions.md gives to the role. */
const ROLE = 'Mooring operator'

/**
 * Resource Manager: `The client 'x' with object id 'y' does not have authorization to perform action 'z' over scope 's' …`.
 * https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#access-denied-or-permission-errors
 */
export function accessDenied(error: AzureError, call: AzureCall): FaultError {
  if (call.service === 'graph') return graphDenied(call)
  const action =
    quoted(/perform action '([\w./*-]+)'/i, error) ?? permissionOf(call.operation) ?? call.operation
  const scope =
    quoted(/over scope '([^'\s]+)'/i, error) ?? call.scope ?? `/subscriptions/${call.subscriptionId}`
  const message = `${call.identity} may not ${action} on ${scope}. Give it the role of docs/azure-permissions.md: ${command(call, placeOf(scope))}. It takes some minutes to act; nothing more was written.`
  return fault('AccessDenied', message)
}

/** A role is given at the account or above it, not at the single thing that was refused. */
function placeOf(scope: string): string {
  const cut =
    /^(\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Storage\/storageAccounts\/[^/]+)/i
  return cut.exec(scope)?.[1] ?? scope.replace(/\/providers\/.*$/i, '')
}

function command({ objectId }: AzureCall, scope: string): string {
  return `az role assignment create --assignee-object-id ${objectId ?? '<object id of the identity>'} --assignee-principal-type ServicePrincipal --role "${ROLE}" --scope ${scope}`
}

function quoted(pattern: RegExp, { text }: AzureError): string | undefined {
  const found = pattern.exec(text)?.[1]
  return found !== undefined && /^[\w./*()-]+$/.test(found) ? found : undefined
}

/** `Authorization_RequestDenied`. https://learn.microsoft.com/graph/resolve-auth-errors */
function graphDenied(call: AzureCall): FaultError {
  const permission = permissionOf(call.operation) ?? call.operation
  const message = `${call.identity} may not ask Microsoft Graph for ${call.operation} in tenant ${call.tenantId}: it lacks the application permission ${permission}. Let an administrator of the tenant grant it, with consent (docs/azure-permissions.md); nothing was written.`
  return fault('AccessDenied', message)
}

/** A lock of the resource, its group or the subscription. https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources */
export function scopeLocked(error: AzureError, call: AzureCall): FaultError {
  const message = `a lock keeps ${call.operation} from ${subjectOf(call)}${wordsOf(error)}. Remove the lock for the time of the change (az lock list --resource-group ${call.account?.resourceGroup ?? '<group>'}); it is tried again by itself.`
  return fault('AccessDenied', message)
}

/** A policy of the organisation. https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-policy-requestdisallowedbypolicy */
export function policyRefuses(error: AzureError, call: AzureCall): FaultError {
  const message = `an Azure Policy refuses ${call.operation} for ${subjectOf(call)}${wordsOf(error)}. Let its owner make an exception; nothing was written.`
  return fault('AccessDenied', message)
}

/** `ReadOnlyDisabledSubscription`. https://learn.microsoft.com/azure/cost-management-billing/manage/subscription-disabled */
export function subscriptionDisabled(_error: AzureError, call: AzureCall): FaultError {
  const message = `subscription ${call.subscriptionId} is disabled and only lets itself be read, so ${call.operation} is refused. Enable it again.`
  return fault('AccessDenied', message)
}

/** A condition on Mooring's own role assignment (what it may assign to whom). https://learn.microsoft.com/azure/role-based-access-control/delegate-role-assignments-overview */
export function isConditionUnmet({ text }: AzureError): boolean {
  return /ABAC condition (?:is )?not fulfilled/i.test(text)
}

/** Who may not even be told apart from one who lacks the permission: Azure has one sentence for both. */
export function mayNotAssign(_error: AzureError, call: AzureCall): FaultError {
  const message = `${call.identity} may not make this role assignment on ${subjectOf(call)}: it lacks ${permissionOf(call.operation) ?? call.operation}, or a condition on its own role does not let it assign this role or to this principal. Widen the condition (docs/azure-permissions.md), or give it the role: ${command(call, placeOf(call.scope ?? `/subscriptions/${call.subscriptionId}`))}. Nothing more was written.`
  return fault('AccessDenied', message)
}

/** For messages where a service refuses without saying what for. */
export function forbidden(error: AzureError, call: AzureCall): FaultError {
  const message = `${serviceName(call)} refuses ${call.operation} for ${subjectOf(call)}${wordsOf(error)}. See docs/azure-permissions.md.`
  return fault('AccessDenied', message)
}
