import type { Fault } from '../api/fault.ts'
import type { StorageIntegration } from '../api/generated/storage-integration.ts'
import type { StorageVendor, VendorAzureBlob, VendorGcs, VendorS3 } from '../api/generated/storage-vendor.ts'
import type { RolePart } from '../clouds/aws/role-parts.ts'
import { isAllowed } from './allow.ts'
import { azureGrantOf } from './azure-grant.ts'
import { type Found, found, type Refused, refuse } from './found.ts'
import { gcsGrantOf } from './gcs-grant.ts'
import { type Grant, spokenOf } from './grant.ts'
import type { AzureLocation } from './locate-azure.ts'
import { type CheckedParameters, checkParameters } from './parameters.ts'
import { recipeFaults, shownParameters } from './recipe-faults.ts'
import {
  unmetContainer,
  unmetRequirement,
  unsupportedAzureParts,
  unsupportedGcsParts,
  unsupportedParts,
} from './requirements.ts'
import type { ResolveInput } from './resolve.ts'
import { s3GrantOf } from './s3-grant.ts'
import { accessLevel, type GcsLocation, type Location, type S3Location } from './spec.ts'

/** The questions, in the order in which a user would mend them; the first that fails is the fault. */
export function resolveGrant(input: ResolveInput, location: Location): Found<Grant> {
  const { integration, vendor } = input
  const { expiresAt } = integration.spec
  if (expiresAt !== undefined && Number.isNaN(Date.parse(expiresAt))) {
    return refuse(
      'InvalidSpec',
      `spec.expiresAt: "${expiresAt}" is no time that can be reckoned with. Write it in UTC, as 2027-03-01T00:00:00Z.`,
    )
  }
  if (vendor === undefined) return refuse('VendorNotFound', vendorMissing(integration))
  const recipe = usableRecipe(vendor, location)
  if (!recipe.ok) return recipe
  const access = accessLevel(integration, vendor)
  if (!vendor.spec.access.some(({ name }) => name === access))
    return refuse('InvalidSpec', unknownAccess(vendor, access))
  const denied = notAllowed(input, location, access)
  if (denied !== undefined) return { ok: false, fault: denied }
  if (!input.parameters.ok) return input.parameters
  const given = input.parameters.value
  const shown = shownParameters(vendor.spec).find((name) => given.secret.has(name))
  if (shown !== undefined) return refuse('InvalidParameter', secretShown(shown))
  const parameters = checkParameters(vendor.spec.parameters ?? [], given)
  if (!parameters.ok) return parameters
  const needed = spokenOf(parameters.value, recipe.value.recipe)
  const grant = grantOf(input, vendor, recipe.value, access, needed)
  const refused = grant.ok
    ? notAllowed(input, reachOf(location, grant.value), access, keysIn(grant.value))
    : undefined
  return refused === undefined ? grant : { ok: false, fault: refused }
}

function grantOf(
  input: ResolveInput,
  vendor: StorageVendor,
  usable: UsableRecipe,
  access: string,
  parameters: CheckedParameters,
): Found<Grant> {
  switch (usable.cloud) {
    case 'aws':
      return s3GrantOf(input, vendor, usable.recipe, usable.location, access, parameters)
    case 'gcp':
      return gcsGrantOf(input, vendor, usable.recipe, usable.location, access, parameters)
    case 'azure':
      return azureGrantOf(input, vendor, usable.recipe, usable.location, access, parameters)
  }
}

/** The recipe for the cloud that the data lies in. */
type UsableRecipe =
  | { readonly cloud: 'aws'; readonly recipe: VendorS3; readonly location: S3Location }
  | { readonly cloud: 'gcp'; readonly recipe: VendorGcs; readonly location: GcsLocation }
  | { readonly cloud: 'azure'; readonly recipe: VendorAzureBlob; readonly location: AzureLocation }

function usableRecipe(vendor: StorageVendor, location: Location): Found<UsableRecipe> {
  const { name } = vendor.metadata
  const [problem] = recipeFaults(vendor.spec)
  if (problem !== undefined) return refuse('VendorInvalid', `StorageVendor "${name}": ${problem}`)
  switch (location.cloud) {
    case 'aws':
      return s3Recipe(vendor, location)
    case 'gcp':
      return gcsRecipe(vendor, location)
    case 'azure':
      return azureRecipe(vendor, location)
  }
}

function s3Recipe({ metadata: { name }, spec }: StorageVendor, location: S3Location): Found<UsableRecipe> {
  const { s3: recipe } = spec
  if (recipe === undefined)
    return refuse('NotSupported', `StorageVendor "${name}" has no recipe for S3 (spec.s3).`)
  const [part] = unsupportedParts(recipe)
  if (part !== undefined) return cannotApply(name, `s3.${part}`)
  return unmetRequirement('s3', recipe, location) ?? found({ cloud: 'aws', recipe, location })
}

