import type { Fault } from '../api/fault.ts'
import type { Reason } from '../api/reasons.ts'

/** A value, or the fault that stands in its place. */
export type Found<T> = { readonly ok: true; readonly value: T } | Refused
/** A fault that only an edit in the cluster heals. */
export interface Refused {
  readonly ok: false
  readonly fault: Fault
}

export function found<T>(value: T): Found<T> {
  return { ok: true, value }
}

export function refuse(reason: Reason, message: string): Refused {
  return { ok: false, fault: { reason, message, retry: 'OnChange' } }
}
