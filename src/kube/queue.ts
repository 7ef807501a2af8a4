import { type BackoffLimits, backoffMs } from './backoff.ts'
import { type Clock, systemClock } from './clock.ts'
import { DelayedKeys } from './delayed-keys.ts'
import { type Priority, ReadyKeys } from './ready-keys.ts'

const defaultBackoff: BackoffLimits = { baseMs: 1_000, maxMs: 300_000, jitter: 0.2 }

export interface QueueOptions {
  readonly backoff?: Partial<BackoffLimits>
  readonly clock?: Clock
  readonly random?: () => number
  /** Groups of keys take turns, so that one with very many delays no other. Absent: all keys are one group. */
  readonly groupOf?: (key: string) => string
  /** How many keys of one group are processed at the same time at most, so that one that hangs does not hold everybody. */
  readonly mostOfGroup?: number
  /** Told of every key taken: how many seconds it had been ready while somebody took keys at all. For metrics; must not throw. */
  readonly onTaken?: (waitedSeconds: number) => void
}

/**
 * A queue of keys with the semantics of client-go's work queue:
 *
 * | a key is added while it is | what happens                                         |
 * |----------------------------|------------------------------------------------------|
 * | unknown                    | it becomes ready                                     |
 * | ready                      | nothing, or it moves up to the higher priority       |
 * | being processed            | it becomes ready again at `done`, however often added |
 * | waiting for a later time   | it becomes ready now; the wait stays                 |
 *
 * So a key is never processed twice at the same time and no change is lost. Waiting keys keep the earliest time asked.
 */
export class Queue {
  readonly #backoff: BackoffLimits
  readonly #random: () => number
  readonly #clock: Clock
  readonly #onTaken: (waitedSeconds: number) => void
  readonly #mostOfGroup: number
  readonly #ready: ReadyKeys
  readonly #delayed: DelayedKeys
  /** Since when a key is ready, and since when it is being processed. */
  readonly #readySince = new Map<string, number>()
  readonly #processing = new Map<string, number>()
  /** Since when keys are taken; a standby only gathers them. */
  #takingSince = Number.POSITIVE_INFINITY
  /** The groups of keys that are being processed, and how many of each there are. */
  readonly #groupOf = new Map<string, string>()
  readonly #busy = new Map<string, number>()
  readonly #again = new Map<string, Priority>()
  readonly #failures = new Map<string, number>()
  readonly #takers = new Set<(key: string | undefined) => void>()
  #closed = false

  constructor(options: QueueOptions = {}) {
    this.#backoff = { ...defaultBackoff, ...options.backoff }
    this.#random = options.random ?? Math.random
    this.#clock = options.clock ?? systemClock
    this.#onTaken = options.onTaken ?? (() => undefined)
    this.#mostOfGroup = options.mostOfGroup ?? Number.POSITIVE_INFINITY
    this.#ready = new ReadyKeys(options.groupOf)
    this.#delayed = new DelayedKeys(this.#clock, (key, priority) => this.#wake(key, priority))
  }

  /** Keys that could be taken now. */
  get depth(): number {
    return this.#ready.size
  }

  /** Keys that wait for their time. */
  get delayed(): number {
    return this.#delayed.size
  }

  /** Keys taken and not yet done. */
  get processing(): number {
    return this.#processing.size
  }

