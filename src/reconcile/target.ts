import type { Fault, RetryClass } from '../api/fault.ts'
import { retryOf } from '../api/reasons.ts'
import type { PassResult } from '../kube/workers.ts'
import type { Party } from './party.ts'
import type { Patience } from './patience.ts'
import { type AccountPart, type ServeDependencies, serveAccount } from './serve-account.ts'
import type { OwnerReport, TargetReport } from './target-report.ts'
import type { World } from './world.ts'

export interface TargetDependencies extends ServeDependencies {
  readonly world: World
  readonly patience: Patience
  /** Wakes the integration’s own pass, so that it reports. */
  readonly wake: (owner: string) => void
  /** Wakes the account’s own pass, so that it reports its orphans. */
  readonly wakeAccount: (account: string) => void
  /** Milliseconds between looks at a target that is well; spread by ±10 %. */
  readonly resyncMs: number
  readonly random: () => number
}

/** Milliseconds until a fault of class `Slow` is tried again; never longer than the resync. */
const SLOW_MS = 5 * 60_000

/**
 * One pass over one target, the only place where a cloud is written:
 *
 * 1. gather who asks what of it (resolved before), account by account;
 * 2. for each account: observe, plan, apply, read back, verify (serve-account.ts);
 * 3. publish what was found, and wake those for whom it is news.
 */
export async function targetPass(
  dependencies: TargetDependencies,
  key: string,
  signal: AbortSignal,
): Promise<PassResult> {
  const { world, patience } = dependencies
  const people = world.at(key)
  const ghost = world.ghostAt(key)
  const present = ghost === undefined ? people : [...people, ghost]
  const [first] = present
  const everybody = first === undefined ? people : [...people, ...world.namesakesOf(first.target)]
  const parts: AccountPart[] = []
  for (const account of accountsOf(present)) {
    const group = people.filter((person) => person.account === account)
    parts.push(await serveAccount(dependencies, { account, group, people: everybody, ghost }, signal))
  }
  const before = world.reportOf(key)
  const report = merged(before, parts)
  const news = world.publish(key, patience.told(key, before, report))
  for (const owner of news.owners) dependencies.wake(owner)
  for (const account of news.accounts) dependencies.wakeAccount(account)
  return nextLook(dependencies, world.at(key).length > 0 || world.ghostAt(key) !== undefined, report)
}

function accountsOf(people: readonly Party[]): string[] {
  return [...new Set(people.flatMap(({ account }) => account ?? []))]
}

/** Orphans that could not be looked for this time are the ones seen before. */
function merged(before: TargetReport | undefined, parts: readonly AccountPart[]): TargetReport {
  const seen = parts.map(
    ({ account, orphans }) => [account, orphans ?? before?.orphans.get(account)] as const,
  )
  return {
    owners: new Map(parts.flatMap(({ owners }) => [...owners])),
    orphans: new Map(
      seen.flatMap(([account, orphans]) => (orphans === undefined ? [] : [[account, orphans]])),
    ),
  }
}

/** When to look again: soon after a passing fault, slowly after one that needs a hand, else at the resync. */
function nextLook(
  { resyncMs, random }: TargetDependencies,
  isAttended: boolean,
  { owners }: TargetReport,
): PassResult {
  if (!isAttended) return {}
  const reports = [...owners.values()]
  const faults = reports.flatMap(faultsOf)
  const classes = [...faults.map(({ retry }) => retry), ...reports.flatMap(checksOf)]
  if (classes.includes('Backoff')) {
    return { retry: true, minimumMs: Math.max(0, ...faults.map(({ retryAfterMs }) => retryAfterMs ?? 0)) }
  }
  const spread = 0.9 + 0.2 * random()
  const pause = classes.includes('Slow') ? Math.min(SLOW_MS, resyncMs) : resyncMs
  return { requeueAfterMs: Math.round(pause * spread) }
}

function faultsOf({ fault, documents }: OwnerReport): Fault[] {
  return [fault, ...documents.map((document) => document.fault)].flatMap((found) => found ?? [])
}

/** How checks that have not passed are tried again; where a fault says why, only its class counts. */
function checksOf(report: OwnerReport): RetryClass[] {
  if (faultsOf(report).length > 0) return []
  const open = report.checks.filter(({ result }) => result !== 'Passed')
  return open.map(({ reason }) => (reason === undefined ? 'Backoff' : retryOf(reason)))
}
