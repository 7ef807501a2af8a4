import type { Reason } from './reasons.ts'

/**
 * How a failure is tried again. The queue is the only place that waits.
 *
 * - `Backoff`: may heal by itself or by someone's hand soon; exponential, capped at five minutes.
 * - `Slow`: heals only by someone's hand in the cloud (a missing permission); tried again every few minutes.
 * - `OnChange`: heals only by an edit in the cluster, which wakes the pass; not tried again by a timer.
 */
export type RetryClass = 'Backoff' | 'Slow' | 'OnChange'

/**
 * A failure as data: what the condition says and how it is tried again.
 * `message` is for users: what is wrong, where, what to do next. It never holds a secret, a time or a request id.
 */
export interface Fault {
  readonly reason: Reason
  readonly message: string
  readonly retry: RetryClass
  /** Milliseconds that the other side asked us to wait, if it did (Retry-After). */
  readonly retryAfterMs?: number | undefined
  /** For InvalidPrincipal: the principal that the cloud refused, if it said which. */
  readonly principal?: string | undefined
  /** True where the cloud said for certain that it carried out nothing: the guard of a write did not hold. */
  readonly notWritten?: true | undefined
}

/** The one error class of the project: a {@link Fault} that travels by `throw`. */
export class FaultError extends Error {
  readonly fault: Fault
  constructor(fault: Fault, options?: ErrorOptions) {
    super(fault.message, options)
    this.name = 'FaultError'
    this.fault = fault
  }
}
