import { randomBytes } from 'node:crypto'
import type { Fault } from './api/fault.ts'
import { FaultError } from './api/fault.ts'
import { Pace } from './clouds/pace.ts'
import type { Config } from './config.ts'
import type { EventRecorder } from './kube/events.ts'
import type { Log } from './kube/log.ts'
import { keyOf } from './kube/object.ts'
import { Queue, type QueueOptions } from './kube/queue.ts'
import type { Rest } from './kube/rest.ts'
import { safeErrorFields } from './kube/safe-error.ts'
import type { Controller } from './kube/workers.ts'
import type { Metrics } from './metrics.ts'
import { type AccountDependencies, accountPass } from './reconcile/account.ts'
import { announceChanges, announceStatus } from './reconcile/announcer.ts'
import { Contention } from './reconcile/contention.ts'
import { FirstRound } from './reconcile/first-round.ts'
import type { Caches } from './reconcile/gather.ts'
import { type IntegrationDependencies, integrationPass } from './reconcile/integration.ts'
import { ledgerKey } from './reconcile/ledger-key.ts'
import { annotatedLedgers } from './reconcile/ledgers.ts'
import { Patience } from './reconcile/patience.ts'
import { secretReader } from './reconcile/secret-values.ts'
import { Sessions } from './reconcile/sessions.ts'
import { type TargetDependencies, targetPass } from './reconcile/target.ts'
import { TargetRhythm } from './reconcile/target-rhythm.ts'
import { connectTriggers } from './reconcile/triggers.ts'
import { type VendorDependencies, vendorPass } from './reconcile/vendor.ts'
import type { World } from './reconcile/world.ts'

export interface ControllerParts {
  readonly config: Config
  readonly installation: string
  /** The operator's own. */
  readonly namespace: string
  readonly caches: Caches
  readonly world: World
  readonly queues: Queues
  readonly rest: Rest
  readonly events: EventRecorder
  readonly metrics: Metrics
  readonly log: Log
  readonly isLeader: () => boolean
}

/** One queue for each controller. */
export type Queues = Readonly<Record<'integration' | 'target' | 'account' | 'vendor', Queue>>

/** Passes over targets side by side; enough that some accounts whose cloud does not answer leave room for the others. */
const TARGET_WORKERS = 64
/** Of them for one account. */
const TARGETS_OF_ACCOUNT = 8
/** Passes over accounts side by side. */
const ACCOUNT_WORKERS = 16

/**
 * @param onTaken told of every key that is taken: of which queue, and for how many seconds it had been ready.
 * @param accountAt the CloudAccount with which a target is reached.
 */
export function makeQueues(
  onTaken: (queue: string, waitedSeconds: number) => void,
  accountAt: (target: string) => string | undefined,
): Queues {
  const named = (name: keyof Queues, options: QueueOptions = {}): Queue =>
    new Queue({ onTaken: onTaken.bind(undefined, name), ...options })
  return {
    integration: named('integration', { groupOf: namespaceIn }),
    target: named('target', {
      groupOf: (target) => accountAt(target) ?? '',
      mostOfGroup: TARGETS_OF_ACCOUNT,
    }),
    account: named('account'),
    vendor: named('vendor'),
  }
}

/** Namespaces take turns: a team with thousands of integrations does not keep the others waiting. */
function namespaceIn(key: string): string {
  return key.slice(0, key.indexOf('/'))
}

/** The controllers of one process, and how many passes of each run side by side. */
export interface Controllers {
  readonly list: readonly { readonly controller: Controller; readonly workers: number }[]
  /** To be called when the caches are filled and this process leads, before the workers start. */
  begin(): void
  close(): void
}