function gcsRecipe({ metadata: { name }, spec }: StorageVendor, location: GcsLocation): Found<UsableRecipe> {
  const { gcs: recipe } = spec
  if (recipe === undefined)
    return refuse(
      'NotSupported',
      `StorageVendor "${name}" has no recipe for Google Cloud Storage (spec.gcs).`,
    )
  const [part] = unsupportedGcsParts(recipe)
  if (part !== undefined) return cannotApply(name, `gcs.${part}`)
  return unmetRequirement('gcs', recipe, location) ?? found({ cloud: 'gcp', recipe, location })
}

function azureRecipe(
  { metadata: { name }, spec }: StorageVendor,
  location: AzureLocation,
): Found<UsableRecipe> {
  const { azureBlob: recipe } = spec
  if (recipe === undefined)
    return refuse(
      'NotSupported',
      `StorageVendor "${name}" has no recipe for Azure Blob Storage (spec.azureBlob).`,
    )
  const [part] = unsupportedAzureParts(recipe)
  if (part !== undefined) return cannotApply(name, `azureBlob.${part}`)
  return unmetContainer(recipe, location.container) ?? found({ cloud: 'azure', recipe, location })
}

function cannotApply(vendor: string, part: string): Refused {
  return refuse(
    'NotSupported',
    `StorageVendor "${vendor}" needs spec.${part}, which this version of Mooring cannot apply yet.`,
  )
}

function notAllowed(
  { integration, vendor, account, namespaceLabels }: ResolveInput,
  location: Location,
  access: string,
  kmsKeys: readonly string[] = [],
): Fault | undefined {
  const { namespace = '' } = integration.metadata
  const vendorName = vendor?.metadata.name ?? ''
  const { bucket, prefix } = location
  const ask = { namespace, namespaceLabels, vendor: vendorName, access, bucket, prefix, kmsKeys }
  if (isAllowed(account?.spec.allow, ask)) return undefined
  const keys = kmsKeys.length === 0 ? '' : `, kmsKeys: ["${kmsKeys.join('", "')}"]`
  const rule = `{namespaces: [${namespace}], vendors: [${vendorName}], storage: ["${bucket}/${prefix}"], access: [${access}]${keys}}`
  const message = `CloudAccount "${account?.metadata.name}" does not allow this. Its spec.allow needs one rule that matches it whole, for example ${rule}.`
  return { reason: 'NotAllowed', message, retry: 'OnChange' }
}

/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage#storage-blob-delegator: it reads no blob. */
const DELEGATOR = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'

/** What the grant reaches: more than the container that is named, where the recipe gives a role on the whole account. */
function reachOf(location: Location, { claims }: Grant): Location {
  const parts = claims.flatMap(({ entries }) =>
    entries.flatMap(({ document, body }) =>
      document === 'RoleAssignments'
        ? [(body as { readonly part: { readonly scope: string; readonly roleDefinitionId: string } }).part]
        : [],
    ),
  )
  const isWide = parts.some(({ scope, roleDefinitionId }) => scope === '' && roleDefinitionId !== DELEGATOR)
  return isWide ? { ...location, prefix: '' } : location
}

/** KMS keys that the vendor would be let use: by the key's own policy, or by the role. */
function keysIn({ claims }: Grant): string[] {
  const targets = claims.flatMap(({ target }) => (target.kind === 'KmsKey' ? [target.keyArn] : []))
  const parts = claims.flatMap(({ entries }) => entries.map(({ body }) => (body as { part?: RolePart }).part))
  const resources = parts.flatMap((part) =>
    part !== undefined && 'resource' in part ? (part.resource ?? []) : [],
  )
  return [...new Set([...targets, ...resources.filter((resource) => /^arn:[^:]*:kms:/.test(resource))])]
}

function secretShown(name: string): string {
  return `spec.parametersFrom: this vendor’s recipe shows parameter "${name}" in status, events and logs, so it cannot come from a Secret. Give it in spec.parameters if it may be seen.`
}

function vendorMissing({ spec }: StorageIntegration): string {
  return `StorageVendor "${spec.vendor}" (spec.vendor) does not exist. Apply the catalogue (kubectl apply -f deploy/vendors/), or see kubectl get storagevendors.`
}

function unknownAccess(vendor: StorageVendor, access: string): string {
  const levels = vendor.spec.access.map(({ name }) => name).join(', ')
  return `spec.access: vendor "${vendor.metadata.name}" knows ${levels}, not ${access}.`
}
