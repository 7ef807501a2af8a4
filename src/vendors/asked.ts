import { type PlaceholderValues, placeholdersIn } from './placeholders.ts'
import { applies, type Selectable } from './when.ts'

/** What one integration asks a recipe for. */
export interface Asked {
  readonly access: string
  readonly values: PlaceholderValues
  /** Placeholders whose values the vendor has yet to hand out. */
  readonly awaiting: readonly string[]
  /** Milliseconds since the epoch. Absent: no day of the recipe has come yet. */
  readonly now?: number | undefined
}

/** Whether an entry of the recipe is wanted now: it applies, and everything that it names is known. */
export function isWanted(entry: Selectable, { access, values, awaiting }: Asked): boolean {
  return applies(entry, access, values) && isKnown(entry, awaiting)
}

/** False while a part of the recipe names something that the vendor has yet to hand out. */
export function isKnown(part: unknown, awaiting: readonly string[]): boolean {
  return (
    awaiting.length === 0 || !placeholdersIn(JSON.stringify(part)).some((name) => awaiting.includes(name))
  )
}
