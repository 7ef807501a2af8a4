import type { Json } from '../../plan/json.ts'

/** A list of texts whose order and doubles do not count; anything else stays as it is. */
export function setOf(value: Json, form: (text: string) => string = (text) => text): Json {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) return value
  return [...new Set(value.map(form))].sort()
}
