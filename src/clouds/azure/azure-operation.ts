/** What a request needs, and whether it changes something. */
interface Operation {
  /** The action of Azure RBAC, or the application permission of Microsoft Graph; absent where it needs none. */
  readonly permission?: string
  readonly isWrite?: true
}

/**
 * Every request that this room makes, with the permission that Microsoft's reference names for it.
 * https://learn.microsoft.com/azure/role-based-access-control/permissions/storage,
 * https://learn.microsoft.com/azure/role-based-access-control/permissions/management-and-governance,
 * https://learn.microsoft.com/graph/api/serviceprincipal-list, …/serviceprincipal-post-serviceprincipals, …/serviceprincipal-update,
 * …/serviceprincipal-delete
 *
 * Application.ReadWrite.OwnedBy, which those pages name as the least, brings in no application of another tenant
 * (https://github.com/Azure/azure-cli/issues/28009), and vendors' applications are of another tenant.
 */
export const OPERATIONS = {
  GetSubscription: { permission: 'Microsoft.Resources/subscriptions/read' },
  GetStorageAccount: { permission: 'Microsoft.Storage/storageAccounts/read' },
  GetBlobService: { permission: 'Microsoft.Storage/storageAccounts/blobServices/read' },
  PutBlobService: { permission: 'Microsoft.Storage/storageAccounts/blobServices/write', isWrite: true },
  GetContainer: { permission: 'Microsoft.Storage/storageAccounts/blobServices/containers/read' },
  ListRoleAssignments: { permission: 'Microsoft.Authorization/roleAssignments/read' },
  GetRoleAssignment: { permission: 'Microsoft.Authorization/roleAssignments/read' },
  CreateRoleAssignment: { permission: 'Microsoft.Authorization/roleAssignments/write', isWrite: true },
  DeleteRoleAssignment: { permission: 'Microsoft.Authorization/roleAssignments/delete', isWrite: true },
  FindServicePrincipal: { permission: 'Application.Read.All' },
  CreateServicePrincipal: { permission: 'Application.ReadWrite.All', isWrite: true },
  UpdateServicePrincipal: { permission: 'Application.ReadWrite.All', isWrite: true },
  DeleteServicePrincipal: { permission: 'Application.ReadWrite.All', isWrite: true },
  GetToken: {},
} as const satisfies Readonly<Record<string, Operation>>

/** The name that metrics and messages use. */
export type AzureOperation = keyof typeof OPERATIONS

/** The permission to grant for a request; undefined where it needs none. */
export function permissionOf(operation: AzureOperation): string | undefined {
  const known: Operation = OPERATIONS[operation]
  return known.permission
}

/** True for a request that changes something in the cloud. */
export function isWrite(operation: AzureOperation): boolean {
  const known: Operation = OPERATIONS[operation]
  return known.isWrite === true
}
