import { microTime } from './micro-time.ts'
import type { KubeObject } from './object.ts'

/** The part of a Lease that leader election lives by; other fields are kept as they are. */
export interface LeaseSpec {
  readonly holderIdentity?: string | null
  readonly leaseDurationSeconds?: number | null
  readonly acquireTime?: string | null
  readonly renewTime?: string | null
  readonly leaseTransitions?: number | null
}

export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec
}

/** The spec with which `identity` takes or renews a lease. Its times are for people; nobody decides by them. */
export function heldBy(
  identity: string,
  previous: LeaseSpec | undefined,
  when: Date,
  durationMs: number,
): LeaseSpec {
  const now = microTime(when)
  const renewed = previous?.holderIdentity === identity
  const transitions = previous?.leaseTransitions ?? 0
  return {
    ...previous,
    holderIdentity: identity,
    leaseDurationSeconds: Math.round(durationMs / 1_000),
    acquireTime: renewed && previous?.acquireTime ? previous.acquireTime : now,
    renewTime: now,
    leaseTransitions: previous && !renewed ? transitions + 1 : transitions,
  }
}

/** The spec that gives a lease up: nobody holds it and the next candidate need not wait. */
export function releasedBy(previous: LeaseSpec, when: Date): LeaseSpec {
  const now = microTime(when)
  return { ...previous, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now }
}
