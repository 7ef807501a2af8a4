import { FaultError } from '../api/fault.ts'
import { retryOf } from '../api/reasons.ts'
import type { Json } from '../plan/json.ts'

/** For a document that could not be written back without loss. `label` is for people: "CORS configuration". */
export function unreadable(label: string, why: string): FaultError {
  return new FaultError({
    reason: 'UnreadableDocument',
    message: `the ${label} cannot be taken apart: ${why}. Nothing was written.`,
    retry: retryOf('UnreadableDocument'),
  })
}

/**
 * A list as it came; absent or null is an empty one.
 *
 * @throws FaultError UnreadableDocument for anything else.
 */
export function asList(value: Json | undefined, label: string): readonly Json[] {
  if (value === undefined || value === null) return []
  if (Array.isArray(value)) return value
  throw unreadable(label, 'it is not a list')
}
