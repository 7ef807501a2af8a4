import { FaultError } from '../api/fault.ts'
import type { StorageVendor, VendorGcs } from '../api/generated/storage-vendor.ts'
import { installationTag } from '../plan/mark.ts'
import type { Asked } from './asked.ts'
import { type Found, found, refuse } from './found.ts'
import { customRoleClaims, customRoleOf, gcsClaims } from './gcs-claims.ts'
import { awaitedFault, type Grant, namedParameters, type WantedAt } from './grant.ts'
import type { CheckedParameters } from './parameters.ts'
import type { PlaceholderValues } from './placeholders.ts'
import type { ResolveInput } from './resolve.ts'
import type { GcsLocation } from './spec.ts'
import { tell } from './tell.ts'

/**
 * Recipe × values on Google Cloud Storage: the custom roles that the vendor needs in the project, and the bucket with its
 * IAM policy, CORS and lifecycle rules.
 */
export function gcsGrantOf(
  { installation, integration }: ResolveInput,
  vendor: StorageVendor,
  recipe: VendorGcs,
  location: GcsLocation,
  access: string,
  parameters: CheckedParameters,
): Found<Grant> {
  const { namespace = '', name } = integration.metadata
  const values: PlaceholderValues = {
    ...{ projectId: location.projectId, bucket: location.bucket, prefix: location.prefix, namespace, name },
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
    const claims = claimsOf(installation, vendor, recipe, location, { access, values, awaiting })
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

/** Roles come first, so that they are there when the bucket's policy names them. */
function claimsOf(
  installation: string,
  vendor: StorageVendor,
  recipe: VendorGcs,
  location: GcsLocation,
  asked: Asked,
): WantedAt[] {
  const roles = (recipe.customRoles ?? []).map((role) => {
    const target = customRoleOf(location, installation, vendor.metadata.name, role)
    return { role, target, tag: installationTag(installation, target.name) }
  })
  const { entries, probes, used } = gcsClaims(recipe, location, asked, (name) => {
    const found = roles.find(({ role }) => role.name === name)
    return found === undefined ? '' : found.target.name
  })
  const wanted = roles.filter(({ target }) => used.includes(target.name))
  return [
    ...wanted.map(({ role, target, tag }) => ({
      target,
      entries: customRoleClaims(role, vendor.spec.displayName, tag),
      probes: [{ kind: 'CustomRoleGrant', permissions: role.permissions } as const],
    })),
    { target: location.target, entries, probes },
  ]
}

function grantsSomething({ entries }: WantedAt): boolean {
  return entries.some(({ document }) => document === 'BucketIam')
}
