import { FaultError } from '../../api/fault.ts'
import { type Reason, retryOf } from '../../api/reasons.ts'
import { redact } from '../redact.ts'
import type { GoogleError } from './google-error.ts'

/** A fault with the reason's own retry class, and the other side's Retry-After where `error` has one. */
export function fault(reason: Reason, message: string, error?: GoogleError): FaultError {
  const retryAfterMs = error?.retryAfterMs
  const retry = retryOf(reason)
  return new FaultError(
    retryAfterMs === undefined ? { reason, message, retry } : { reason, message, retry, retryAfterMs },
  )
}

/** For messages: the code, or the status where there is no code. */
export function nameOf({ code, status }: GoogleError): string {
  return code === '' ? `status ${status}` : redact(code)
}

/** For messages: Google's own words after a colon, or nothing; they end without a full stop. */
export function wordsOf({ text }: GoogleError): string {
  const words = redact(text).replace(/[.\s]+$/, '')
  return words === '' ? '' : `: ${words}`
}
