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

/** What lets writes of one thing through one by one (pace.ts). */
export interface Turns {
  /** Resolves when the next one may go. */
  take(signal: AbortSignal): Promise<void>
}

/** What a session asks of the process that it runs in. */
export interface SessionHooks {
  /** How fast one thing may be written, whoever writes it: the same for all sessions. Absent: each session has its own. */
  paceOf?(thing: string, perSecond: number): Turns
  /** Called right before every request that writes. Throws FaultError when this process leads no more. */
  fence(): void
  /** Called once after every request that went out. */
  onCall(call: CloudCall): void
}
