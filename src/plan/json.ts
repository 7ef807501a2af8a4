/** A JSON value as it came from a cloud; numbers that JavaScript cannot hold stay as raw text. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

/** `JSON.rawJSON` and friends (ES2026, Node ≥ 22), not yet in TypeScript's library. */
const raw = JSON as unknown as {
  rawJSON(text: string): Json
  isRawJSON(value: unknown): value is { readonly rawJSON: string }
  parse(
    text: string,
    reviver: (key: string, value: Json, context: { readonly source?: string }) => Json,
  ): Json
}

/**
 * Parses JSON without losing digits: a number that would be written back differently (1.0, 1e3, 2^53+1) is kept
 * as raw text, so that a stranger's entry survives a round trip unchanged.
 *
 * @throws SyntaxError when the text is no JSON.
 */
export function parseLosslessly(text: string): Json {
  return raw.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source
      ? raw.rawJSON(source)
      : value,
  )
}

/** JSON text in which equal values are equal texts: keys sorted at every depth, a Date as its instant in UTC. */
export function canonicalJson(value: unknown): string {
  if (raw.isRawJSON(value)) return canonicalNumber(value.rawJSON)
  if (value instanceof Date) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object' && value !== null) return canonicalObject(value as Record<string, unknown>)
  return JSON.stringify(value) ?? 'null'
}

/** True for a JSON object (no list, no null, no raw number, no Date). */
export function isJsonObject(value: unknown): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !raw.isRawJSON(value) && !(value instanceof Date)
}

/** The text of a JSON scalar as IAM reads it: `true` and `"true"`, `5` and `"5"` mean the same. */
export function scalarText(value: unknown): string {
  if (raw.isRawJSON(value)) return value.rawJSON
  return typeof value === 'string' ? value : canonicalJson(value)
}

function canonicalObject(value: Record<string, unknown>): string {
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`
}

/** 1.0 and 1 are one number; digits beyond a double's reach stay text. */
function canonicalNumber(source: string): string {
  const value = Number(source)
  return Number.isSafeInteger(value) ? String(value) : source
}

/** For people and for sizes: a text as it is, anything else as JSON. Never fails, whatever somebody has put there. */
export function textOf(value: Json): string {
  return typeof value === 'string' ? value : canonicalJson(value)
}
