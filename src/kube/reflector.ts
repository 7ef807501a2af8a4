import { type BackoffLimits, backoffMs } from './backoff.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import { isExpired, KubeError } from './kube-error.ts'
import { listPages } from './list-pages.ts'
import type { Log } from './log.ts'
import type { KubeObject } from './object.ts'
import { collectionPath, type ResourceType } from './resource-type.ts'
import type { Rest } from './rest.ts'
import { safeErrorFields } from './safe-error.ts'
import type { Store } from './store.ts'
import { withoutBookkeeping } from './transform.ts'
import { type WatchEvent, watch } from './watch-stream.ts'

export interface ReflectorOptions<T extends KubeObject> {
  readonly rest: Rest
  readonly type: ResourceType
  readonly store: Store<T>
  readonly log: Log
  /** Only this namespace; all of them unless given. */
  readonly namespace?: string
  /** What is kept of each object; managedFields and last-applied are dropped unless given. */
  readonly transform?: (object: T) => T
  readonly pageSize?: number
  /** A watch that is silent for longer is taken for dead; 120 s (bookmarks come every minute), spread by 20 %. */
  readonly idleMs?: number
  readonly backoff?: BackoffLimits
  readonly clock?: Clock
  readonly random?: () => number
}

/** Twice what client-go begins with, since up to half of a delay is left to chance. */
const defaultBackoff: BackoffLimits = { baseMs: 1_600, maxMs: 30_000, jitter: 0.5 }

/** A watch that held this long was healthy: the next one opens at once. */
const healthyMs = 5_000
/** Without a word for this long the cache may be wrong without knowing: list again. */
const staleMs = 15 * 60_000
/** So many errors told by the watch itself within a minute: the resource version may be at fault, list again. */
const oddErrorsPerMinute = 3

/**
 * Keeps a Store like the API server: lists once, then follows a watch from where the list ended.
 *
 * | what happens                                   | what follows                                    |
 * |------------------------------------------------|-------------------------------------------------|
 * | the watch ends, is silent, or its connection dies | a new watch from the last resource version     |
 * | 429, 5xx, refused connection                   | the same, after a growing delay                  |
 * | 410: as an answer, as an event, in mid-list    | a new list; what it lacks is told as deleted     |
 * | an unreadable line, another ERROR event        | a new watch from before it; the third time in a minute: a new list |
 *
 * It gives up only when its signal aborts.
 */
export class Reflector<T extends KubeObject> {
  /** Resolves when the first list is in the store; never rejects. */
  readonly synced: Promise<void>
  readonly #options: ReflectorOptions<T>
  readonly #clock: Clock
  readonly #random: () => number
  readonly #path: string
  readonly #markSynced: () => void
  #isSynced = false
  #lists = 0
  #failures = 0
  #expiredLists = 0
  #oddErrors: readonly number[] = []
  #resourceVersion: string | undefined
  #lastProgressAt: number
  #lastOpenedAt = Number.NEGATIVE_INFINITY
  /** Who waits for a list that begins from now on, and what ends the watch or the pause for them. */
  #wanted: readonly (() => void)[] = []
  #interrupt = new AbortController()

