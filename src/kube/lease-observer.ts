import type { Clock } from './clock.ts'
import type { Lease } from './lease-record.ts'

/**
 * Watches somebody else's lease by our own monotonic clock: a lease has expired when we have not seen it change for its
 * whole duration. The times written in it come from another machine's clock and are not looked at.
 */
export class LeaseObserver {
  readonly #clock: Clock
  #record = ''
  #changedAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notes a lease as just read. */
  see(lease: Lease): void {
    const record = JSON.stringify([lease.metadata.uid, lease.metadata.resourceVersion, lease.spec])
    if (record === this.#record) return
    this.#record = record
    this.#changedAt = this.#clock.now()
  }

  /** Whether the lease last seen is somebody's and alive. */
  isHeld(lease: Lease, fallbackMs: number): boolean {
    if (!lease.spec?.holderIdentity) return false
    const seconds = lease.spec.leaseDurationSeconds
    return this.#clock.now() < this.#changedAt + (seconds ? seconds * 1_000 : fallbackMs)
  }
}
