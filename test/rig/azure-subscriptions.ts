/** Subscriptions as Resource Manager tells them. https://learn.microsoft.com/en-us/rest/api/resources/subscriptions/get */
import { armError, ok } from './azure-answers.ts'
import { tokenIn } from './azure-incoming.ts'
import type { FindTask } from './azure-world.ts'

const ACTION = 'Microsoft.Resources/subscriptions/read'

export const subscriptionTask: FindTask = (world, incoming) => {
  const [, id] = /^\/subscriptions\/([^/]+)$/.exec(incoming.url.pathname) ?? []
  if (id === undefined || incoming.method !== 'GET') return undefined
  const caller = world.directory.callerOf(tokenIn(incoming) ?? '')
  return {
    operation: 'Subscriptions_Get',
    principal: caller?.clientId ?? '',
    async serve() {
      const tenantId = world.subscriptions.get(id)
      if (caller?.audience !== 'arm')
        throw armError(401, 'InvalidAuthenticationToken', 'The access token is invalid.')
      if (tenantId === undefined)
        throw armError(404, 'SubscriptionNotFound', `The subscription '${id}' could not be found.`)
      if (tenantId !== caller.tenantId) throw otherTenant(caller.tenantId, tenantId)
      if (!world.rights.may(caller.clientId, ACTION, `/subscriptions/${id}`))
        throw armError(
          403,
          'AuthorizationFailed',
          `The client '${caller.clientId}' with object id '${caller.objectId}' does not have authorization to perform action '${ACTION}' over scope '/subscriptions/${id}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
        )
      return ok({
        id: `/subscriptions/${id}`,
        subscriptionId: id,
        tenantId,
        displayName: 'Test',
        state: 'Enabled',
      })
    },
  }
}

function otherTenant(given: string, trusted: string): Error {
  const words = `The access token is from the wrong issuer 'https://sts.windows.net/${given}/'. It must match the tenant 'https://sts.windows.net/${trusted}/' associated with this subscription.`
  return armError(401, 'InvalidAuthenticationTokenTenant', words)
}
