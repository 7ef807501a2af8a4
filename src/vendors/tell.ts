import type { VendorOutput } from '../api/generated/storage-vendor.ts'
import { fill, type PlaceholderValues } from './placeholders.ts'

/** What the user is told once the access stands: outputs for the vendor's form, and where to paste them. Templates. */
export interface Tell {
  readonly outputs: readonly VendorOutput[]
  readonly nextStep?: string | undefined
  readonly values: PlaceholderValues
}

/** What is told, filled in. */
export interface Told {
  readonly outputs: Readonly<Record<string, string>>
  readonly nextStep?: string | undefined
}

/**
 * Fills the templates in.
 *
 * @param facts what only the cloud knows, such as the bucket's own region; they win over what the account says.
 * @throws FaultError InvalidParameter for a parameter without a value.
 */
export function tell({ outputs, nextStep, values }: Tell, facts: PlaceholderValues = {}): Told {
  const known = { ...values, ...facts }
  return {
    outputs: Object.fromEntries(outputs.map(({ name, value }) => [name, fill(value, known)])),
    nextStep: nextStep === undefined ? undefined : fill(nextStep, known),
  }
}
