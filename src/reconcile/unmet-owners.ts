import { type Fault, FaultError } from '../api/fault.ts'
import type { CloudSession, Requirement, Target, TargetDriver } from '../clouds/cloud.ts'
import { canonicalJson } from '../plan/json.ts'
import type { Party } from './party.ts'

/**
 * Owners whose bucket is not as their vendor demands it, and why; also at their other targets, so that no role is made for a
 * bucket that the vendor cannot use. What cannot be read is not met. Equal demands are looked at once.
 *
 * @param here the target that is served, whose driver has read already.
 */
export async function unmetOwners(
  session: CloudSession,
  here: { readonly target: Target; readonly driver: TargetDriver },
  group: readonly Party[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Fault>> {
  const asking = group.flatMap(({ owner, stance, planned, requirement }) =>
    requirement !== undefined && (stance === 'Wants' || planned === 'Wants') ? [{ owner, requirement }] : [],
  )
  const unmet = new Map<string, Fault>()
  for (const people of Map.groupBy(asking, ({ requirement }) => canonicalJson(requirement)).values()) {
    const [first] = people
    if (first === undefined) continue
    const { requirement } = first
    const isHere = requirement.target.key === here.target.key
    const driver = isHere ? here.driver : session.open(requirement.target)
    const fault = await lacking(driver, requirement, signal)
    if (fault !== undefined) for (const { owner } of people) unmet.set(owner, fault)
  }
  return unmet
}

async function lacking(
  driver: TargetDriver,
  requirement: Requirement,
  signal: AbortSignal,
): Promise<Fault | undefined> {
  try {
    return await driver.unmet?.(requirement, signal)
  } catch (error) {
    if (error instanceof FaultError && !signal.aborted) return error.fault
    throw error
  }
}
