import type { Fault } from './api/fault.ts'
import { FaultError } from './api/fault.ts'
import type { Config } from './config.ts'
import type { EventRecorder } from './kube/events.ts'
import type { Log } from './kube/log.ts'
import { keyOf } from './kube/object.ts'
import { Queue } from './kube/queue.ts'
import type { Rest } from './kube/rest.ts'
import { safeErrorFields } from './kube/safe-error.ts'
import type { Controller } from './kube/workers.ts'
import type { Metrics } from './metrics.ts'
import { accountPass } from './reconcile/account.ts'
import { announceChanges, announceStatus } from './reconcile/announcer.ts'
import { FirstRound } from './reconcile/first-round.ts'
import type { Caches } from './reconcile/gather.ts'
import { integrationPass } from './reconcile/integration.ts'
import { secretReader } from './reconcile/secret-values.ts'
import { Sessions } from './reconcile/sessions.ts'
import { targetPass } from './reconcile/target.ts'
import { TargetRhythm } from './reconcile/target-rhythm.ts'
import { connectTriggers } from './reconcile/triggers.ts'
import { vendorPass } from './reconcile/vendor.ts'
import type { World } from './reconcile/world.ts'

export interface ControllerParts {
  readonly config: Config
  readonly installation: string
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

export function makeQueues(): Queues {
  return { integration: new Queue(), target: new Queue(), account: new Queue(), vendor: new Queue() }
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
  const { config, caches, world, queues, rest, metrics, log } = parts
  const rhythm = new TargetRhythm()
  const early = new Set<string>()
  const firstRound = new FirstRound(() => {
    for (const key of early) wakeTarget(key)
  })
  const wakeTarget = (key: string): void => {
    if (firstRound.isOver) queues.target.add(key, { afterMs: rhythm.pauseMs(key) })
    else early.add(key)
  }
  const readSecret = secretReader(rest)
  const sessions = new Sessions((name) => caches.accounts.get(name), readSecret, {
    fence: () => fence(parts.isLeader),
    onCall: metrics.onCall,
  })
  const shared = {
    caches,
    ...caches,
    world,
    rest,
    readSecret,
    resyncMs: config.resyncMs,
    now: Date.now,
    random: Math.random,
    installation: parts.installation,
  }
  const announcing = { ...parts, integrations: caches.integrations }
  const dependencies = {
    ...shared,
    wakeTarget,
    wake: (owner: string) => queues.integration.add(owner),
    wakeAccount: (account: string) => queues.account.add(account),
    openSession: (account: string, signal: AbortSignal) => sessions.open(account, signal),
    announce: announceChanges.bind(undefined, announcing),
    onStatus: announceStatus.bind(undefined, announcing),
    internalError: (error: unknown) => internalError(log, error),
    isSettling: rhythm.isSettling.bind(rhythm),
  }
  connectTriggers(caches, world, {
    integration: (key, priority = 'normal') => queues.integration.add(key, { priority }),
    vendor: (key) => queues.vendor.add(key),
    account: (key) => queues.account.add(key),
    target: wakeTarget,
  })
  return {
    list: [
      {
        workers: 4,
        controller: {
          name: 'integration',
          queue: queues.integration,
          pass: (key, signal) => firstRound.around(key, integrationPass(dependencies, key, signal)),
        },
      },
      {
        workers: 8,
        controller: {
          name: 'target',
          queue: queues.target,
          pass: (key, signal) => rhythm.around(key, targetPass(dependencies, key, signal)),
        },
      },
      {
        workers: 2,
        controller: {
          name: 'account',
          queue: queues.account,
          pass: (key, signal) => accountPass(dependencies, key, signal),
        },
      },
      {
        workers: 1,
        controller: {
          name: 'vendor',
          queue: queues.vendor,
          pass: (key, signal) => vendorPass(dependencies, key, signal),
        },
      },
    ],
    begin: () => firstRound.begin(caches.integrations.list().map(keyOf)),
    close: () => sessions.close(),
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
