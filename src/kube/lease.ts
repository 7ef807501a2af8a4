import { type Clock, sleep, systemClock } from './clock.ts'
import { isConflict, isNotFound } from './kube-error.ts'
import { LeaseObserver } from './lease-observer.ts'
import { heldBy, type Lease, type LeaseSpec, releasedBy } from './lease-record.ts'
import type { Log } from './log.ts'
import { collectionPath, objectPath, type ResourceType } from './resource-type.ts'
import type { Rest } from './rest.ts'
import { safeErrorFields } from './safe-error.ts'

const leaseType: ResourceType = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
}

/**
 * Candidates look at a lease that is held this much later than every retry period at most, and again at the very moment at which it
 * expires: a leader that is killed right after a renewal is followed within retryPeriod × 1.2 + leaseDuration.
 */
const JITTER = 0.2

export interface LeaderElectorOptions {
  readonly rest: Rest
  readonly namespace: string
  readonly name: string
  /** Must differ between processes, also between two starts of one pod. */
  readonly identity: string
  readonly log: Log
  /** How long others wait before they take the lease of a leader that has gone silent; 15 s. */
  readonly leaseDurationMs?: number
  /** How long after its last renewal a leader leads; 10 s. The difference is what its passes have to end in. */
  readonly renewDeadlineMs?: number
  /** How often the lease is renewed, or tried for; 2 s. */
  readonly retryPeriodMs?: number
  readonly clock?: Clock
  readonly random?: () => number
}

export interface LeaderCallbacks {
  /** Called once, when this process leads. The signal aborts when it no longer does. */
  readonly onStarted: (signal: AbortSignal) => void
  /** Called once after `onStarted`, when leadership is lost or was released. */
  readonly onStopped: (why: 'lost' | 'released') => void
}

/**
 * Leader election over a Lease, as client-go does it, with two differences: leadership counts from the moment a renewal
 * was sent, not answered, and `isLeader` is measured with the monotonic clock whenever it is asked, so that a process
 * whose event loop stood still finds itself deposed before it can write.
 */
export class LeaderElector {
  readonly #options: Required<LeaderElectorOptions>
  readonly #observer: LeaseObserver
  readonly #released = new AbortController()
  #lease: Lease | undefined
  #leadsUntil = Number.NEGATIVE_INFINITY
  /** For how long the lease is somebody else's, as of the last look; 0 when that is not known. */
  #heldForMs = 0
  #running: Promise<void> = Promise.resolve()

