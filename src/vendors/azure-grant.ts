import { FaultError } from '../api/fault.ts'
import type { StorageVendor, VendorAzureBlob } from '../api/generated/storage-vendor.ts'
import { azureClaims } from './azure-claims.ts'
import { type Found, found, refuse } from './found.ts'
import { awaitedFault, type Grant, namedParameters, type WantedAt } from './grant.ts'
import type { AzureLocation } from './locate-azure.ts'
import type { CheckedParameters } from './parameters.ts'
import type { PlaceholderValues } from './placeholders.ts'
import type { ResolveInput } from './resolve.ts'
import { tell } from './tell.ts'

/**
 * Recipe × values on Azure Blob Storage: the service principal of the vendor's application in the tenant, and the storage
 * account with its role assignments and CORS rules.
 */
export function azureGrantOf(
  { integration }: ResolveInput,
  _vendor: StorageVendor,
  recipe: VendorAzureBlob,
  location: AzureLocation,
  access: string,
  parameters: CheckedParameters,
): Found<Grant> {
  const { namespace = '', name } = integration.metadata
  const { tenantId, subscriptionId, resourceGroup, storageAccount, container, blobEndpoint } = location
  const values: PlaceholderValues = {
    ...{ tenantId, subscriptionId, resourceGroup, storageAccount, container, blobEndpoint, namespace, name },
    ...namedParameters(parameters.values),
  }
  const awaiting = parameters.awaited.map((parameter) => `parameters.${parameter.name}`)
  const telling = {
    outputs: recipe.outputs ?? [],
    nextStep: recipe.nextStep,
    values,
    hidden: parameters.hidden.map((hidden) => `parameters.${hidden}`),
    awaiting,
  }
  try {
    tell(telling)
    const claims = azureClaims(recipe, location, { access, values, awaiting })
    if (!claims.some(grantsSomething) && parameters.awaited.length === 0)
      return refuse(
        'InvalidSpec',
        `spec.access: at ${access}, with these parameters, the vendor’s recipe grants nothing. Ask for another level, or give the parameters that choose an entry.`,
      )
    return found({ claims, tell: telling, awaiting: awaitedFault(parameters, '') })
  } catch (error) {
    if (error instanceof FaultError) return { ok: false, fault: error.fault }
    throw error
  }
}

function grantsSomething({ entries }: WantedAt): boolean {
  return entries.some(({ document }) => document === 'RoleAssignments')
}