  /** Seconds for which the key that was taken first has been processed; 0 when none is. */
  get longestProcessingSeconds(): number {
    const [first] = this.#processing.values() // a Map keeps the order in which keys were taken
    return first === undefined ? 0 : (this.#clock.now() - first) / 1_000
  }

  /** True when nothing is ready and nothing is being processed; keys that wait for a later time do not count. */
  idle(): boolean {
    return this.#ready.size === 0 && this.#processing.size === 0
  }

  /** Asks for a pass over a key: now, or `afterMs` from now. Does nothing after `shutdown`. */
  add(key: string, options: { readonly afterMs?: number; readonly priority?: Priority } = {}): void {
    if (this.#closed) return
    const { afterMs = 0, priority = 'normal' } = options
    if (afterMs > 0) this.#delayed.add(key, afterMs, priority)
    else this.#wake(key, priority)
  }

  /**
   * Asks for another pass over a key that failed: after its backoff, which doubles with each call until `forget`,
   * and not before `minimumMs`. Returns the delay in milliseconds.
   */
  addRateLimited(key: string, options: { readonly minimumMs?: number } = {}): number {
    const failures = this.failures(key)
    this.#failures.set(key, failures + 1)
    // Many that were told the same time do not come back in the same instant.
    const minimum = (options.minimumMs ?? 0) * (1 + this.#backoff.jitter * this.#random())
    const delay = Math.max(backoffMs(failures, this.#backoff, this.#random), minimum)
    this.add(key, { afterMs: delay })
    return delay
  }

  /** How often a key has failed in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  /** Sets a key's backoff to its beginning; what waits already keeps waiting. */
  forget(key: string): void {
    this.#failures.delete(key)
  }

  /** Takes the next key, waiting for one if need be; every key taken must be given back with `done`. Undefined: stop. */
  get(signal?: AbortSignal): Promise<string | undefined> {
    if (this.#closed || signal?.aborted) return Promise.resolve(undefined)
    this.#takingSince = Math.min(this.#takingSince, this.#clock.now())
    const key = this.#take()
    if (key !== undefined) return Promise.resolve(key)
    return new Promise((resolve) => {
      const settle = (taken: string | undefined) => {
        this.#takers.delete(settle)
        signal?.removeEventListener('abort', abandon)
        resolve(taken)
      }
      const abandon = () => settle(undefined)
      this.#takers.add(settle)
      signal?.addEventListener('abort', abandon, { once: true })
    })
  }

  /** Gives a key back. If it was added meanwhile, it is ready again. */
  done(key: string): void {
    this.#leave(key)
    const priority = this.#again.get(key)
    this.#again.delete(key)
    if (priority && !this.#closed) this.#wake(key, priority)
    else this.#serve()
  }

  /** Hands out no more keys, forgets those that wait and cancels the timer. What is being processed may finish. */
  shutdown(): void {
    this.#closed = true
    this.#delayed.clear()
    this.#ready.clear()
    this.#readySince.clear()
    this.#again.clear()
    for (const taker of [...this.#takers]) taker(undefined)
  }

  #wake(key: string, priority: Priority): void {
    if (this.#processing.has(key)) {
      if (this.#again.get(key) !== 'normal') this.#again.set(key, priority)
      return
    }
    this.#ready.add(key, priority)
    if (!this.#readySince.has(key)) this.#readySince.set(key, this.#clock.now())
    this.#serve()
  }

  /** Gives those who wait what may be taken. */
  #serve(): void {
    for (const taker of [...this.#takers]) {
      const key = this.#take()
      if (key === undefined) return
      taker(key)
    }
  }

  #leave(key: string): void {
    this.#processing.delete(key)
    const group = this.#groupOf.get(key)
    this.#groupOf.delete(key)
    if (group === undefined) return
    const left = (this.#busy.get(group) ?? 1) - 1
    if (left === 0) this.#busy.delete(group)
    else this.#busy.set(group, left)
  }

  #take(): string | undefined {
    const next = this.#ready.take((group) => (this.#busy.get(group) ?? 0) >= this.#mostOfGroup)
    if (next === undefined) return undefined
    const { key, group } = next
    const now = this.#clock.now()
    this.#processing.set(key, now)
    this.#groupOf.set(key, group)
    this.#busy.set(group, (this.#busy.get(group) ?? 0) + 1)
    this.#onTaken((now - Math.max(this.#readySince.get(key) ?? now, this.#takingSince)) / 1_000)
    this.#readySince.delete(key)
    return key
  }
}
