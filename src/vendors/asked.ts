import { type PlaceholderValues, placeholdersIn } from './placeholders.ts'
import { applies, type Selectable } from './when.ts'

/** What one integration asks a recipe for. */
export interface Asked {
  readonly access: string
  readonly values: PlaceholderValues
  /** Placeholders whose values the vendor has yet to hand out. */
  readonly awaiting: readonly string[]
}

/** Whether an entry of the recipe is wanted now: it applies, and everything that it names is known. */
export function isWanted(entry: Selectable, { access, values, awaiting }: Asked): boolean {
  if (!applies(entry, access, values)) return false
  return (
    awaiting.length === 0 || !placeholdersIn(JSON.stringify(entry)).some((name) => awaiting.includes(name))
  )
}
