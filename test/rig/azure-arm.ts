/** Azure Resource Manager: who may ask is judged here, the answer comes from Microsoft's fake servers. */
import { type Answer, armError } from './azure-answers.ts'
import { afterSuccess, beforePassingOn } from './azure-arm-effects.ts'
import { type ArmCall, armCall } from './azure-arm-operations.ts'
import type { Caller } from './azure-directory.ts'
import { type Incoming, tokenIn } from './azure-incoming.ts'
import { subscriptionTask } from './azure-subscriptions.ts'
import type { FindTask, World } from './azure-world.ts'

export const armTask: FindTask = (world, incoming) => {
  const call = armCall(incoming)
  if (!call) return subscriptionTask(world, incoming)
  const caller = callerOf(world, incoming)
  return {
    operation: call.operation.id,
    principal: caller?.clientId ?? '',
    async serve() {
      mustBeKnown(incoming, caller)
      mustNameVersion(incoming)
      mustTrust(world, call, caller)
      mustBeAllowed(world, call, caller)
      return carryOut(world, call, caller, incoming)
    },
  }
}

function callerOf(world: World, incoming: Incoming): Caller | undefined {
  return world.directory.callerOf(tokenIn(incoming) ?? '')
}

/** https://learn.microsoft.com/en-us/azure/azure-resource-manager/troubleshooting/common-deployment-errors */
function mustBeKnown(incoming: Incoming, caller: Caller | undefined): asserts caller is Caller {
  if (tokenIn(incoming) === undefined)
    throw armError(
      401,
      'AuthenticationFailed',
      "Authentication failed. The 'Authorization' header is missing.",
    )
  if (!caller)
    throw armError(401, 'ExpiredAuthenticationToken', 'The access token expiry UTC time is in the past.')
  if (caller.audience === 'arm') return
  const words = `The access token has been obtained for wrong audience or resource. It should exactly match with one of the allowed audiences 'https://management.core.windows.net/','https://management.azure.com'.`
  throw armError(401, 'InvalidAuthenticationTokenAudience', words)
}

function mustNameVersion({ url }: Incoming): void {
  if (/^\d{4}-\d\d-\d\d(-preview)?$/.test(url.searchParams.get('api-version') ?? '')) return
  const words = 'The api-version query parameter (?api-version=) is required for all requests.'
  throw armError(400, 'MissingApiVersionParameter', words)
}

function mustTrust(world: World, { subscriptionId }: ArmCall, { tenantId }: Caller): void {
  if (subscriptionId === undefined) return
  const trusted = world.subscriptions.get(subscriptionId)
  if (!trusted)
    throw armError(404, 'SubscriptionNotFound', `The subscription '${subscriptionId}' could not be found.`)
  if (trusted === tenantId) return
  const words = `The access token is from the wrong issuer 'https://sts.windows.net/${tenantId}/'. It must match the tenant 'https://sts.windows.net/${trusted}/' associated with this subscription.`
  throw armError(401, 'InvalidAuthenticationTokenTenant', words)
}

/** The words: https://learn.microsoft.com/en-us/azure/role-based-access-control/troubleshooting */
function mustBeAllowed(world: World, call: ArmCall, caller: Caller): void {
  const { operation, path } = call
  const isInvalid = world.settings.goneScopes === 'forbidden' && isAtGoneAccount(world, call)
  if (!isInvalid && world.rights.may(caller.clientId, operation.action, path)) return
  throw armError(
    403,
    'AuthorizationFailed',
    `The client '${caller.clientId}' with object id '${caller.objectId}' does not have authorization to perform action '${operation.action}' over scope '${path}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
  )
}

/** Role assignments at an account that is gone: https://github.com/Azure/azure-service-operator/issues/5009 */
function isAtGoneAccount({ accounts }: World, { operation, account }: ArmCall): boolean {
  return (
    operation.id.startsWith('RoleAssignments_') &&
    account !== undefined &&
    !accounts.has(account.toLowerCase())
  )
}

async function carryOut(world: World, call: ArmCall, caller: Caller, incoming: Incoming): Promise<Answer> {
  const { operation, path } = call
  const body = beforePassingOn(world, call, incoming)
  const answer = await world.manager.ask({
    ...{ fake: operation.fake, method: incoming.method, path: `${path}${incoming.url.search}`, body },
    ...{ tenantId: caller.tenantId, objectId: caller.objectId },
  })
  return answer.status < 300 ? afterSuccess(world, call, answer, incoming) : answer
}
