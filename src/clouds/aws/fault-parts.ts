import { FaultError } from '../../api/fault.ts'
import { type Reason, retryOf } from '../../api/reasons.ts'
import { redact } from '../redact.ts'
import type { SdkError } from './sdk-error.ts'

/** A fault with the reason's own retry class, and the other side's Retry-After where `error` has one. */
export function fault(reason: Reason, message: string, error?: SdkError): FaultError {
  const retryAfterMs = error?.retryAfterMs
  const retry = retryOf(reason)
  return new FaultError(
    retryAfterMs === undefined ? { reason, message, retry } : { reason, message, retry, retryAfterMs },
  )
}

/** For messages: the code, or the status where there is no code worth naming. */
export function nameOf({ code, status }: SdkError): string {
  const known = code !== 'Unknown' && code !== 'Error'
  if (known) return redact(code)
  return status === undefined ? 'no answer' : `status ${status}`
}