/** Builds the four controllers over their queues, and connects them to the caches and to each other. */
export function buildControllers(parts: ControllerParts): Controllers {
  const { caches, world, queues } = parts
  const rhythm = new TargetRhythm()
  const early = new Set<string>()
  const firstRound = new FirstRound(() => {
    for (const key of early) wakeTarget(key)
  })
  const wakeTarget = (key: string): void => {
    if (firstRound.isOver) queues.target.add(key, { afterMs: rhythm.pauseMs(key) })
    else early.add(key)
  }
  const sessions = openSessions(parts)
  const dependencies = dependenciesOf(parts, sessions, rhythm, wakeTarget)
  connectTriggers(caches, world, {
    integration: (key, priority = 'normal') => queues.integration.add(key, { priority }),
    vendor: (key) => queues.vendor.add(key),
    account: (key) => queues.account.add(key),
    target: wakeTarget,
  })
  const serve = (name: keyof Queues, workers: number, pass: Controller['pass']) => ({
    workers,
    controller: { name, queue: queues[name], pass },
  })
  return {
    list: [
      serve('integration', 4, (key, signal) =>
        firstRound.around(key, integrationPass(dependencies, key, signal)),
      ),
      serve('target', TARGET_WORKERS, (key, signal) =>
        rhythm.around(key, targetPass(dependencies, key, signal)),
      ),
      serve('account', ACCOUNT_WORKERS, (key, signal) => accountPass(dependencies, key, signal)),
      serve('vendor', 1, (key, signal) => vendorPass(dependencies, key, signal)),
    ],
    begin: () => firstRound.begin(caches.integrations.list().map(keyOf)),
    close: () => sessions.close(),
  }
}

function openSessions({ caches, rest, metrics, isLeader }: ControllerParts): Sessions {
  return new Sessions((name) => caches.accounts.get(name), secretReader(rest), {
    fence: () => fence(isLeader),
    onCall: metrics.onCall,
    paceOf: sharedPaces(),
  })
}

/** Paces by what they are for; one that nobody waits for any more would be as good anew, but few things are ever written. */
function sharedPaces(): (thing: string, perSecond: number) => Pace {
  const paces = new Map<string, Pace>()
  return (thing, perSecond) => {
    const pace = paces.get(thing) ?? new Pace(perSecond)
    paces.set(thing, pace)
    return pace
  }
}

/** What the passes need, for all four of them. */
type Dependencies = IntegrationDependencies & TargetDependencies & AccountDependencies & VendorDependencies

function dependenciesOf(
  parts: ControllerParts,
  sessions: Sessions,
  rhythm: TargetRhythm,
  wakeTarget: (key: string) => void,
): Dependencies {
  const { config, installation, namespace, caches, world, queues, rest, metrics, log } = parts
  const announcing = { ...parts, integrations: caches.integrations, count: metrics.onChanges }
  return {
    ...caches,
    caches,
    world,
    rest,
    installation,
    wakeTarget,
    readSecret: secretReader(rest),
    resyncMs: config.resyncMs,
    now: Date.now,
    random: Math.random,
    fresh: () => randomBytes(16).toString('hex'),
    wake: (owner) => queues.integration.add(owner),
    wakeAccount: (account) => queues.account.add(account),
    openSession: (account, signal) => sessions.open(account, signal),
    ledgers: annotatedLedgers(caches.integrations, rest, ledgerKey(rest, namespace)),
    announce: announceChanges.bind(undefined, announcing),
    onStatus: announceStatus.bind(undefined, announcing),
    internalError: (error) => internalError(log, error),
    isSettling: rhythm.isSettling.bind(rhythm),
    contention: new Contention(config.resyncMs),
    patience: new Patience(),
    wroteFor: rhythm.wroteFor.bind(rhythm),
    wasGone: world.wasGone.bind(world),
    wasInPlace: world.wasInPlace.bind(world),
  }
}

/** @throws FaultError when another process may lead: then nothing is written any more. */
function fence(isLeader: () => boolean): void {
  if (isLeader()) return
  throw new FaultError({
    reason: 'Progressing',
    message: 'Another replica leads now; it goes on.',
    retry: 'Backoff',
  })
}

function internalError(log: Log, error: unknown): Fault {
  log.error(safeErrorFields(error), 'internal error')
  return {
    reason: 'InternalError',
    message:
      'Mooring met an error of its own; its log has the details. Nothing is known of the cloud. It is tried again by itself.',
    retry: 'Backoff',
  }
}
