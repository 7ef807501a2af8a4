import { FaultError } from '../../api/fault.ts'
import { socketCode } from '../caller.ts'
import {
  accessDenied,
  forbidden,
  isConditionUnmet,
  mayNotAssign,
  policyRefuses,
  scopeLocked,
  subscriptionDisabled,
} from './access-faults.ts'
import type { AzureCall } from './azure-call.ts'
import { AzureError } from './azure-error.ts'
import { otherTenant, rejected } from './credential-faults.ts'
import { lostRace, noApplication, principalNotKnown, roleNotKnown } from './document-faults.ts'
import {
  isMissing,
  notFound,
  quotaExceeded,
  throttled,
  unavailable,
  unexpected,
  unreachable,
  unreadableAnswer,
} from './service-faults.ts'

type Translate = (error: AzureError, call: AzureCall) => FaultError

/**
 * The one place where an answer of Azure becomes a fault. Messages are built from known parts; Azure's own words take part
 * only where they help, redacted. Undefined when the error is none of Azure's or the network's, but a bug.
 *
 * https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors,
 * https://learn.microsoft.com/azure/role-based-access-control/troubleshooting, https://learn.microsoft.com/graph/errors
 */
export function toFaultError(thrown: unknown, call: AzureCall): FaultError | undefined {
  if (thrown instanceof FaultError) return thrown
  if (thrown instanceof AzureError) return translateOf(thrown, call)(thrown, call)
  if (thrown instanceof SyntaxError) return unreadableAnswer(call)
  const code = socketCode(thrown)
  return isNetworkCode(code) ? unreachable(code, call) : undefined
}

/** True for Azure's way to say that the thing that was asked for does not exist. */
export function isNotFound(thrown: unknown): boolean {
  return thrown instanceof AzureError && thrown.status === 404 && isMissing(thrown)
}

/** True for a create that found an assignment of the same role to the same principal at the same scope. */
export function isTaken(thrown: unknown): boolean {
  return thrown instanceof AzureError && thrown.code === 'RoleAssignmentExists'
}

/** True for a create that found a service principal of the application already. */
export function isThereAlready(thrown: unknown): boolean {
  return thrown instanceof AzureError && thrown.code === 'Request_MultipleObjectsWithSameKeyValue'
}

/** Errors of sockets, names and TLS are codes in capitals; a timeout of ours has a name. https://nodejs.org/api/errors.html */
function isNetworkCode(code: string): boolean {
  return /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/.test(code) || code === 'TimeoutError'
}

/** Entra's 4xx are all about who asks; its 429 and 5xx are everybody's. */
function translateOf(error: AzureError, { service }: AzureCall): Translate {
  const isCredential =
    service === 'entra' && error.status >= 400 && error.status < 500 && error.status !== 429
  if (isCredential) return rejected
  const codes = [error.code, ...error.details]
  const byCode = codes.map((code) => BY_CODE.get(code)).find((translate) => translate !== undefined)
  return byCode ?? BY_STATUS.get(error.status) ?? byRange(error)
}

/** Answers that mean something else than their status says. */
const BY_CODE: ReadonlyMap<string, Translate> = new Map<string, Translate>([
  ['ScopeLocked', scopeLocked],
  ['RequestDisallowedByPolicy', policyRefuses],
  ['ReadOnlyDisabledSubscription', subscriptionDisabled],
  ['InvalidAuthenticationTokenTenant', otherTenant],
  ['PrincipalNotFound', principalNotKnown],
  ['RoleDefinitionDoesNotExist', roleNotKnown],
  ['RoleAssignmentLimitExceeded', quotaExceeded],
  ['NoBackingApplicationObject', noApplication],
  ['SubscriptionRequestsThrottled', throttled],
  ['TooManyRequests', throttled],
  ['ServerBusy', throttled],
])

const BY_STATUS: ReadonlyMap<number, Translate> = new Map<number, Translate>([
  [401, rejected],
  [403, denied],
  [404, notFound],
  [408, throttled],
  [409, lostRace],
  [412, lostRace],
  [429, throttled],
])

/** https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#access-denied-or-permission-errors */
function denied(error: AzureError, call: AzureCall): FaultError {
  const isAuthorization = /^(?:Linked)?AuthorizationFailed$|^Authorization_RequestDenied$/.test(error.code)
  if (!isAuthorization) return forbidden(error, call)
  return call.operation === 'CreateRoleAssignment' && isConditionUnmet(error)
    ? mayNotAssign(error, call)
    : accessDenied(error, call)
}

/** Graph says by a 400 what others say by their status. */
function byRange({ status, code }: AzureError): Translate {
  if (status === 400 && /^(?:Expired|Invalid)AuthenticationToken/.test(code)) return rejected
  return status >= 500 ? unavailable : unexpected
}
