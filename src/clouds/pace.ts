import { setTimeout } from 'node:timers/promises'

/** The clock that a {@link Pace} goes by; both in milliseconds. */
export interface PaceClock {
  now(): number
  wait(milliseconds: number, signal: AbortSignal): Promise<unknown>
}

const SYSTEM_CLOCK: PaceClock = {
  now: () => performance.now(),
  wait: (milliseconds, signal) => setTimeout(milliseconds, undefined, { signal }),
}

/**
 * Lets requests through at a steady rate with a burst of one second's worth (at least one): the generic cell rate algorithm, one
 * number of state and no timer while nobody waits. https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
export class Pace {
  readonly #clock: PaceClock
  readonly #interval: number
  readonly #burst: number
  #due = Number.NEGATIVE_INFINITY

  constructor(requestsPerSecond: number, clock: PaceClock = SYSTEM_CLOCK) {
    this.#interval = 1_000 / requestsPerSecond
    this.#burst = Math.max(1_000, this.#interval)
    this.#clock = clock
  }

  /** Counts a request that goes at once: a write must not wait between the read that it was planned from and itself. */
  charge(): void {
    const now = this.#clock.now()
    this.#due = Math.max(this.#due + this.#interval, now - this.#burst + this.#interval)
  }

  /**
   * Waits before a request that was turned away goes again for the n-th time: four intervals, then sixteen, and
   * `atLeastMs` where the other side named a time. It has to `take` its turn after that.
   */
  async stepBack(nth: number, signal: AbortSignal, atLeastMs = 0): Promise<void> {
    try {
      await this.#clock.wait(Math.max(this.#interval * 4 ** nth, atLeastMs), signal)
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  }

  /** Resolves when the next request may go; rejects with the signal's abort, and then counts for nothing. */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const now = this.#clock.now()
    this.#due = Math.max(this.#due + this.#interval, now - this.#burst + this.#interval)
    if (this.#due <= now) return
    try {
      await this.#clock.wait(this.#due - now, signal)
    } catch (error) {
      this.#due -= this.#interval
      signal.throwIfAborted()
      throw error
    }
  }
}
