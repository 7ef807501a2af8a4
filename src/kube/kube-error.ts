/**
 * A request to the API server that did not succeed.
 *
 * `status` is the HTTP status, or 0 when there was no answer. `reason` is the API server's own (`NotFound`, `Conflict`,
 * `Expired` …); without an answer it is one of `ConnectionFailed`, `TlsFailed`, `TimedOut`, `Idle`, `Aborted`; `NotLeader`
 * when the fence refused to send. The message is safe to log and to show: it holds no body, no header and no field values.
 */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly status: number
  readonly reason: string
  readonly retryAfterMs?: number
  /** The fields that the API server finds wrong, without their values. */
  readonly fields: readonly string[]

  constructor(details: {
    readonly status: number
    readonly reason: string
    readonly message: string
    readonly retryAfterMs?: number | undefined
    readonly fields?: readonly string[]
  }) {
    super(details.message)
    this.status = details.status
    this.reason = details.reason
    this.fields = details.fields ?? []
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs
  }
}

export function isNotFound(error: unknown): error is KubeError {
  return error instanceof KubeError && error.status === 404
}

/** Somebody else wrote first: read again and decide again. */
export function isConflict(error: unknown): error is KubeError {
  return error instanceof KubeError && error.status === 409
}

/** The resource version or continue token is too old: list again. */
export function isExpired(error: unknown): error is KubeError {
  return error instanceof KubeError && error.status === 410
}
