import type { Probe, Requirement, Target } from '../clouds/cloud.ts'
import type { DocumentName } from '../plan/document.ts'
import type { Stance } from '../plan/ownership.ts'
import type { ClaimedEntry } from '../plan/plan-target.ts'
import type { Resolution } from '../vendors/resolve.ts'

/** One integration at one of its targets: what the target's pass looks at. */
export interface Party {
  /** namespace/name */
  readonly owner: string
  readonly uid: string
  readonly createdAt: string
  readonly account: string | undefined
  readonly stance: Stance
  /** In mode Plan: the stance that Enforce would give. */
  readonly planned?: Stance | undefined
  readonly target: Target
  readonly entries: readonly ClaimedEntry[]
  readonly probes: readonly Probe[]
  /** What Mooring chose for it earlier; counts only where the cloud has lost it. */
  readonly chosenBefore?: string | undefined
  /** What the bucket must be like before anything is written for it. */
  readonly requirement?: Requirement | undefined
  /** ARN of a role that the integration itself makes and that its entries name. */
  readonly ownRole?: string | undefined
  /** True for one that will leave when its other targets have let go of it. */
  readonly waits?: true | undefined
  /** Documents of the target that concern it. */
  readonly documents: readonly DocumentName[]
}

/** A resolution as its targets see it: one party each. */
export function partiesOf({ owner, uid, createdAt, account, stance, planned, claims }: Resolution): Party[] {
  const who = { owner, uid, createdAt, account }
  return claims.map(({ left, ...claim }) =>
    left === true
      ? { ...who, ...claim, stance: leavingIf(stance), planned: planned && leavingIf(planned) }
      : { ...who, ...claim, stance, planned },
  )
}

/**
 * The same parties, where one that leaves several targets waits with those that others stand on: a service principal is taken away
 * once what was given to it is gone.
 *
 * @param isGone whether a look found nothing of this party.
 */
export function inOrderOfLeaving(
  parties: readonly Party[],
  isGone: (party: Party) => boolean,
): readonly Party[] {
  const isBase = ({ target }: Party): boolean => target.kind === 'ServicePrincipal'
  const leaving = parties.filter(({ stance }) => stance === 'Leaves')
  if (leaving.filter((party) => !isBase(party)).every(isGone)) return parties
  return parties.map((party) =>
    party.stance === 'Leaves' && isBase(party) ? { ...party, stance: 'Keeps', waits: true } : party,
  )
}

/** What an integration asks of a target that it has left: not to be served there any more. */
function leavingIf(stance: Stance): Stance {
  return stance === 'Wants' ? 'Leaves' : stance
}

/** True for one that wants a look at its targets: to be served, taken away, or planned for. */
export function isAsking({ stance, planned }: Pick<Party, 'stance' | 'planned'>): boolean {
  return stance !== 'Keeps' || planned !== undefined
}

/** The same party, asking for nothing: what it has, it keeps. */
export function keeping(party: Party): Party {
  return { ...party, stance: 'Keeps', planned: undefined, entries: [], probes: [] }
}
