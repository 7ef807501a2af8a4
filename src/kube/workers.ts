import { type Clock, sleep, systemClock } from './clock.ts'
import { isConflict } from './kube-error.ts'
import type { Log } from './log.ts'
import type { Queue } from './queue.ts'
import { safeErrorFields } from './safe-error.ts'

/**
 * What a pass wants next: nothing, a look later, or another try with growing delays (`retry`), not before `minimumMs`.
 * Waiting is not a failure: `requeueAfterMs` alone sets the key's backoff to its beginning, `retry` does not; with both,
 * the earlier time counts.
 */
export type PassResult =
  | { readonly requeueAfterMs?: number; readonly retry?: never }
  | { readonly retry: true; readonly minimumMs?: number; readonly requeueAfterMs?: number }

/** One queue and what is done for each of its keys. */
export interface Controller {
  readonly name: string
  readonly queue: Queue
  /** Brings the world closer to what is wanted for the key. Must end soon after the signal aborts. */
  pass(key: string, signal: AbortSignal): Promise<PassResult>
}

export type PassOutcome = 'done' | 'requeue' | 'retry' | 'error'

export interface PassReport {
  readonly controller: string
  readonly outcome: PassOutcome
  readonly seconds: number
}

export interface WorkerOptions {
  readonly workers: number
  /** A pass is aborted after this time. */
  readonly passTimeoutMs: number
  readonly log: Log
  /** How long running passes may go on after the stop signal before they are aborted; 25 s unless given. */
  readonly graceMs?: number
  /** Aborts the running passes at once, as when leadership is lost; also stops taking keys. */
  readonly abort?: AbortSignal
  /** Called after every pass, for metrics. */
  readonly onPass?: (pass: PassReport) => void
  readonly clock?: Clock
}

/** How long an aborted pass gets to come back before the workers are given up. */
const abortPatienceMs = 2_000

/**
 * Serves a controller's queue with N workers until `stop` aborts: then no key is taken any more, running passes get
 * `graceMs` to end, are aborted, and get two more seconds. True: all passes have ended; false: at least one ignored its
 * signal. A pass that throws is logged and tried again with backoff; it never ends a worker. Never rejects.
 */
export async function runWorkers(
  controller: Controller,
  options: WorkerOptions,
  stop: AbortSignal,
): Promise<boolean> {
  const clock = options.clock ?? systemClock
  const abort = new AbortController()
  const taking = AbortSignal.any(options.abort ? [stop, options.abort] : [stop])
  const serve = () => serveQueue(controller, { ...options, clock }, taking, abort.signal)
  const workers = Promise.all(Array.from({ length: options.workers }, serve)).then(() => true as const)
  await aborted(taking)
  controller.queue.shutdown()
  if (await within(clock, options.graceMs ?? 25_000, workers, options.abort)) return true
  abort.abort(new Error('the operator stops'))
  return within(clock, abortPatienceMs, workers)
}

async function serveQueue(
  controller: Controller,
  options: WorkerOptions & { readonly clock: Clock },
  taking: AbortSignal,
  abort: AbortSignal,
): Promise<void> {
  const { queue } = controller
  for (let key = await queue.get(taking); key !== undefined; key = await queue.get(taking)) {
    const started = options.clock.now()
    const outcome = await runPass(controller, key, options, abort)
    queue.done(key)
    report(options, {
      controller: controller.name,
      outcome,
      seconds: (options.clock.now() - started) / 1_000,
    })
  }
}

async function runPass(
  controller: Controller,
  key: string,
  options: WorkerOptions & { readonly clock: Clock },
  abort: AbortSignal,
): Promise<PassOutcome> {
  const deadline = new AbortController()
  const expire = () => deadline.abort(new Error('the pass took too long'))
  const cancel = options.clock.after(options.passTimeoutMs, expire)
  const stopNow = () => deadline.abort(abort.reason)
  abort.addEventListener('abort', stopNow, { once: true })
  try {
    return applyResult(controller.queue, key, await controller.pass(key, deadline.signal))
  } catch (error) {
    return retryAfterError(controller, key, error, options.log)
  } finally {
    cancel()
    abort.removeEventListener('abort', stopNow)
  }
}

function applyResult(queue: Queue, key: string, result: PassResult): PassOutcome {
  if (result.retry) {
    queue.addRateLimited(key, result)
    if (result.requeueAfterMs !== undefined) queue.add(key, { afterMs: result.requeueAfterMs })
    return 'retry'
  }
  queue.forget(key)
  if (result.requeueAfterMs === undefined) return 'done'
  queue.add(key, { afterMs: result.requeueAfterMs })
  return 'requeue'
}

/** Conflicts are part of normal life and say so only at debug level. */
function retryAfterError(controller: Controller, key: string, error: unknown, log: Log): PassOutcome {
  const retryAfterMs = (error as { readonly retryAfterMs?: unknown } | undefined)?.retryAfterMs
  const minimumMs = typeof retryAfterMs === 'number' ? retryAfterMs : 0
  const delayMs = controller.queue.addRateLimited(key, { minimumMs })
  const level = isConflict(error) ? 'debug' : 'error'
  log[level]({ controller: controller.name, key, delayMs, ...safeErrorFields(error) }, 'pass failed')
  return 'error'
}

/** A metrics hook that throws must not end a worker. */
function report(options: WorkerOptions, pass: PassReport): void {
  try {
    options.onPass?.(pass)
  } catch (error) {
    options.log.error(safeErrorFields(error), 'the pass observer failed')
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

async function within(
  clock: Clock,
  ms: number,
  work: Promise<true>,
  cutShort?: AbortSignal,
): Promise<boolean> {
  const waiting = new AbortController()
  const stopWaiting = () => waiting.abort()
  if (cutShort?.aborted) stopWaiting()
  cutShort?.addEventListener('abort', stopWaiting, { once: true })
  const ended = await Promise.race([work, sleep(clock, ms, waiting.signal).then(() => false)])
  stopWaiting()
  return ended
}
