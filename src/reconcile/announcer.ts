import { findCondition } from '../api/conditions.ts'
import type { StorageIntegration, StorageIntegrationStatus } from '../api/generated/storage-integration.ts'
import type { Target } from '../clouds/cloud.ts'
import type { EventRecorder } from '../kube/events.ts'
import type { Log } from '../kube/log.ts'
import type { Store } from '../kube/store.ts'
import type { Change } from '../plan/plan-document.ts'
import type { World } from './world.ts'

export interface AnnouncerDependencies {
  readonly integrations: Store<StorageIntegration>
  readonly world: World
  readonly events: EventRecorder
  /** Counts entries, by what was done with them. */
  readonly count: (deed: Deed, entries: number) => void
  readonly log: Log
}

/** What was done to entries in a cloud. */
export type Deed = 'granted' | 'repaired' | 'revoked'

const EVENT_REASON = { granted: 'Granted', repaired: 'DriftRepaired', revoked: 'Revoked' } as const

/** Tells people of what was written to a cloud: one log line and one Event per integration and deed. */
export function announceChanges(
  { integrations, world, events, count, log }: AnnouncerDependencies,
  target: Target,
  changes: readonly Change[],
): void {
  for (const [owner, mine] of Map.groupBy(changes, (change) => change.owner)) {
    for (const [deed, list] of Map.groupBy(mine, (change) => deedOf(world, target, change))) {
      count(deed, list.length)
      log.info(
        { target: target.name, integration: owner, deed, entries: list.map(({ summary }) => summary) },
        'wrote to the cloud',
      )
      const object = integrations.get(owner)
      if (object === undefined) continue
      const note = `${target.name}: ${list.map(({ action, document, summary }) => `${action} in ${document}: ${summary}`).join('; ')}`
      events.record({
        object,
        type: deed === 'repaired' ? 'Warning' : 'Normal',
        reason: EVENT_REASON[deed],
        action: 'Apply',
        note,
      })
    }
  }
}

/** An entry that the last look found in place and that had to be written again was lost to someone else: drift. */
function deedOf(world: World, target: Target, { action, owner }: Change): Deed {
  if (action === 'Remove') return 'revoked'
  return world.wasInPlace(target.key, owner) ? 'repaired' : 'granted'
}

/** Records an Event when what Ready says has changed; nothing when only a message did. */
export function announceStatus(
  { events, log }: Pick<AnnouncerDependencies, 'events' | 'log'>,
  integration: StorageIntegration,
  status: StorageIntegrationStatus,
): void {
  const before = findCondition(integration.status?.conditions, 'Ready')
  const after = findCondition(status.conditions, 'Ready')
  if (after === undefined || (before?.status === after.status && before.reason === after.reason)) return
  const { namespace, name } = integration.metadata
  log.info(
    { integration: `${namespace}/${name}`, ready: after.status, reason: after.reason },
    'status changed',
  )
  if (after.reason === 'Progressing') return
  const type = after.status === 'False' && after.reason !== 'Planned' ? 'Warning' : 'Normal'
  events.record({ object: integration, type, reason: after.reason, action: 'Report', note: after.message })
}
