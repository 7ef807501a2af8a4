import { FaultError } from '../../api/fault.ts'
import { type Reason, retryOf } from '../../api/reasons.ts'
import { redact } from '../redact.ts'
import type { AzureError } from './azure-error.ts'

/** A fault with the reason's own retry class, and the other side's Retry-After where `error` has one. */
export function fault(reason: Reason, message: string, error?: AzureError): FaultError {
  const retryAfterMs = error?.retryAfterMs
  const retry = retryOf(reason)
  return new FaultError(
    retryAfterMs === undefined ? { reason, message, retry } : { reason, message, retry, retryAfterMs },
  )
}

/** For messages: the code, or the status where there is no code. */
export function nameOf({ code, status }: Pick<AzureError, 'code' | 'status'>): string {
  return code === '' ? `status ${status}` : redact(code)
}

/** Ids of one request, which Entra and Azure Storage put into their sentences. */
const OF_ONE_REQUEST =
  /\s*\b(?:trace|correlation|request|client-request) ?-?id\s*[:=]\s*['"]?[\w-]+['"]?\.?|\s*\btime(?:stamp)?\s*:\s*\S+(?: \d\d:\d\d:\d\dZ)?/gi

/** For messages: Azure's own words after a colon, or nothing; they end without a full stop. */
export function wordsOf({ text }: Pick<AzureError, 'text'>): string {
  const words = redact(text.replace(OF_ONE_REQUEST, '')).replace(/[.\s]+$/, '')
  return words === '' ? '' : `: ${words}`
}
