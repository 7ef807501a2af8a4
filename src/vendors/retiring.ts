import type { VendorPrincipal, VendorS3 } from '../api/generated/storage-vendor.ts'
import type { Asked } from './asked.ts'
import { fill } from './placeholders.ts'

/** Former principals that are kept today where Mooring wrote them before, for a claimed entry. */
export function retiringOf(
  { retiring = [] }: VendorPrincipal,
  { values, now = 0 }: Asked,
): { readonly retiring?: readonly string[] } {
  const kept = retiring.filter(({ until }) => until === undefined || Date.parse(until) > now)
  return kept.length === 0 ? {} : { retiring: kept.map(({ aws }) => fill(aws, values)) }
}

/** When the next one is kept no longer, in milliseconds since the epoch; undefined where none has a day to come. */
export function nextRetirement({ bucketPolicy, role, keyPolicy }: VendorS3, now: number): number | undefined {
  const statements = [
    ...(bucketPolicy?.statements ?? []),
    ...(role?.trust.statements ?? []),
    ...(keyPolicy?.statements ?? []),
  ]
  const days = statements.flatMap(({ principal }) => (principal?.retiring ?? []).map(({ until }) => until))
  const times = days.flatMap((day) => (day === undefined ? [] : [Date.parse(day)])).filter((at) => at > now)
  return times.length === 0 ? undefined : Math.min(...times)
}
