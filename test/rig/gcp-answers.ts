/** What the façade answers, and how Google's two kinds of API put an error. */

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is, for what is not JSON. */
  readonly bytes?: Buffer
}

/** Thrown by whoever serves a request; it becomes the answer. */
export class Refusal extends Error {
  readonly answer: Answer
  constructor(answer: Answer, message: string) {
    super(message)
    this.answer = answer
  }
}

export const ok = (json: unknown): Answer => ({ status: 200, json })

/**
 * An error of Cloud Storage's JSON API. The reasons that go with a status:
 * https://cloud.google.com/storage/docs/json_api/v1/status-codes
 */
export function storageError(code: number, reason: string, message: string): Refusal {
  const domain = reason === 'rateLimitExceeded' ? 'usageLimits' : 'global'
  const errors = [{ message, domain, reason }]
  return new Refusal({ status: code, json: { error: { code, message, errors } } }, message)
}

/** An error of IAM and of Service Account Credentials: https://cloud.google.com/apis/design/errors#http_mapping */
export function iamError(code: number, status: string, message: string): Refusal {
  return new Refusal({ status: code, json: { error: { code, message, status } } }, message)
}

/** An error in the style of the API that the path belongs to. */
export function errorFor(path: string, code: number, message?: string): Refusal {
  const { reason, status, words } = outages[code] ?? { reason: 'invalid', status: 'UNKNOWN', words: 'Error' }
  return isStorage(path)
    ? storageError(code, reason, message ?? words)
    : iamError(code, status, message ?? words)
}

export const isStorage = (path: string) => !path.startsWith('/v1/')

interface Outage {
  readonly reason: string
  readonly status: string
  readonly words: string
}

const outages: Readonly<Record<number, Outage>> = {
  400: { reason: 'invalid', status: 'INVALID_ARGUMENT', words: 'Invalid argument.' },
  401: { reason: 'authError', status: 'UNAUTHENTICATED', words: 'Invalid Credentials' },
  403: { reason: 'forbidden', status: 'PERMISSION_DENIED', words: 'Forbidden' },
  404: { reason: 'notFound', status: 'NOT_FOUND', words: 'Not Found' },
  409: { reason: 'conflict', status: 'ABORTED', words: 'Conflict' },
  412: { reason: 'conditionNotMet', status: 'FAILED_PRECONDITION', words: 'Precondition Failed' },
  429: {
    reason: 'rateLimitExceeded',
    status: 'RESOURCE_EXHAUSTED',
    words: 'The rate of requests exceeded the limit. Please reduce your request rate.',
  },
  500: {
    reason: 'internalError',
    status: 'INTERNAL',
    words: 'We encountered an internal error. Please try again.',
  },
  502: { reason: 'badGateway', status: 'UNAVAILABLE', words: 'Bad Gateway' },
  503: { reason: 'backendError', status: 'UNAVAILABLE', words: 'Backend Error' },
  504: { reason: 'gatewayTimeout', status: 'DEADLINE_EXCEEDED', words: 'Gateway Timeout' },
}
