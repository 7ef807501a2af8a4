import type { Pool } from './agent-pools.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type Query = Readonly<Record<string, string | number | boolean | undefined>>

export interface RestRequest {
  readonly method: Method
  /** Absolute, already encoded, without a query. */
  readonly path: string
  readonly query?: Query | undefined
  /** Sent as JSON. */
  readonly body?: unknown
  /** `application/json` unless given; a PATCH must say which kind of patch it is. */
  readonly contentType?: string
  readonly pool?: Exclude<Pool, 'watch'>
  /** For the whole request with its retries; 30 s unless given, 5 s on the lease pool. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
  /** Asked right before every sending, also a repeated one; after a no the request fails with reason `NotLeader`. */
  readonly maySend?: () => boolean
}

export interface StreamRequest {
  readonly path: string
  readonly query?: Query
  /** Silence longer than this ends the stream with a KubeError of reason `Idle`; 120 s unless given. */
  readonly idleMs?: number
  readonly signal: AbortSignal
  /** Called when the server has taken the request, before its first byte. */
  readonly onOpen?: () => void
}

/** The one way to the API server. Every failure is a KubeError. */
export interface Rest {
  /**
   * Sends one request and returns the decoded answer.
   *
   * Sent again by itself only when that is safe: after a 401 with fresh credentials; a GET after a network failure, 429
   * or 5xx; any method after a 429 (the server did not look at it) if Retry-After is short. Everything else is for the
   * caller's queue, which finds the server's wish in `retryAfterMs`.
   */
  request<T>(request: RestRequest): Promise<T>
  /** Opens a long answer and yields its bytes as they come. Ends when the server ends it; never reconnects by itself. */
  stream(request: StreamRequest): AsyncIterable<Uint8Array>
  /** Ends all connections at once. */
  close(): Promise<void>
}
