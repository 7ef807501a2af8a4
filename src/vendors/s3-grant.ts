import { FaultError } from '../api/fault.ts'
import type { StorageVendor, VendorS3 } from '../api/generated/storage-vendor.ts'
import { GENERATED } from '../clouds/aws/role-parts.ts'
import type { DocumentName } from '../plan/document.ts'
import type { ClaimedEntry } from '../plan/plan-target.ts'
import type { Asked } from './asked.ts'
import { chosenFor } from './chosen.ts'
import { type Found, found, refuse } from './found.ts'
import { awaitedFault, type Grant, namedParameters, type WantedAt } from './grant.ts'
import { grantProbes, roleProbes } from './grant-probes.ts'
import { keyClaim } from './key-claims.ts'
import type { CheckedParameters } from './parameters.ts'
import { fill, type PlaceholderValues, placeholdersIn } from './placeholders.ts'
import { roleTarget } from './places.ts'
import { bucketRequirement } from './requirements.ts'
import type { ResolveInput } from './resolve.ts'
import { nextRetirement } from './retiring.ts'
import { attachedClaims, roleClaims } from './role-claims.ts'
import { hostRole, type NamedRole, namedRole } from './role-name.ts'
import { s3Claims } from './s3-claims.ts'
import { ownerOf, type S3Location } from './spec.ts'
import { type Tell, tell } from './tell.ts'
import { applies } from './when.ts'

/**
 * Recipe × values: what is claimed of every target, and what the user is told. A placeholder without a value is a
 * parameter that was not given where the recipe needs it.
 */
export function s3GrantOf(
  input: ResolveInput,
  vendor: StorageVendor,
  recipe: VendorS3,
  location: S3Location,
  access: string,
  parameters: CheckedParameters,
): Found<Grant> {
  const awaiting = parameters.awaited.map(({ name }) => `parameters.${name}`)
  try {
    const plain = valuesOf(input, location, parameters)
    const role = roleOf(input, vendor, recipe, location) ?? hostOf(input, recipe, location, plain, awaiting)
    const values = { ...plain, ...(role && { 'role.arn': role.arn, 'role.name': role.name }) }
    const asked = { access, values, awaiting, now: input.now }
    const telling = tellingOf(recipe, asked, parameters)
    tell(telling)
    const claims = claimsOf(recipe, location, asked, role, chosenBefore(input, telling))
    if (!claims.ok) return claims
    if (!claims.value.some(grantsSomething) && parameters.awaited.length === 0)
      return refuse(
        'InvalidSpec',
        `spec.access: at ${access}, with these parameters, the vendor’s recipe grants nothing. Ask for another level, or give the parameters that choose an entry.`,
      )
    return found({
      claims: claims.value,
      tell: telling,
      awaiting: awaitedFault(parameters, meanwhile(recipe.role && role)),
      changesAt: nextRetirement(recipe, input.now),
    })
  } catch (error) {
    if (error instanceof FaultError) return { ok: false, fault: error.fault }
    throw error
  }
}

function tellingOf(
  recipe: VendorS3,
  { values, awaiting }: Asked,
  { generated, hidden }: CheckedParameters,
): Tell {
  return {
    outputs: recipe.outputs ?? [],
    nextStep: recipe.nextStep,
    values,
    generated,
    hidden: hidden.map((name) => `parameters.${name}`),
    awaiting,
  }
}

function chosenBefore({ integration }: ResolveInput, { generated }: Tell): string | undefined {
  return generated === undefined ? undefined : chosenFor(ownerOf(integration), integration)
}

const GRANTING: readonly DocumentName[] = ['BucketPolicy', 'IamRole', 'RolePolicies']

function grantsSomething({ entries }: WantedAt): boolean {
  return entries.some(({ document }) => GRANTING.includes(document))
}

/** The role that the recipe is about, where it is about one at all with these parameters. */
function roleOf(
  { installation, integration, parameters, roleArn }: ResolveInput,
  vendor: StorageVendor,
  { role }: VendorS3,
  location: S3Location,
): NamedRole | undefined {
  if (role === undefined) return undefined
  const given = parameters.ok ? namedParameters(parameters.value.values) : {}
  if (!applies({ when: role.when }, '', { partition: location.partition, ...given })) return undefined
  const { namespace = '', name } = integration.metadata
  const { displayName } = vendor.spec
  return namedRole(
    role,
    location,
    {
      installation,
      namespace,
      name,
      vendor: vendor.metadata.name,
      displayName,
    },
    roleArn,
  )
}

/** The role that somebody else made and that the recipe puts policies into, once its name is known. */
function hostOf(
  { roleArn }: ResolveInput,
  { attachToRole }: VendorS3,
  location: S3Location,
  values: PlaceholderValues,
  awaiting: readonly string[],
): NamedRole | undefined {
  if (attachToRole === undefined || !applies({ when: attachToRole.when }, '', values)) return undefined
  const isKnown = placeholdersIn(attachToRole.roleName).every((name) => !awaiting.includes(name))
  return isKnown ? hostRole(fill(attachToRole.roleName, values), location, roleArn) : undefined
}

function partsIn({ role: recipe, attachToRole }: VendorS3, role: NamedRole, asked: Asked): ClaimedEntry[] {
  if (recipe !== undefined) return roleClaims(recipe, role, asked)
  return attachToRole === undefined ? [] : attachedClaims(attachToRole, asked)
}

/** Everything that is asked of every target: the role, the key, and the bucket with its checks. */
function claimsOf(
  recipe: VendorS3,
  location: S3Location,
  asked: Asked,
  role: NamedRole | undefined,
  chosenBefore: string | undefined,
): Found<WantedAt[]> {
  const { target, partition, bucket } = location
  const { entries, probes } = s3Claims(recipe, asked)
  const inRole = role === undefined ? [] : partsIn(recipe, role, asked)
  const key = recipe.keyPolicy === undefined ? found(undefined) : keyClaim(recipe.keyPolicy, location, asked)
  if (!key.ok) return key
  const ownRole = recipe.role && role?.arn
  const arn = `arn:${partition}:s3:::${bucket}`
  const checks = grantProbes(
    arn,
    entries,
    role === undefined ? undefined : { arn: role.arn, entries: inRole },
  )
  const requirement = bucketRequirement(recipe, target)
  const claims: WantedAt[] = [
    ...(role === undefined
      ? []
      : [
          {
            target: roleTarget(location, role.name),
            entries: inRole,
            probes: roleProbes(inRole),
            chosenBefore,
          },
        ]),
    ...(key.value === undefined ? [] : [{ ...key.value, probes: [], ownRole }]),
    { target, entries, probes: [...probes, ...checks], ownRole },
  ]
  return found(claims.map((claim) => (requirement === undefined ? claim : { ...claim, requirement })))
}

function meanwhile(role: NamedRole | undefined): string {
  return role === undefined
    ? ''
    : ' Until then this integration lets nobody assume the role; status.outputs has what the vendor asks for.'
}

function valuesOf(
  { integration }: ResolveInput,
  { bucket, prefix, accountId, partition, region }: S3Location,
  { values, generated }: CheckedParameters,
): PlaceholderValues {
  const { namespace = '', name } = integration.metadata
  return {
    ...{ partition, accountId, region, bucket, prefix, namespace, name },
    ...namedParameters(values),
    ...(generated === undefined ? {} : { [`parameters.${generated}`]: GENERATED }),
  }
}
