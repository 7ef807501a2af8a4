import { isJsonObject, type Json } from '../../plan/json.ts'

/** Resource id of a storage account, as Azure spells it. https://learn.microsoft.com/rest/api/storagerp/storage-accounts/get-properties */
export function accountId(subscriptionId: string, resourceGroup: string, account: string): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${account}`
}

/** Resource id of a container. https://learn.microsoft.com/rest/api/storagerp/blob-containers/get */
export function containerId(account: string, container: string): string {
  return `${account}/blobServices/default/containers/${container}`
}

/** The scope of a part of ours, '' or `container/images`, as a resource id. */
export function scopeId(account: string, scope: string): string {
  const container = containerIn(scope)
  return container === undefined ? account : containerId(account, container)
}

/** A resource id as the scope of a part of ours; undefined for what is no place in this account. Ids ignore letter case. */
export function scopeOf(account: string, id: string): string | undefined {
  const own = account.toLowerCase()
  const given = id.toLowerCase().replace(/\/+$/, '')
  if (given === own) return ''
  const prefix = `${own}/blobservices/default/containers/`
  const container = given.startsWith(prefix) ? given.slice(prefix.length) : ''
  return container === '' || container.includes('/') ? undefined : `container/${container}`
}

/** The container of a scope; undefined for the whole account. */
export function containerIn(scope: string): string | undefined {
  return scope.startsWith('container/') ? scope.slice('container/'.length) : undefined
}

/** A resource id as a path: what Azure itself does not allow in names cannot change the address. */
export function pathOf(id: string): string {
  return id.split('/').map(encodeURIComponent).join('/')
}

/**
 * Tells whether an answer is this resource (its type and name), with its properties: a proxy's own answer must not be taken for
 * one without settings. https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types
 */
export function isResource(id: string): (answer: Json | undefined) => boolean {
  const own = lastTwo(id)
  return (answer) =>
    isJsonObject(answer) &&
    typeof answer.id === 'string' &&
    lastTwo(answer.id) === own &&
    isJsonObject(answer.properties)
}

function lastTwo(id: string): string {
  return id.toLowerCase().split('/').slice(-2).join('/')
}
