import { type Fault, FaultError } from '../api/fault.ts'
import type { CheckResult, CloudSession, Target, TargetDriver } from '../clouds/cloud.ts'
import { DOCUMENT_NAMES, type DocumentName } from '../plan/document.ts'
import type { Stance } from '../plan/ownership.ts'
import type { Change } from '../plan/plan-document.ts'
import {
  claimedIn,
  type Participant,
  planTarget,
  type TargetInput,
  withKeepers,
} from '../plan/plan-target.ts'
import { type Applied, applyPlan } from './apply-plan.ts'
import { type Contention, contendedFault } from './contention.ts'
import { LedgerDriver } from './ledger-driver.ts'
import type { Ledgers } from './ledgers.ts'
import { type Findings, failedReports, ownerReports, type WhatIf } from './owner-reports.ts'
import { isAsking, type Party } from './party.ts'
import { type OwnerReport, probeKey, questionOf } from './target-report.ts'
import type { OwnersDeed } from './target-rhythm.ts'
import { unmetOwners } from './unmet-owners.ts'

export interface ServeDependencies {
  readonly installation: string
  readonly openSession: (account: string, signal: AbortSignal) => Promise<CloudSession>
  /** Whose an entry is, where a document has no room for marks. */
  readonly ledgers: Ledgers
  /** Told of what was written for whom, for events, logs and metrics. */
  readonly announce: (target: Target, changes: readonly Change[]) => void
  /** An error that is no Fault: a bug. Returns the fault to report. */
  readonly internalError: (error: unknown) => Fault
  /** Who keeps being undone by somebody else. */
  readonly contention: Contention
  /** True when the last look found everything of this owner in place. */
  readonly wasInPlace: (target: string, owner: string) => boolean
  /** 128 random bits in hexadecimal digits, for what is chosen once and then kept. */
  readonly fresh: () => string
  /** Notes for whom entries were written, or the last ones removed, and tells whether any were written a moment ago. */
  readonly wroteFor: (target: Target, owner: string, deed: OwnersDeed | undefined) => boolean
  /** True when the last look found nothing of this owner, who was leaving. */
  readonly wasGone: (target: string, owner: string) => boolean
  /** True while a failing check at this target may be the cloud’s own delay after a write. */
  readonly isSettling: (target: Target, wrote: boolean) => boolean
}

/** Who is at a target, as one account’s part of a pass sees it. */
export interface Gathering {
  readonly account: string
  /** Those that reach it with this account. */
  readonly group: readonly Party[]
  /** Everybody at the target, the oldest first. */
  readonly people: readonly Party[]
  /** Somebody who is gone and left entries: reason enough to look, none to remove. */
  readonly ghost: Party | undefined
}

/** What one account’s part of a target pass found. */
export interface AccountPart {
  readonly account: string
  readonly owners: ReadonlyMap<string, OwnerReport>
  /** Absent when the target could not be read. */
  readonly orphans?: readonly string[]
}

/**
 * Serves the integrations that reach one target with one account: observe, plan, apply, read back, verify.
 * Integrations of other accounts at the same target keep what they have; they are served with their own credentials.
 * Never throws but for an abort: a failure is a report.
 */
export async function serveAccount(
  dependencies: ServeDependencies,
  { account, group, people, ghost }: Gathering,
  signal: AbortSignal,
): Promise<AccountPart> {
  const active = group.filter(isAsking)
  const target = active[0]?.target ?? (ghost?.account === account ? ghost.target : undefined)
  if (target === undefined) return { account, owners: new Map() }
  const look = { changed: new Set<string>() }
  try {
    const session = await dependencies.openSession(account, signal)
    await session.identity(signal)
    const { ledgers, installation } = dependencies
    const scope = { ledgers, installation, target, owners: people.map(({ owner }) => owner) }
    const driver = new LedgerDriver(session.open(target), scope)
    const unmet = (): Promise<ReadonlyMap<string, Fault>> =>
      unmetOwners(session, { target, driver }, group, signal)
    const findings = await serve(dependencies, driver, target, { group, people, ghost, unmet, look }, signal)
    if (!findings.settling) await driver.settle(findings.applied.documents, signal)
    return { account, owners: ownerReports(active, findings), orphans: findings.applied.orphans }
  } catch (error) {
    if (signal.aborted) throw error
    const fault = error instanceof FaultError ? error.fault : dependencies.internalError(error)
    return { account, owners: failedReports(active, fault, look.changed) }
  }
}

async function serve(
  dependencies: ServeDependencies,
  driver: TargetDriver,
  target: Target,
  {
    group,
    people,
    ghost,
    unmet: findUnmet,
    look,
  }: Omit<Gathering, 'account'> & {
    readonly unmet: () => Promise<ReadonlyMap<string, Fault>>
    readonly look: { changed: ReadonlySet<string> }
  },
  signal: AbortSignal,
): Promise<Findings> {
  const observedAt = performance.now()
  const who = {
    installation: dependencies.installation,
    target: target.name,
    participants: people.map((person) => participantOf(person, group.includes(person))),
  }
  const input: TargetInput = {
    ...who,
    documents: await driver.read(documentsFor(group, ghost), signal, claimedIn(who)),
    fresh: group.find(({ chosenBefore }) => chosenBefore !== undefined)?.chosenBefore ?? dependencies.fresh(),
  }
  const changes = planTarget(input).documents.flatMap((document) => document.changes)
  look.changed = new Set(changes.map(({ owner }) => owner))
  const unmet = await findUnmet()
  const held = new Map([...heldOwners(dependencies, group, changes), ...unmet])
  const applied = await applyAloud(dependencies, driver, target, withKeepers(input, held), observedAt, signal)
  noteContention(dependencies, target, group, held, applied.changes)
  const checks = await probeAll(driver, group, signal)
  const settling = dependencies.isSettling(target, applied.changes.length > 0)
  return {
    target,
    applied,
    held,
    unmet,
    changed: look.changed,
    checks,
    settling,
    whatIfs: whatIfs(input, applied, group),
    facts: driver.facts(),
    late: lateOwners(dependencies, target, applied.changes, group),
  }
}

