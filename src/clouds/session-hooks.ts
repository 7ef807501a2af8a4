import type { Reason } from '../api/reasons.ts'

/** One request that went out to a cloud; what metrics count. It carries no name of a bucket, person or key. */
export interface CloudCall {
  /** `s3`, `sts` */
  readonly service: string
  /** The API's own name: `GetBucketPolicy`. */
  readonly operation: string
  readonly result: 'ok' | 'Aborted' | Reason
  readonly milliseconds: number
}

/** What a session asks of the process that it runs in. */
export interface SessionHooks {
  /** Called right before every request that writes. Throws FaultError when this process leads no more. */
  fence(): void
  /** Called once after every request that went out. */
  onCall(call: CloudCall): void
}
