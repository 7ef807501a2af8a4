import type { VendorOutput } from '../api/generated/storage-vendor.ts'
import { fill, type PlaceholderValues, placeholdersIn } from './placeholders.ts'

/** What the user is told once the access stands: outputs for the vendor's form, and where to paste them. Templates. */
export interface Tell {
  readonly outputs: readonly VendorOutput[]
  readonly nextStep?: string | undefined
  readonly values: PlaceholderValues
  /** The parameter that Mooring chooses; `facts.generated` is its value once the cloud has it. */
  readonly generated?: string | undefined
  /** Placeholders that may not be shown: outputs that hold one are left out. */
  readonly hidden?: readonly string[] | undefined
  /** Placeholders whose values the vendor has yet to hand out. */
  readonly awaiting?: readonly string[] | undefined
}

/** What is told, filled in. */
export interface Told {
  readonly outputs: Readonly<Record<string, string>>
  readonly nextStep?: string | undefined
}

/**
 * Fills the templates in. Outputs that need a value which is not there, or may not be shown, are left out.
 *
 * @param facts what only the cloud knows, such as the bucket's own region; they win over what the account says.
 */
export function tell(telling: Tell, facts: PlaceholderValues = {}): Told {
  const { outputs, nextStep, hidden = [], awaiting = [] } = telling
  const known = { ...telling.values, ...facts, ...chosenBy(telling, facts) }
  const untold = [...hidden, ...awaiting]
  const isKnown = (name: string): boolean => !untold.includes(name) && name in known
  const shown = outputs.filter(({ value }) => placeholdersIn(value).every(isKnown))
  const words = {
    ...Object.fromEntries(placeholdersIn(nextStep ?? '').map((name) => [name, `(no ${name})`])),
    ...known,
    ...Object.fromEntries(hidden.map((name) => [name, `(the value of ${name}, which is not shown)`])),
    ...Object.fromEntries(awaiting.map((name) => [name, `(${name}, not given yet)`])),
  }
  return {
    outputs: Object.fromEntries(shown.map(({ name, value }) => [name, fill(value, known)])),
    nextStep: nextStep === undefined ? undefined : fill(nextStep, words),
  }
}

function chosenBy({ generated }: Tell, facts: PlaceholderValues): PlaceholderValues {
  if (generated === undefined) return {}
  return { [`parameters.${generated}`]: facts.generated ?? '(chosen when it is applied)' }
}

/** Values that nobody may see, wherever a text that came from elsewhere may have them. */
export function hiddenValues(telling: Tell | undefined): string[] {
  return (telling?.hidden ?? []).flatMap((name) => telling?.values[name] ?? [])
}