  constructor(options: ReflectorOptions<T>) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#path = collectionPath(options.type, options.namespace)
    this.#lastProgressAt = this.#clock.now()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.synced = promise
    this.#markSynced = resolve
  }

  hasSynced(): boolean {
    return this.#isSynced
  }

  /**
   * When the API server last said something, in the clock's monotonic milliseconds: an event, a bookmark, a list, or that it
   * takes a watch, which begins with whatever there is to tell.
   */
  get lastHeardAt(): number {
    return Math.max(this.#lastProgressAt, this.#lastOpenedAt)
  }

  /** How many whole lists have been read. */
  get lists(): number {
    return this.#lists
  }

  /** Follows until the signal aborts; never rejects. To be called once. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#interrupt = new AbortController()
      const waitMs = await this.#step(signal)
      if (waitMs > 0) await sleep(this.#clock, waitMs, AbortSignal.any([signal, this.#interrupt.signal]))
    }
  }

  /** Ends the watch that is under way and lists anew; resolves when a list that began after this call is in the store. Never rejects. */
  relist(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wanted = [...this.#wanted, resolve]
    this.#interrupt.abort()
    return promise
  }

  /** One list or one watch; returns how long to wait before the next. */
  async #step(signal: AbortSignal): Promise<number> {
    if (this.#clock.now() - this.#lastProgressAt > staleMs) this.#resourceVersion = undefined
    const wanted = this.#wanted
    const from = wanted.length > 0 ? undefined : this.#resourceVersion
    const started = this.#clock.now()
    try {
      if (from === undefined) await this.#listFor(wanted, signal)
      else await this.#follow(from, AbortSignal.any([signal, this.#interrupt.signal]))
      return this.#afterEnd(from, started)
    } catch (error) {
      const isInterrupted = from !== undefined && this.#interrupt.signal.aborted
      return signal.aborted || isInterrupted ? 0 : this.#afterError(error, from, started)
    }
  }

  async #listFor(wanted: readonly (() => void)[], signal: AbortSignal): Promise<void> {
    this.#wanted = []
    try {
      await this.#list(signal)
    } catch (error) {
      this.#wanted = [...wanted, ...this.#wanted]
      throw error
    }
    for (const tell of wanted) tell()
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { rest, store, pageSize = 500, transform = withoutBookkeeping } = this.#options
    const size = this.#expiredLists < 2 ? pageSize : 0
    let resourceVersion = ''
    store.beginList()
    for await (const page of listPages<T>(rest, { path: this.#path, pageSize: size, signal })) {
      if (signal.aborted) return
      store.listed(page.items.map(transform), !this.#isSynced)
      resourceVersion = page.resourceVersion
      this.#lastProgressAt = this.#clock.now()
    }
    store.endList()
    this.#resourceVersion = resourceVersion
    this.#noteList()
  }

  #noteList(): void {
    const { type, store, log } = this.#options
    this.#lists += 1
    this.#expiredLists = 0
    this.#isSynced = true
    this.#markSynced()
    log.info({ kind: type.kind, objects: store.size }, 'listed')
  }

  async #follow(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { rest, idleMs = 120_000 } = this.#options
    const timeoutSeconds = Math.round(300 + 300 * this.#random())
    const idle = idleMs * (0.8 + 0.4 * this.#random())
    const onOpen = () => {
      this.#lastOpenedAt = this.#clock.now()
    }
    const request = { path: this.#path, resourceVersion, timeoutSeconds, idleMs: idle, signal, onOpen }
    for await (const event of watch<T>(rest, request)) {
      if (signal.aborted) return
      this.#take(event)
      this.#resourceVersion = event.object.metadata.resourceVersion
      this.#lastProgressAt = this.#clock.now()
    }
  }

  #take(event: WatchEvent<T>): void {
    if (event.type === 'BOOKMARK') return
    const { store, transform = withoutBookkeeping } = this.#options
    if (event.type === 'DELETED') store.deleted(transform(event.object))
    else store.upserted(transform(event.object))
  }

  /** A list, or a watch that ended as it should; one that ends at once and brings nothing counts as a failure. */
  #afterEnd(from: string | undefined, started: number): number {
    if (from === undefined || this.#wasHealthy(from, started)) this.#failures = 0
    else this.#failures += 1
    return this.#failures === 0 ? 0 : this.#delay(0)
  }

  #afterError(error: unknown, from: string | undefined, started: number): number {
    const { log, type } = this.#options
    if (this.#wasHealthy(from, started)) this.#failures = 0
    if (isExpired(error)) return this.#afterExpiry(from)
    this.#noteOddError(error)
    const { reason, retryAfterMs = 0 } = error instanceof KubeError ? error : { reason: '' }
    const idle = reason === 'Idle'
    if (!idle) this.#failures += 1
    const delayMs = idle ? 0 : this.#delay(retryAfterMs)
    const fields = { kind: type.kind, delayMs, ...safeErrorFields(error) }
    log[idle ? 'info' : 'warn'](fields, from === undefined ? 'list failed' : 'watch ended, resuming')
    return delayMs
  }

  #afterExpiry(from: string | undefined): number {
    const { log, type } = this.#options
    log.info({ kind: type.kind }, 'the resource version has expired, listing again')
    this.#resourceVersion = undefined
    if (from === undefined) this.#expiredLists += 1
    this.#failures += 1
    return this.#failures === 1 ? 0 : this.#delay(0)
  }

  #wasHealthy(from: string | undefined, started: number): boolean {
    if (from === undefined) return false
    return this.#resourceVersion !== from || this.#clock.now() - started >= healthyMs
  }

  /** Errors that came over a working connection; the network's own say nothing against the resource version. */
  #noteOddError(error: unknown): void {
    const network =
      error instanceof KubeError &&
      (error.status === 429 || error.status >= 500 || networkReasons.has(error.reason))
    if (network) return
    const now = this.#clock.now()
    this.#oddErrors = [...this.#oddErrors, now].filter((at) => now - at < 60_000)
    if (this.#oddErrors.length < oddErrorsPerMinute) return
    this.#oddErrors = []
    this.#resourceVersion = undefined
  }

  #delay(minimumMs: number): number {
    const limits = this.#options.backoff ?? defaultBackoff
    return Math.max(backoffMs(this.#failures - 1, limits, this.#random), minimumMs)
  }
}

const networkReasons: ReadonlySet<string> = new Set([
  'ConnectionFailed',
  'TlsFailed',
  'TimedOut',
  'Idle',
  'Aborted',
])
