import { KubeError } from './kube-error.ts'

/** Longer waits are the queue's business; nothing sleeps that long while it holds a worker. */
const longestWaitMs = 2_000
const attempts = 3

/**
 * How long to wait before a request may be sent again, in milliseconds; undefined: it must not be.
 * A write whose answer got lost may have been done, so only a GET, or a 429 that refuses to look, is sent again.
 */
export function retryDelayMs(method: string, attempt: number, error: unknown): number | undefined {
  if (!(error instanceof KubeError) || attempt >= attempts) return undefined
  const delay = error.retryAfterMs ?? 100 * attempt
  if (delay > longestWaitMs) return undefined
  if (error.status === 429) return error.retryAfterMs === undefined && method !== 'GET' ? undefined : delay
  const again = error.status >= 500 || error.reason === 'ConnectionFailed'
  return method === 'GET' && again ? delay : undefined
}
