import { isJsonObject, type Json } from '../../plan/json.ts'
import { boundedWords } from '../bounded-words.ts'

/**
 * What a service of Azure answered instead of success. Three forms of the body are known: Resource Manager's and Graph's
 * (`error.code`, `error.message`), and that of Entra's token service (`error`, `error_description`, `error_codes`).
 * https://learn.microsoft.com/graph/errors, https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors,
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
export class AzureError extends Error {
  readonly status: number
  /** `AuthorizationFailed`, `Authorization_RequestDenied`, `AADSTS7000215`; empty where the body has none. */
  readonly code: string
  /** The codes in `details`, which Graph puts under a general one: `NoBackingApplicationObject`. */
  readonly details: readonly string[]
  /** Azure's own words; not for users before they went through `redact`. */
  readonly text: string
  readonly retryAfterMs: number | undefined

  constructor(status: number, body: Json | undefined, retryAfter?: string) {
    super(`status ${status}`)
    this.name = 'AzureError'
    const { code, details, text } = partsOf(body)
    this.status = status
    this.code = code
    this.details = details
    this.text = text
    this.retryAfterMs = retryAfterOf(retryAfter)
  }
}

function partsOf(body: Json | undefined): Pick<AzureError, 'code' | 'details' | 'text'> {
  if (!isJsonObject(body)) return { code: '', details: [], text: '' }
  const { error, error_description: description } = body
  if (typeof error === 'string') {
    const text = boundedWords(textOf(description))
    return { code: aadCodeIn(text) ?? error, details: [], text }
  }
  const { code, message, details } = isJsonObject(error) ? error : body
  const inner = Array.isArray(details) ? details.filter(isJsonObject) : []
  return {
    code: textOf(code),
    details: inner.map((detail) => textOf(detail.code)),
    text: boundedWords(textOf(message)),
  }
}

/** The number by which Entra says what is wrong: AADSTS7000215. */
export function aadCodeIn(text: string): string | undefined {
  return /\bAADSTS\d{4,9}\b/.exec(text)?.[0]
}

/** Retry-After is seconds or a date; a date is left to the queue's own backoff. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function retryAfterOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d+$/.test(value) ? Math.min(Number(value) * 1_000, 3_600_000) : undefined
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
