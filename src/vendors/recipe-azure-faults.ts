import type { VendorAzureBlob } from '../api/generated/storage-vendor.ts'

/**
 * Azure's roles on blobs' data that manage nothing. `Storage Blob Data Owner` is none of them: it may give the access on.
 * https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage
 */
const DATA_ROLES: Readonly<Record<string, string>> = {
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1': 'Storage Blob Data Reader',
  'ba92f5b4-2d11-453d-a403-e96b0029c9fe': 'Storage Blob Data Contributor',
  'db58b8e5-c6ad-4a2a-8342-4190687cbf4a': 'Storage Blob Delegator',
}

/** What makes a recipe for Azure Blob Storage unsafe, each fault with its field. */
export function azureFaults(azure: VendorAzureBlob | undefined): string[] {
  return (azure?.roleAssignments ?? []).flatMap(({ name, roleDefinitionId, roleName }) => {
    const path = `spec.azureBlob.roleAssignments[${name}]`
    const known = DATA_ROLES[roleDefinitionId.toLowerCase()]
    if (known === undefined)
      return [
        `${path}.roleDefinitionId: ${roleDefinitionId} may let the vendor manage more than blobs; take one of ${listOfRoles()}`,
      ]
    return known === roleName
      ? []
      : [`${path}.roleName: ${roleDefinitionId} is called ${known}, not ${roleName}`]
  })
}

function listOfRoles(): string {
  return Object.entries(DATA_ROLES)
    .map(([id, name]) => `${id} (${name})`)
    .join(', ')
}
