import { boundedWords } from '../bounded-words.ts'

/** What an error of the AWS SDK says, in one shape for every service, parser failure and socket error. */
export interface SdkError {
  /** AWS' error code, or the name of what went wrong below it: `NoSuchBucket`, `ECONNREFUSED`; may be `Unknown`. */
  readonly code: string
  readonly status: number | undefined
  /** AWS' own words; not for users before they went through `redact`. */
  readonly text: string
  /** S3's <Detail>, e.g. of MalformedPolicy. */
  readonly detail: string | undefined
  /** The region that S3 says the bucket is in. */
  readonly region: string | undefined
  readonly retryAfterMs: number | undefined
}

/** Reads what the SDK throws. https://github.com/aws/aws-sdk-js-v3/blob/main/supplemental-docs/ERROR_HANDLING.md */
export function readSdkError(error: unknown): SdkError {
  const fields = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
  const headers = record(record(fields.$response).headers)
  return {
    code: codeOf(fields),
    status: numberOf(record(fields.$metadata).httpStatusCode),
    text: boundedWords(textOf(fields.message) ?? ''),
    detail: textOf(fields.Detail),
    region: regionOf(fields, headers),
    retryAfterMs: retryAfterOf(textOf(headers['retry-after'])),
  }
}

/** A socket error keeps its code although the SDK renames some of them to TimeoutError. */
function codeOf(fields: Readonly<Record<string, unknown>>): string {
  const inner = record(record(fields.errors)['0'])
  return textOf(fields.Code) ?? textOf(fields.code) ?? textOf(inner.code) ?? textOf(fields.name) ?? 'Unknown'
}

/**
 * From the header, or from the body of AuthorizationHeaderMalformed and IllegalLocationConstraint. It becomes part
 * of a host name, so only what looks like a region counts.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
 */
function regionOf(
  fields: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, unknown>>,
): string | undefined {
  const region = textOf(headers['x-amz-bucket-region']) ?? textOf(fields.Region)
  return region !== undefined && /^[a-z]{2,6}(?:-[a-z0-9]+){1,4}$/.test(region) ? region : undefined
}

/** Retry-After is seconds or a date. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function retryAfterOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isFinite(milliseconds) ? Math.min(Math.max(milliseconds, 0), 3_600_000) : undefined
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
