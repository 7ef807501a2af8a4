import { randomBytes } from 'node:crypto'
import { type Clock, sleep, systemClock } from './clock.ts'
import { type EventRecord, eventKey, eventNamespace, eventObject, eventType } from './event-object.ts'
import { Fifo } from './fifo.ts'
import { KubeError } from './kube-error.ts'
import type { Log } from './log.ts'
import { microTime } from './micro-time.ts'
import { collectionPath, objectPath } from './resource-type.ts'
import type { Rest } from './rest.ts'
import { safeErrorFields } from './safe-error.ts'

export interface EventRecorderOptions {
  readonly rest: Rest
  readonly log: Log
  /** A qualified name, such as `mooring.dev/mooring`. */
  readonly controller: string
  /** This process, such as the pod's name. */
  readonly instance: string
  /** Told of every event that had to be dropped. */
  readonly onDropped?: () => void
  readonly clock?: Clock
}

/** Events are a courtesy: beyond this many waiting, new ones are dropped and counted. */
const longestQueue = 500
/** So many different events are remembered for counting repetitions. */
const remembered = 1_000
/** A repetition later than this is a new event. */
const seriesGapMs = 6 * 60_000
/** A series' count is sent at its second event, and then no more often than this. */
const seriesRefreshMs = 60_000
const attempts = 12
const retryMs = 10_000

interface Series {
  readonly record: EventRecord
  readonly name: string
  readonly count: number
  readonly sentCount: number
  readonly lastAt: number
  readonly lastSentAt: number
}

/** Records Events of events.k8s.io/v1 in the background: repetitions are counted in one event, nothing waits for it. */
export class EventRecorder {
  readonly #options: Required<Omit<EventRecorderOptions, 'onDropped'>> & EventRecorderOptions
  readonly #series = new Map<string, Series>()
  readonly #queue = new Fifo<string>()
  readonly #queued = new Set<string>()
  readonly #stopWaiting = new AbortController()
  #sending: Promise<void> | undefined
  #dropped = 0

  constructor(options: EventRecorderOptions) {
    this.#options = { clock: systemClock, ...options }
  }

  /** Events that were dropped, because too many waited or the API server would not take them. */
  get dropped(): number {
    return this.#dropped
  }

  /** Notes that something happened and returns at once; never throws. */
  record(record: EventRecord): void {
    const now = this.#options.clock.now()
    const key = eventKey(record)
    const known = this.#series.get(key)
    const continued = known !== undefined && now - known.lastAt < seriesGapMs
    if (!continued && this.#queued.size >= longestQueue) {
      this.#drop()
      return
    }
    const next = continued ? { ...known, count: known.count + 1 } : fresh(record)
    this.#remember(key, { ...next, lastAt: now })
    if (next.sentCount <= 1 || now - next.lastSentAt >= seriesRefreshMs) this.#enqueue(key)
  }

  /** Sends what waits, also counts of series not sent yet, for at most `timeoutMs`. Never rejects. */
  async flush(timeoutMs: number): Promise<void> {
    const { clock } = this.#options
    this.#stopWaiting.abort()
    for (const [key, series] of this.#series) {
      if (series.count !== series.sentCount) this.#enqueue(key)
    }
    const patience = new AbortController()
    await Promise.race([this.#sending, sleep(clock, timeoutMs, patience.signal)])
    patience.abort()
  }

  #remember(key: string, series: Series): void {
    this.#series.delete(key)
    this.#series.set(key, series)
    const [oldest] = this.#series.keys()
    if (this.#series.size > remembered && oldest !== undefined && !this.#queued.has(oldest)) {
      this.#series.delete(oldest)
    }
  }

  #enqueue(key: string): void {
    if (!this.#queued.has(key)) {
      this.#queued.add(key)
      this.#queue.push(key)
    }
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
  }

  async #sendAll(): Promise<void> {
    for (let key = this.#queue.shift(); key !== undefined; key = this.#queue.shift()) {
      this.#queued.delete(key)
      await this.#sendWithPatience(key)
    }
  }

  /** Tries again while the API server is away or busy; whatever it refuses for good is dropped. */
  async #sendWithPatience(key: string): Promise<void> {
    const { clock } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#send(key)
      } catch (error) {
        const stopping = this.#stopWaiting.signal.aborted
        if (!isPassing(error) || attempt >= attempts || stopping) return this.#giveUp(key, error)
        await sleep(clock, retryMs, this.#stopWaiting.signal)
      }
    }
  }

  async #send(key: string): Promise<void> {
    const series = this.#series.get(key)
    if (!series || series.sentCount === series.count) return
    if (series.sentCount === 0) await this.#create(series)
    else await this.#count(series)
    this.#settle(key, series)
  }

  /** Marks a count as dealt with: sent, or dropped for good. */
  #settle(key: string, series: Series): void {
    const latest = this.#series.get(key)
    if (latest?.name !== series.name) return
    this.#series.set(key, { ...latest, sentCount: series.count, lastSentAt: this.#options.clock.now() })
  }

  /** The name is chosen before the first attempt, so an answer that got lost shows as AlreadyExists. */
  async #create(series: Series): Promise<void> {
    const { rest, clock, controller, instance } = this.#options
    const path = collectionPath(eventType, eventNamespace(series.record.object))
    const when = clock.date()
    const event = eventObject(series.record, { name: series.name, when, controller, instance })
    const body = series.count > 1 ? { ...event, series: this.#seriesField(series) } : event
    await rest.request({ method: 'POST', path, body }).catch((error: unknown) => {
      if (!(error instanceof KubeError && error.reason === 'AlreadyExists')) throw error
    })
  }

  /** The API server forgets events after an hour; then the count starts a new one. */
  async #count(series: Series): Promise<void> {
    const { rest } = this.#options
    const place = { name: series.name, namespace: eventNamespace(series.record.object) }
    const body = { series: this.#seriesField(series) }
    const contentType = 'application/merge-patch+json'
    try {
      await rest.request({ method: 'PATCH', path: objectPath(eventType, place), contentType, body })
    } catch (error) {
      if (!(error instanceof KubeError && error.status === 404)) throw error
      await this.#create(series)
    }
  }

  #seriesField(series: Series) {
    return { count: series.count, lastObservedTime: microTime(this.#options.clock.date()) }
  }

  /** The first loss is worth a warning, the next ones are in the count. */
  #giveUp(key: string, error: unknown): void {
    const series = this.#series.get(key)
    if (series) this.#settle(key, series)
    this.#options.log[this.#dropped === 0 ? 'warn' : 'debug'](safeErrorFields(error), 'event dropped')
    this.#drop()
  }

  #drop(): void {
    this.#dropped += 1
    this.#options.onDropped?.()
  }
}

function fresh(record: EventRecord): Omit<Series, 'lastAt'> {
  const name = `${record.object.metadata.name.slice(0, 230)}.${randomBytes(8).toString('hex')}`
  return { record, name, count: 1, sentCount: 0, lastSentAt: Number.NEGATIVE_INFINITY }
}

/** Worth another attempt: no answer, too busy, or a fault of the server. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false
  return error.status === 0 || error.status === 429 || error.status >= 500
}
