import type { VendorWhen } from '../api/generated/storage-vendor.ts'
import type { PlaceholderValues } from './placeholders.ts'

/** An entry of a recipe that may be left out. */
export interface Selectable {
  readonly access?: readonly string[] | undefined
  readonly when?: VendorWhen | undefined
}

/** Whether an entry applies at an access level: the level is listed (none: all), and everything in `when` holds. */
export function applies({ access, when }: Selectable, level: string, values: PlaceholderValues): boolean {
  return (access === undefined || access.includes(level)) && (when === undefined || holds(when, values))
}

function holds(
  { parameter, values: accepted, exceptValues: refused, given, partitions }: VendorWhen,
  values: PlaceholderValues,
): boolean {
  const value = parameter === undefined ? undefined : values[`parameters.${parameter}`]
  if (accepted !== undefined && (value === undefined || !accepted.includes(value))) return false
  if (refused !== undefined && value !== undefined && refused.includes(value)) return false
  if (given !== undefined && given !== (value !== undefined)) return false
  return partitions === undefined || partitions.some((partition) => partition === values.partition)
}
