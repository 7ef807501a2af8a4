/** Things on Azure, beside those of things.ts. */
import type { CloudAccount } from '../../src/api/generated/cloud-account.ts'
import type {
  StorageIntegration,
  StorageIntegrationSpec,
} from '../../src/api/generated/storage-integration.ts'
import type {
  StorageVendor,
  StorageVendorSpec,
  VendorAzureBlob,
} from '../../src/api/generated/storage-vendor.ts'
import { type Resolution, type ResolveInput, resolve } from '../../src/vendors/resolve.ts'
import { anAccount, anInput, anIntegration, aVendor } from './things.ts'

export const TENANT = '11111111-0000-4000-8000-000000000001'
export const SUBSCRIPTION = '22222222-0000-4000-8000-000000000002'
/** The vendor’s application, and its service principal in the tenant. */
export const APPLICATION = '33333333-0000-4000-8000-000000000003'
export const PRINCIPAL = '44444444-0000-4000-8000-000000000004'
/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage */
export const READER = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
export const CONTRIBUTOR = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
export const DELEGATOR = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'

/** The storage account’s resource id, as a target’s name has it: in small letters. */
export const ACCOUNT_ID = `/subscriptions/${SUBSCRIPTION}/resourcegroups/perception/providers/microsoft.storage/storageaccounts/streetscenes`
export const PRINCIPAL_NAME = `${TENANT}/${APPLICATION}`

/** A subscription in place of an AWS account. */
export function anAzureAccount(spec: Partial<CloudAccount['spec']> = {}): CloudAccount {
  const azure = { tenantId: TENANT, subscriptionId: SUBSCRIPTION }
  const { metadata, ...account } = anAccount({ azure, ...spec })
  const { aws: _, ...rest } = account.spec
  return { ...account, metadata: { ...metadata, name: 'azure-prod' }, spec: rest }
}

/** An integration on one container of a storage account. */
export function onAzure(
  spec: Partial<StorageIntegrationSpec> = {},
  meta: Partial<StorageIntegration['metadata']> = {},
): StorageIntegration {
  const { spec: all, ...integration } = anIntegration({ account: 'azure-prod', ...spec }, meta)
  const { s3: _, azureBlob = inContainer('images'), ...rest } = all
  return { ...integration, spec: { ...rest, azureBlob } }
}

/** The storage account, or one container of it. */
export function inContainer(container?: string): NonNullable<StorageIntegrationSpec['azureBlob']> {
  const place = { resourceGroup: 'perception', storageAccount: 'streetscenes' }
  return container === undefined ? place : { ...place, container }
}

/** A recipe with roles at both places, and CORS. */
export const AZURE_RECIPE: VendorAzureBlob = {
  application: { clientId: APPLICATION, displayName: 'Acme' },
  roleAssignments: [
    {
      name: 'sign',
      roleDefinitionId: DELEGATOR,
      roleName: 'Storage Blob Delegator',
      scope: 'StorageAccount',
    },
    { name: 'read', roleDefinitionId: READER, roleName: 'Storage Blob Data Reader', scope: 'Container' },
    {
      name: 'write',
      access: ['ReadWrite'],
      roleDefinitionId: CONTRIBUTOR,
      roleName: 'Storage Blob Data Contributor',
      scope: 'Container',
    },
  ],
  cors: {
    rules: [
      {
        name: 'browser',
        allowedOrigins: ['https://app.acme.example'],
        allowedMethods: ['GET'],
        allowedHeaders: ['*'],
        maxAgeSeconds: 600,
        preflight: { origin: 'https://app.acme.example', method: 'GET' },
      },
    ],
  },
}

/** A vendor on S3 and Azure. */
export function anAzureVendor(
  azureBlob: Partial<VendorAzureBlob> = {},
  spec: Partial<StorageVendorSpec> = {},
): StorageVendor {
  return aVendor({ azureBlob: { ...AZURE_RECIPE, ...azureBlob }, ...spec })
}

/** An integration on Azure, resolved. */
export function resolvedOnAzure(parts: Partial<ResolveInput> = {}): Resolution {
  return resolve(
    anInput({ integration: onAzure(), vendor: anAzureVendor(), account: anAzureAccount(), ...parts }),
  )
}
