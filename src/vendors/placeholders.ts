import { FaultError } from '../api/fault.ts'

/**
 * Names that `${…}` may hold in a vendor's recipe, besides `parameters.<name>`. A closed set: an unknown name makes
 * the StorageVendor `Ready=False`, so a misspelt recipe never reaches a cloud.
 */
export const PLACEHOLDERS = [
  'partition',
  'accountId',
  'region',
  'bucket',
  'prefix',
  'namespace',
  'name',
] as const

/** The value of every placeholder for one integration; parameters under `parameters.<name>`. */
export type PlaceholderValues = Readonly<Record<string, string>>

const PLACEHOLDER = /\$\{([^}]*)\}/g

/** The names in a text, in order. */
export function placeholdersIn(text: string): string[] {
  return [...text.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '')
}

/** True for a name of the closed set, or `parameters.<declared name>`. */
export function isPlaceholder(name: string, parameters: readonly string[]): boolean {
  const parameter = /^parameters\.(.+)$/.exec(name)?.[1]
  if (parameter !== undefined) return parameters.includes(parameter)
  return (PLACEHOLDERS as readonly string[]).includes(name)
}

/**
 * The text with its placeholders filled in once; a value is never looked at again, so a value that holds `${…}`
 * cannot pull in another one.
 *
 * @throws FaultError InvalidParameter for a name without a value: a parameter that may be left out in general, but
 * not here (other names were checked by `recipeFaults`).
 */
export function fill(text: string, values: PlaceholderValues): string {
  return text.replace(PLACEHOLDER, (_whole, name: string) => {
    const value = values[name]
    if (value === undefined) throw missing(name)
    return value
  })
}

/** Each of the texts filled in; see {@link fill}. */
export function filled(texts: readonly string[], values: PlaceholderValues): string[] {
  return texts.map((text) => fill(text, values))
}

function missing(name: string): FaultError {
  const message = `spec.${name}: the vendor’s recipe needs it for what this integration asks for. Give it a value.`
  return new FaultError({ reason: 'InvalidParameter', message, retry: 'OnChange' })
}
