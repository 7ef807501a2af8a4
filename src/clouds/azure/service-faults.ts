import type { FaultError } from '../../api/fault.ts'
import { type AzureCall, serviceName, subjectOf } from './azure-call.ts'
import type { AzureError } from './azure-error.ts'
import { isWrite } from './azure-operation.ts'
import { fault, nameOf, wordsOf } from './fault-parts.ts'

/** What Azure says when something does not exist. A bare 404 may be a proxy's, and a missing account settles a departure. */
export function isMissing({ code }: AzureError): boolean {
  return MISSING.has(code)
}

const MISSING: ReadonlySet<string> = new Set([
  'ResourceNotFound',
  'ResourceGroupNotFound',
  'SubscriptionNotFound',
  'ParentResourceNotFound',
  'ContainerNotFound',
  'RoleAssignmentNotFound',
  'Request_ResourceNotFound',
])

/**
 * An account that is gone settles a departure, so only the question for the account itself tells that; of one that was just there
 * it is Resource Manager's own delay. https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-not-found
 */
export function notFound(error: AzureError, call: AzureCall): FaultError {
  if (!isMissing(error) || call.service !== 'arm') return unexpected(error, call)
  if (error.code === 'SubscriptionNotFound') return noSubscription(call)
  if (call.account === undefined) return unexpected(error, call)
  const { resourceGroup, name, container } = call.account
  if (container !== undefined)
    return fault(
      'ContainerNotFound',
      `${subjectOf(call)} does not exist. Create it, or correct spec.azureBlob.container.`,
    )
  if (call.operation !== 'GetStorageAccount') return unavailable(error, call)
  if (error.code === 'ResourceGroupNotFound') return noGroup(call)
  const message = `storage account "${name}" does not exist in resource group "${resourceGroup}" of subscription ${call.subscriptionId}. Create it, or correct spec.azureBlob.`
  return fault('StorageAccountNotFound', message)
}

function noGroup(call: AzureCall): FaultError {
  const { resourceGroup = '', name = '' } = call.account ?? {}
  const message = `resource group "${resourceGroup}" does not exist in subscription ${call.subscriptionId}, so there is no storage account "${name}". Create them, or correct spec.azureBlob.`
  return fault('StorageAccountNotFound', message)
}

/** Never a target that is gone: Azure says the same of a subscription that it merely does not show. */
function noSubscription({ subscriptionId }: AzureCall): FaultError {
  const message = `subscription ${subscriptionId} does not exist, or Mooring's identity may not see it. Give the identity its role there again; or, if spec.azure.subscriptionId is wrong, create the CloudAccount anew, since it cannot change.`
  return fault('WrongAccount', message)
}

/** https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling, https://learn.microsoft.com/graph/throttling */
export function throttled(error: AzureError, call: AzureCall): FaultError {
  const message = `${call.host} asks for fewer requests (${nameOf(error)} to ${call.operation} on ${subjectOf(call)}). It is tried again by itself; if it lasts, lower requestsPerSecond of the CloudAccount.`
  return fault('Throttled', message, error)
}

/** An error of the other side. */
export function unavailable(error: AzureError, call: AzureCall): FaultError {
  const message = `${call.host} could not do ${call.operation} on ${subjectOf(call)}: ${nameOf(error)}. It is tried again by itself; if it lasts, see the status page of Azure.`
  return fault('CloudUnavailable', message, error)
}

/** No answer. */
export function unreachable(code: string, call: AzureCall): FaultError {
  const message = `${call.host} could not be asked for ${call.operation} on ${subjectOf(call)}: ${code}. It is tried again by itself; if it lasts, check network and endpoint.`
  return fault('CloudUnavailable', message)
}

/** An answer that is not Azure's. */
export function unreadableAnswer(call: AzureCall): FaultError {
  const message = `${call.host} answered ${call.operation} on ${subjectOf(call)} with something that is no answer to it. Check the endpoint of the CloudAccount and any proxy on the way.`
  return fault('CloudUnavailable', message)
}

/** https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#limits */
export function quotaExceeded(error: AzureError, call: AzureCall): FaultError {
  const message = `subscription ${call.subscriptionId} takes no more role assignments (${nameOf(error)}), so ${subjectOf(call)} got none. Remove assignments that are no longer needed; a subscription has room for 4,000 of them.`
  return fault('QuotaExceeded', message)
}

/** An error that this version has no words for. */
export function unexpected(error: AzureError, call: AzureCall): FaultError {
  const message = `${serviceName(call)} refuses ${call.operation} on ${subjectOf(call)} (${nameOf(error)})${wordsOf(error)}.`
  return fault(isWrite(call.operation) ? 'InvalidDocument' : 'CloudUnavailable', message)
}
