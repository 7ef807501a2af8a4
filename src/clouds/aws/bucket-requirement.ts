import type { Fault } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import type { BucketRequirement } from '../cloud.ts'
import type { BucketSettings } from './bucket-settings.ts'

/**
 * What the bucket lacks of what a vendor demands, as a fault; undefined where nothing is lacking. A setting is read only
 * where something is demanded of it.
 *
 * @throws FaultError where a setting cannot be read; its message names the permission.
 */
export async function unmetIn(
  requirement: BucketRequirement,
  region: string,
  settings: BucketSettings,
  signal: AbortSignal,
): Promise<Fault | undefined> {
  const outside = unmetRegion(requirement, region)
  if (outside !== undefined) return outside
  const { versioning, retention } = requirement
  const unversioned =
    versioning === undefined
      ? undefined
      : unmetVersioning(requirement, versioning, await settings.versioning(signal))
  if (unversioned !== undefined) return unversioned
  const isLocked = retention !== undefined && (await settings.hasObjectLock(signal))
  return isLocked ? lockedFault(requirement) : undefined
}

function unmetRegion(
  { target, regions, excludedRegions = [] }: BucketRequirement,
  region: string,
): Fault | undefined {
  const accepts =
    regions !== undefined && !regions.includes(region)
      ? `only ${regions.join(', ')}`
      : excludedRegions.includes(region)
        ? `no bucket in ${excludedRegions.join(', ')}`
        : undefined
  if (accepts === undefined) return undefined
  return {
    reason: 'InvalidSpec',
    message: `spec.s3.bucket: ${target.bucket} is in region ${region}, and this vendor accepts ${accepts}. Use another bucket: create the integration anew for it. ${NOTHING}`,
    retry: retryOf('InvalidSpec'),
  }
}

const NOTHING = 'Nothing of this integration was changed; what it had before stays.'

/** Suspended versioning makes no new versions, and keeps the old ones. */
function unmetVersioning(
  { target }: BucketRequirement,
  demanded: NonNullable<BucketRequirement['versioning']>,
  found: string | undefined,
): Fault | undefined {
  if ((found === 'Enabled') === (demanded === 'Enabled')) return undefined
  const { is, todo } =
    demanded === 'Enabled'
      ? { is: `is ${found === undefined ? 'off' : found.toLowerCase()}`, todo: 'Enabled' }
      : { is: 'is on', todo: 'Suspended' }
  return unmet(
    `versioning of bucket ${target.bucket} ${is}, and this vendor demands the opposite. If that suits the bucket's other users: aws s3api put-bucket-versioning --bucket ${target.bucket} --versioning-configuration Status=${todo}.`,
  )
}

/** S3 cannot turn Object Lock off again. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html */
function lockedFault({ target }: BucketRequirement): Fault {
  return unmet(
    `bucket ${target.bucket} has Object Lock, which this vendor does not work with and S3 cannot turn off. Use another bucket: create the integration anew for it.`,
  )
}

function unmet(what: string): Fault {
  return { reason: 'RequirementNotMet', message: `${what} ${NOTHING}`, retry: retryOf('RequirementNotMet') }
}
