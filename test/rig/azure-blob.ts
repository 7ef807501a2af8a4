/**
 * Blob storage: a proxy in front of Azurite that does what Azurite does not. It judges bearer tokens, and the signatures
 * made with user delegation keys, by role assignments; and it knows accounts that are gone, and firewalls.
 * Account keys, their signatures and preflights it passes on.
 */
import { type Answer, blobError } from './azure-answers.ts'
import { actionOf } from './azure-blob-actions.ts'
import type { Caller } from './azure-directory.ts'
import { type Incoming, tokenIn } from './azure-incoming.ts'
import { covers, isWithin } from './azure-rights.ts'
import type { FindTask, StorageAccount, World } from './azure-world.ts'

export const blobTask: FindTask = (world, incoming) => {
  const { method, url } = incoming
  const [, name = '', container] = decodeURIComponent(url.pathname).split('/')
  const caller = world.directory.callerOf(tokenIn(incoming) ?? '')
  const wanted = actionOf(method, url)
  return {
    operation: method === 'OPTIONS' ? 'preflight' : wanted.operation,
    principal: caller?.clientId ?? '',
    async serve() {
      const account = world.accounts.get(name)
      // The host name of an account that is gone does not resolve.
      if (!account) return { status: 0, isCut: true }
      if (method === 'OPTIONS') return passOn(world, incoming)
      mustBeReachable(account)
      const objectId = whose(incoming, caller)
      if (objectId !== undefined) await mustHaveRole(world, account, container, objectId, wanted)
      return passOn(world, incoming)
    },
  }
}

/**
 * Who is judged; undefined for what is signed with an account key, or not at all.
 * `skoid` is whose delegation key signed: https://learn.microsoft.com/en-us/rest/api/storageservices/create-user-delegation-sas
 */
function whose(incoming: Incoming, caller: Caller | undefined): string | undefined {
  if (tokenIn(incoming) === undefined) return incoming.url.searchParams.get('skoid') ?? undefined
  if (caller?.audience === 'storage') return caller.objectId
  throw blobError(
    401,
    'InvalidAuthenticationInfo',
    'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
    {
      'www-authenticate':
        'Bearer authorization_uri=https://login.microsoftonline.com/common/oauth2/authorize resource_id=https://storage.azure.com',
    },
  )
}

/** https://learn.microsoft.com/en-us/azure/storage/common/storage-network-security */
function mustBeReachable({ properties }: StorageAccount): void {
  const rules = properties.networkAcls as { defaultAction?: string } | undefined
  if (properties.publicNetworkAccess !== 'Disabled' && rules?.defaultAction !== 'Deny') return
  throw blobError(403, 'AuthorizationFailure', 'This request is not authorized to perform this operation.')
}

/**
 * Roles at the container count for what is in it, roles at the account or above for all.
 * https://learn.microsoft.com/en-us/azure/storage/blobs/assign-azure-role-data-access#azure-rbac-scope
 */
async function mustHaveRole(
  world: World,
  account: StorageAccount,
  container: string | undefined,
  objectId: string,
  { action, isData, isOfAccount }: ReturnType<typeof actionOf>,
): Promise<void> {
  const at =
    isOfAccount || !container ? account.id : `${account.id}/blobServices/default/containers/${container}`
  const [assignments, definitions] = await Promise.all([
    world.manager.assignments(),
    world.manager.definitions(),
  ])
  const effective = world.settings.effectiveRoles
  const roles = assignments
    .filter(({ id }) => effective?.has(id) ?? true)
    .filter(
      ({ properties }) => properties.principalId.toLowerCase() === objectId && isWithin(at, properties.scope),
    )
    .map(({ properties }) => properties.roleDefinitionId.split('/').at(-1))
  const mayDo = definitions
    .filter(({ name }) => roles.includes(name))
    .flatMap(({ properties }) => properties.permissions)
    .flatMap(({ actions = [], dataActions = [] }) => (isData ? dataActions : actions))
  if (mayDo.some((one) => covers(one, action))) return
  const words = 'This request is not authorized to perform this operation using this permission.'
  throw blobError(403, 'AuthorizationPermissionMismatch', words)
}

async function passOn({ azurite }: World, { method, url, headers, body }: Incoming): Promise<Answer> {
  const answer = await azurite.send(method, `${url.pathname}${url.search}`, headers, body)
  const { connection, 'keep-alive': _, 'transfer-encoding': __, ...passed } = answer.headers
  return { status: answer.status, headers: passed as Record<string, string | string[]>, bytes: answer.body }
}