function participantOf({ owner, stance, planned, entries }: Party, isServed: boolean): Participant {
  return isServed ? { owner, stance, planned, entries } : { owner, stance: 'Keeps', entries }
}

/** What was written is announced, also when the pass then fails, before it could read it back. */
async function applyAloud(
  { announce }: ServeDependencies,
  driver: TargetDriver,
  target: Target,
  input: TargetInput,
  observedAt: number,
  signal: AbortSignal,
): Promise<Applied> {
  const written: Change[] = []
  try {
    return await applyPlan(driver, input, observedAt, (changes) => written.push(...changes), signal)
  } finally {
    if (written.length > 0) announce(target, written)
  }
}

/** Owners for whom something was written a moment ago and who were not seen going since. */
function lateOwners(
  { wroteFor, wasGone }: ServeDependencies,
  target: Target,
  changes: readonly Change[],
  group: readonly Party[],
): ReadonlySet<string> {
  const late = group.filter(({ owner, stance }) => {
    const mine = changes.filter((change) => change.owner === owner)
    const removes = mine.length > 0 && mine.every(({ action }) => action === 'Remove')
    const deed = removes && stance === 'Leaves' ? 'Removed' : isWriting(mine) ? 'Wrote' : undefined
    const wrote = wroteFor(target, owner, deed)
    return wrote && mine.every(({ action }) => action !== 'Remove') && !wasGone(target.key, owner)
  })
  return new Set(late.map(({ owner }) => owner))
}

function isWriting(changes: readonly Change[]): boolean {
  return changes.some(({ action }) => action !== 'Remove')
}

/** The documents that concern anybody who is served now. */
function documentsFor(group: readonly Party[], ghost: Party | undefined): DocumentName[] {
  const asked = [...group.filter(isAsking), ...(ghost === undefined ? [] : [ghost])]
  return DOCUMENT_NAMES.filter((name) => asked.some(({ documents }) => documents.includes(name)))
}

/**
 * Owners whose missing entries are not written again now, since somebody keeps undoing them; with what is missing. An
 * entry of ours that somebody changed is always put right at once: it may give away more than was asked for.
 */
function heldOwners(
  { contention }: ServeDependencies,
  group: readonly Party[],
  changes: readonly Change[],
): ReadonlyMap<string, Fault> {
  const byOwner = Map.groupBy(changes, ({ owner }) => owner)
  return new Map(
    group.flatMap((person) => {
      const mine = byOwner.get(person.owner) ?? []
      const onlyAdds = mine.length > 0 && mine.every(({ action }) => action === 'Add')
      return onlyAdds && contention.isHeld(rowOf(person))
        ? [[person.owner, contendedFault(mine)] as const]
        : []
    }),
  )
}

/** What is being undone: what one integration asks of one target now. Its own change begins a new row. */
function rowOf(person: Party): string {
  return `${person.target.key} ${person.owner} ${questionOf(person)}`
}

function noteContention(
  { contention, wasInPlace }: ServeDependencies,
  { key }: Target,
  group: readonly Party[],
  held: ReadonlyMap<string, Fault>,
  changes: readonly Change[],
): void {
  const changed = new Set(changes.filter(({ action }) => action !== 'Remove').map(({ owner }) => owner))
  for (const person of group.filter(({ owner, stance }) => stance === 'Wants' && !held.has(owner))) {
    if (!changed.has(person.owner)) contention.noteInPlace(rowOf(person))
    else if (wasInPlace(key, person.owner)) contention.noteRepair(rowOf(person))
  }
}

/** Equal probes are tried once, however many integrations ask for them. What needs no write is tried for Plan, too. */
async function probeAll(
  driver: TargetDriver,
  group: readonly Party[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly CheckResult[]>> {
  const wanted = group.flatMap(({ stance, planned, probes }) =>
    stance === 'Wants'
      ? probes
      : planned === 'Wants'
        ? probes.filter(({ kind }) => kind !== 'CorsPreflight')
        : [],
  )
  const distinct = new Map(wanted.map((probe) => [probeKey(probe), probe]))
  const results = [...distinct].map(async ([key, probe]) => [key, await driver.probe(probe, signal)] as const)
  return new Map(await Promise.all(results))
}

/**
 * What would be if the integrations in mode Plan were enforced, and if those that leave came back (then an equal entry
 * of a stranger shows); each by itself, given all others as they are.
 */
function whatIfs(input: TargetInput, applied: Applied, group: readonly Party[]): ReadonlyMap<string, WhatIf> {
  const asked = group.flatMap((person) => {
    const stance = person.stance === 'Leaves' ? 'Wants' : person.planned
    return stance === undefined ? [] : [[person.owner, whatIf(input, applied, person.owner, stance)] as const]
  })
  return new Map(asked)
}

function whatIf(input: TargetInput, { documents }: Applied, owner: string, stance: Stance): WhatIf {
  const participants = input.participants.map((other) =>
    other.owner === owner ? { ...other, stance } : other,
  )
  const plan = planTarget({ ...input, documents, participants })
  const changes = plan.documents.flatMap((document) => document.changes)
  return {
    changes: changes
      .filter((change) => change.owner === owner)
      .map((change) => ({ ...change, target: input.target })),
    refusal: plan.refused.get(owner),
    adoptedIn: plan.documents
      .filter(({ adopted }) => [...adopted.values()].includes(owner))
      .map(({ kind }) => kind),
  }
}
