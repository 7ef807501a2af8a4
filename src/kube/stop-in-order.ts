import { type Clock, sleep, systemClock } from './clock.ts'
import type { Log } from './log.ts'
import { safeErrorFields } from './safe-error.ts'

/** The parts of a running operator, as far as stopping them goes. */
export interface StopParts {
  /** Makes /readyz say no. */
  readonly markNotReady: () => void
  /** Stops taking keys and resolves when the running passes have ended, aborting them when they take too long; false: some have not ended. */
  readonly stopWorkers: () => Promise<boolean>
  /** Stops the reflectors and whatever else only reads. */
  readonly stopReading: () => Promise<void> | void
  readonly flushEvents: (timeoutMs: number) => Promise<void>
  readonly releaseLease: () => Promise<void>
  /** Closes the API server's connections and the health server. */
  readonly closeConnections: () => Promise<void>
}

const flushMs = 2_000
/** More than the lease pool's own time-out. */
const releaseMs = 6_000
const closeMs = 2_000

/**
 * Stops an operator so that nothing is lost and nobody else starts too early: the lease goes last, and only when no pass
 * runs any more; otherwise it is left to expire. A part that fails or hangs is logged and does not hold up the others.
 */
export async function stopInOrder(
  parts: StopParts,
  options: { readonly log: Log; readonly clock?: Clock },
): Promise<void> {
  const step = stepper(options.log, options.clock ?? systemClock)
  await step('not ready', 1_000, async () => parts.markNotReady())
  let quiet = false
  await step('workers', 60_000, async () => {
    quiet = await parts.stopWorkers()
  })
  await step('reading', closeMs, async () => parts.stopReading())
  await step('events', flushMs + 500, () => parts.flushEvents(flushMs))
  if (quiet) await step('lease', releaseMs, () => parts.releaseLease())
  else options.log.warn({}, 'a pass still runs, the lease is left to expire')
  await step('connections', closeMs, () => parts.closeConnections())
}

function stepper(log: Log, clock: Clock) {
  return async (name: string, timeoutMs: number, run: () => Promise<void>): Promise<void> => {
    const patience = new AbortController()
    const work = Promise.resolve()
      .then(run)
      .then(
        () => 'done',
        (error: unknown) => log.error({ step: name, ...safeErrorFields(error) }, 'stopping failed'),
      )
    const late = sleep(clock, timeoutMs, patience.signal).then(() => 'late')
    if ((await Promise.race([work, late])) === 'late') log.error({ step: name }, 'stopping takes too long')
    patience.abort()
  }
}
