import { findCondition } from './api/conditions.ts'
import type { CloudAccount } from './api/generated/cloud-account.ts'
import type { StorageIntegration } from './api/generated/storage-integration.ts'
import { REASONS } from './api/reasons.ts'
import type { KindReflector } from './caches.ts'
import type { Queues } from './controllers.ts'
import type { Queue } from './kube/queue.ts'
import type { Readings } from './metrics.ts'
import { processFigures } from './process-figures.ts'
import type { Caches } from './reconcile/gather.ts'
import type { World } from './reconcile/world.ts'

interface Read {
  readonly caches: Pick<Caches, 'accounts' | 'integrations'>
  readonly world: Pick<World, 'orphansOf'>
  readonly reflectors: readonly {
    readonly kind: string
    readonly reflector: Pick<KindReflector['reflector'], 'lastHeardAt'>
  }[]
  readonly queues: Queues
  readonly isLeader: () => boolean
}

/** What the metrics show of the running operator. */
export function readings({ caches, world, reflectors, queues, isLeader }: Read): Readings {
  return {
    mooring_integrations: () => byReason(caches.integrations.list()),
    mooring_orphans: () => orphansByCloud(caches.accounts.list(), world),
    mooring_watch_age_seconds: () =>
      Object.fromEntries(
        reflectors.map(({ kind, reflector }) => [kind, (performance.now() - reflector.lastHeardAt) / 1_000]),
      ),
    workqueue_depth: () => ofEach(queues, (queue) => queue.depth),
    workqueue_longest_running_processor_seconds: () =>
      ofEach(queues, (queue) => queue.longestProcessingSeconds),
    leader_election_master_status: () => ({ mooring: isLeader() ? 1 : 0 }),
    ...processFigures(),
  }
}

function ofEach(queues: Queues, value: (queue: Queue) => number): Record<string, number> {
  return Object.fromEntries(Object.entries(queues).map(([name, queue]) => [name, value(queue)]))
}

/** Whoever may write a status could write any reason; only those that there are become labels. */
function byReason(integrations: readonly StorageIntegration[]): Record<string, number> {
  const groups = Map.groupBy(integrations, ({ status }) => {
    const reason = findCondition(status?.conditions, 'Ready')?.reason ?? 'None'
    return Object.hasOwn(REASONS, reason) ? reason : 'None'
  })
  return Object.fromEntries([...groups].map(([reason, list]) => [reason, list.length]))
}

/** As this process sees them, or, before it has looked everywhere, as the last one that did wrote it down. */
function orphansByCloud(
  accounts: readonly CloudAccount[],
  world: Pick<World, 'orphansOf'>,
): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { metadata, spec, status } of accounts) {
    const cloud = (['aws', 'gcp', 'azure'] as const).find((name) => spec[name] !== undefined)
    if (cloud === undefined) continue
    const count = world.orphansOf(metadata.name)?.length ?? status?.orphans?.count ?? 0
    counts[cloud] = (counts[cloud] ?? 0) + count
  }
  return counts
}