  constructor(options: LeaderElectorOptions) {
    const defaults = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000 }
    this.#options = { ...defaults, clock: systemClock, random: Math.random, ...options }
    this.#observer = new LeaseObserver(this.#options.clock)
  }

  /** The fence: true only while nobody else can lead. To be asked before every write to the outside. */
  isLeader(): boolean {
    return this.#options.clock.now() < this.#leadsUntil
  }

  /** Waits for leadership, then keeps it, until it is lost or `release` is called. To be called once. */
  run(callbacks: LeaderCallbacks): Promise<void> {
    this.#running = this.#campaign(callbacks)
    return this.#running
  }

  /**
   * Ends the campaign and, if this process leads, gives the lease up so that the next one need not wait. To be called when
   * nothing writes any more. Never rejects: a lease that cannot be given up expires.
   */
  async release(): Promise<void> {
    this.#released.abort()
    await this.#running
    // Asked only now: the campaign may have won with a request that was under way.
    const led = this.isLeader()
    this.#leadsUntil = Number.NEGATIVE_INFINITY
    const lease = this.#lease
    if (!led || !lease?.spec) return
    const { clock, log } = this.#options
    await this.#put(lease, releasedBy(lease.spec, clock.date())).then(
      () => log.info({ lease: this.#options.name }, 'lease released'),
      (error: unknown) => log.warn(safeErrorFields(error), 'lease not released, it expires by itself'),
    )
  }

  async #campaign(callbacks: LeaderCallbacks): Promise<void> {
    await this.#acquire()
    if (!this.isLeader() || this.#released.signal.aborted) return
    const { log, name, identity } = this.#options
    log.info({ lease: name, identity }, 'leading')
    const leading = new AbortController()
    callbacks.onStarted(leading.signal)
    await this.#keep()
    const why = this.#released.signal.aborted ? 'released' : 'lost'
    if (why === 'lost') {
      this.#leadsUntil = Number.NEGATIVE_INFINITY
      log.error({ lease: name, identity }, 'leadership lost')
    }
    leading.abort(new Error(`leadership ${why}`))
    callbacks.onStopped(why)
  }

  async #acquire(): Promise<void> {
    const { clock, retryPeriodMs, random } = this.#options
    while (!this.#released.signal.aborted) {
      await this.#try()
      if (this.isLeader()) return
      const pause = retryPeriodMs * (1 + JITTER * random())
      await sleep(
        clock,
        this.#heldForMs > 0 ? Math.min(pause, this.#heldForMs) : pause,
        this.#released.signal,
      )
    }
  }

  /** Returns when released, or when the deadline has passed; a renewal that succeeds after it comes too late. */
  async #keep(): Promise<void> {
    const { clock, retryPeriodMs } = this.#options
    while (!this.#released.signal.aborted && this.isLeader()) {
      const until = this.#leadsUntil
      await sleep(clock, Math.min(retryPeriodMs, until - clock.now()), this.#released.signal)
      if (this.#released.signal.aborted || !this.isLeader()) return
      await this.#try()
      if (clock.now() >= until) return
    }
  }

  /** One attempt to take or renew the lease. Failures are normal here: another attempt follows soon. */
  async #try(): Promise<void> {
    const { clock, renewDeadlineMs, log } = this.#options
    const sentAt = clock.now()
    this.#heldForMs = 0
    try {
      this.#lease = await this.#takeOrRenew()
      this.#leadsUntil = this.#lease ? sentAt + renewDeadlineMs : Number.NEGATIVE_INFINITY
    } catch (error) {
      this.#lease = undefined
      if (!isConflict(error))
        log.warn({ ...safeErrorFields(error), lease: this.#options.name }, 'lease not reached')
    }
  }

  /** The lease as it is when it is ours; undefined when it is somebody else's. The fast path needs one request. */
  async #takeOrRenew(): Promise<Lease | undefined> {
    const { identity, clock, leaseDurationMs } = this.#options
    const lease = this.#lease ?? (await this.#read())
    const spec = heldBy(identity, lease?.spec, clock.date(), leaseDurationMs)
    if (!lease) return this.#create(spec)
    if (lease.spec?.holderIdentity === identity) return this.#put(lease, spec)
    this.#observer.see(lease)
    this.#heldForMs = this.#observer.heldForMs(lease, leaseDurationMs)
    return this.#heldForMs > 0 ? undefined : this.#put(lease, spec)
  }

  async #read(): Promise<Lease | undefined> {
    try {
      return await this.#request<Lease>('GET')
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  #create(spec: LeaseSpec): Promise<Lease> {
    const { namespace, name } = this.#options
    return this.#request('POST', { ...head, metadata: { namespace, name }, spec })
  }

  /** The resourceVersion in the metadata makes this fail with a conflict if anybody else was faster. */
  #put(lease: Lease, spec: LeaseSpec): Promise<Lease> {
    return this.#request('PUT', { ...lease, ...head, spec })
  }

  /** Half the deadline leaves room for a second attempt; a leader waits for no answer beyond its deadline. */
  #timeoutMs(): number {
    const { clock, renewDeadlineMs } = this.#options
    const patience = Math.max(1_000, renewDeadlineMs / 2)
    return this.isLeader() ? Math.min(patience, this.#leadsUntil - clock.now()) : patience
  }

  #request<T>(method: 'GET' | 'POST' | 'PUT', body?: unknown): Promise<T> {
    const { rest, namespace, name } = this.#options
    const path =
      method === 'POST' ? collectionPath(leaseType, namespace) : objectPath(leaseType, { namespace, name })
    return rest.request<T>({ method, path, body, pool: 'lease', timeoutMs: this.#timeoutMs() })
  }
}

const head = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' } as const
