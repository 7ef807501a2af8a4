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

  /** Milliseconds for which the lease last seen goes on being somebody's; none when nobody has it, or it has expired. */
  heldForMs(lease: Lease, fallbackMs: number): number {
    if (!lease.spec?.holderIdentity) return 0
    const seconds = lease.spec.leaseDurationSeconds
    return Math.max(0, this.#changedAt + (seconds ? seconds * 1_000 : fallbackMs) - this.#clock.now())
  }
}
