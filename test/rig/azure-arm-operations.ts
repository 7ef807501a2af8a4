/** The operations of Azure Resource Manager that the test cloud serves, named as in Microsoft's OpenAPI documents. */
import type { Incoming } from './azure-incoming.ts'

export interface ArmOperation {
  /** As `RoleAssignments_Create`: https://github.com/Azure/azure-rest-api-specs */
  readonly id: string
  /** The same in the generated fake servers. */
  readonly fake: string
  readonly method: string
  readonly pattern: RegExp
  /** What one must be allowed: https://learn.microsoft.com/en-us/azure/role-based-access-control/permissions/storage */
  readonly action: string
}

export interface ArmCall {
  readonly operation: ArmOperation
  /** In the case that the documents have. */
  readonly path: string
  readonly subscriptionId: string | undefined
  readonly resourceGroup: string | undefined
  readonly account: string | undefined
  readonly container: string | undefined
}

const STORAGE = '/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Storage/storageAccounts/[^/]+'
const SCOPE = '(?:/subscriptions/.+)?'
const AUTHORIZATION = 'Microsoft.Authorization'

/** id, method, path, action; the fake's name follows from the id. */
const table: readonly (readonly [id: string, method: string, path: string, action: string])[] = [
  ['Accounts_GetProperties', 'GET', STORAGE, 'Microsoft.Storage/storageAccounts/read'],
  ['Accounts_Delete', 'DELETE', STORAGE, 'Microsoft.Storage/storageAccounts/delete'],
  ...(
    [
      ['BlobServices_GetServiceProperties', 'GET', 'default', 'read'],
      ['BlobServices_SetServiceProperties', 'PUT', 'default', 'write'],
      ['BlobContainers_Get', 'GET', 'default/containers/[^/]+', 'containers/read'],
      ['BlobContainers_Create', 'PUT', 'default/containers/[^/]+', 'containers/write'],
      ['BlobContainers_Delete', 'DELETE', 'default/containers/[^/]+', 'containers/delete'],
    ] as const
  ).map(
    ([id, method, path, action]) =>
      [
        id,
        method,
        `${STORAGE}/blobServices/${path}`,
        `Microsoft.Storage/storageAccounts/blobServices/${action}`,
      ] as const,
  ),
  ...(
    [
      ['RoleAssignments_NewListForScopePager', 'GET', 'roleAssignments', 'read'],
      ['RoleAssignments_Get', 'GET', 'roleAssignments/[^/]+', 'read'],
      ['RoleAssignments_Create', 'PUT', 'roleAssignments/[^/]+', 'write'],
      ['RoleAssignments_Delete', 'DELETE', 'roleAssignments/[^/]+', 'delete'],
      ['RoleDefinitions_Get', 'GET', 'roleDefinitions/[^/]+', 'read'],
    ] as const
  ).map(
    ([id, method, path, action]) =>
      [
        id,
        method,
        `${SCOPE}/providers/${AUTHORIZATION}/${path}`,
        `${AUTHORIZATION}/${path.split('/')[0]}/${action}`,
      ] as const,
  ),
]

/** Names of the documents where those of the fake servers differ. */
const DOCUMENTED: Readonly<Record<string, string>> = {
  RoleAssignments_NewListForScopePager: 'RoleAssignments_ListForScope',
  Accounts_GetProperties: 'StorageAccounts_GetProperties',
  Accounts_Delete: 'StorageAccounts_Delete',
}

const operations: readonly ArmOperation[] = table.map(([id, method, path, action]) => ({
  id: DOCUMENTED[id] ?? id,
  fake: id.replace('_', 'Client.'),
  method,
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll('\\.+', '.+')}$`, 'i'),
  action,
}))

/** What a request calls; undefined for what the test cloud does not serve. */
export function armCall({ method, url }: Incoming): ArmCall | undefined {
  const path = inDocumentedCase(decodeURIComponent(url.pathname).replace(/\/+$/, ''))
  const operation = operations.find((one) => one.method === method && one.pattern.test(path))
  if (!operation) return undefined
  const part = (name: string) => new RegExp(`/${name}/([^/]+)`).exec(path)?.[1]
  return {
    ...{ operation, path },
    ...{ subscriptionId: part('subscriptions'), resourceGroup: part('resourceGroups') },
    ...{ account: part('storageAccounts'), container: part('containers') },
  }
}

const words = new Map(
  `subscriptions resourceGroups providers Microsoft.Storage storageAccounts blobServices containers ${AUTHORIZATION} roleAssignments roleDefinitions`
    .split(' ')
    .map((word) => [word.toLowerCase(), word]),
)

/** Paths are compared without regard to case: https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/resource-name-rules */
function inDocumentedCase(path: string): string {
  return path
    .split('/')
    .map((part) => words.get(part.toLowerCase()) ?? part)
    .join('/')
}
