import { isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import { boundedWords } from '../bounded-words.ts'

/**
 * What a Google API answered instead of success. Three forms of the body are known: the JSON APIs' (Cloud Storage), the
 * newer one with `status` and `details` (IAM, https://google.aip.dev/193), and OAuth's (`error`, `error_description`,
 * https://www.rfc-editor.org/rfc/rfc6749#section-5.2).
 */
export class GoogleError extends Error {
  readonly status: number
  /** `conditionNotMet`, `PERMISSION_DENIED`, `invalid_grant`; empty where the body has none. */
  readonly code: string
  /** The reason in `details`: `SERVICE_DISABLED`, `IAM_PERMISSION_DENIED`. */
  readonly detail: string | undefined
  /** What `details` say beside it: `service`, `permission`. */
  readonly metadata: Readonly<Record<string, string>>
  /** Google's own words; not for users before they went through `redact`. */
  readonly text: string
  readonly retryAfterMs: number | undefined

  constructor(status: number, body: Json | undefined, retryAfter?: string) {
    super(`status ${status}`)
    this.name = 'GoogleError'
    const parts = partsOf(body)
    this.status = status
    this.code = parts.code
    this.text = boundedWords(parts.text)
    this.detail = parts.detail
    this.metadata = parts.metadata
    this.retryAfterMs = retryAfterOf(retryAfter)
  }
}

type Parts = Pick<GoogleError, 'code' | 'text' | 'detail' | 'metadata'>

function partsOf(body: Json | undefined): Parts {
  const { error, error_description: description } = isJsonObject(body) ? body : {}
  if (typeof error === 'string')
    return { code: error, text: textOf(description), detail: undefined, metadata: {} }
  if (!isJsonObject(error)) return { code: '', text: '', detail: undefined, metadata: {} }
  const info = objectsIn(error.details).find(({ reason }) => typeof reason === 'string')
  const [first] = objectsIn(error.errors)
  return {
    code: textOf(error.status) || textOf(first?.reason),
    text: textOf(error.message),
    detail: info === undefined ? undefined : textOf(info.reason),
    metadata: textsIn(info?.metadata),
  }
}

/** Retry-After is seconds or a date; a date is left to the queue's own backoff. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function retryAfterOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d+$/.test(value) ? Math.min(Number(value) * 1_000, 3_600_000) : undefined
}

function objectsIn(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

function textsIn(value: Json | undefined): Record<string, string> {
  const entries = isJsonObject(value) ? Object.entries(value) : []
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
