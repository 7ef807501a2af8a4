/** What the test cloud answers, and how each of Azure's services puts an error. */
import { randomUUID } from 'node:crypto'

export type Service = 'arm' | 'graph' | 'entra' | 'blob' | 'metadata'

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | string[]>>
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is, for what is not JSON. */
  readonly bytes?: Buffer
  /** No answer at all: the connection ends, as with a host that is not there. */
  readonly isCut?: boolean
}

/** Thrown by whoever serves a request; it becomes the answer. */
export class Refusal extends Error {
  readonly answer: Answer
  constructor(answer: Answer, message: string) {
    super(message)
    this.answer = answer
  }
}

export const ok = (json: unknown, status = 200): Answer => ({ status, json })

/** Resource Manager: https://learn.microsoft.com/en-us/azure/azure-resource-manager/troubleshooting/find-error-code */
export function armError(status: number, code: string, message: string, headers = {}): Refusal {
  return new Refusal({ status, headers, json: { error: { code, message } } }, message)
}

/** Microsoft Graph: https://learn.microsoft.com/en-us/graph/errors */
export function graphError(status: number, code: string, message: string, more = {}, headers = {}): Refusal {
  const ids = { date: new Date().toISOString().slice(0, 19), 'request-id': randomUUID() }
  const innerError = { ...ids, 'client-request-id': randomUUID() }
  return new Refusal({ status, headers, json: { error: { code, message, ...more, innerError } } }, message)
}

/** Entra ID: https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes */
export function entraError(
  status: number,
  error: string,
  code: number,
  words: string,
  headers = {},
): Refusal {
  const ids = `Trace ID: ${randomUUID()} Correlation ID: ${randomUUID()} Timestamp: ${new Date().toISOString()}`
  const error_description = `AADSTS${code}: ${words} ${ids}`
  return new Refusal({ status, headers, json: { error, error_description, error_codes: [code] } }, words)
}

/** Blob storage: https://learn.microsoft.com/en-us/rest/api/storageservices/status-and-error-codes2 */
export function blobError(status: number, code: string, words: string, headers = {}): Refusal {
  const message = `${words}\nRequestId:${randomUUID()}\nTime:${new Date().toISOString()}`
  const xml = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`
  const told = { 'content-type': 'application/xml', 'x-ms-error-code': code, ...headers }
  return new Refusal({ status, headers: told, bytes: Buffer.from(xml) }, words)
}

/** An outage, or whatever a test orders, in the form of the service. */
export function failure(service: Service, status: number, words?: string, retryAfter?: number): Refusal {
  const { code, message } = outages[status] ?? { code: 'BadRequest', message: 'The request is not valid.' }
  const isPassing = status === 429 || status === 503
  const headers = isPassing && retryAfter !== undefined ? { 'retry-after': `${retryAfter}` } : {}
  const [named, said] = withCode(words) ?? [code, words ?? message]
  if (service === 'blob') return blobError(status, named, said, headers)
  if (service === 'entra') return entraError(status, 'temporarily_unavailable', 90033, said, headers)
  return service === 'graph'
    ? graphError(status, named, said, {}, headers)
    : armError(status, named, said, headers)
}

/** A test may give `Code: words`. */
function withCode(words = ''): readonly [string, string] | undefined {
  const [, code, said] = /^([A-Z]\w+): (.+)$/s.exec(words) ?? []
  return code && said ? [code, said] : undefined
}

/** Of 429: https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/request-limits-and-throttling */
const outages: Readonly<Record<number, { readonly code: string; readonly message: string }>> = {
  401: { code: 'InvalidAuthenticationToken', message: 'The access token is invalid.' },
  403: { code: 'Forbidden', message: 'Forbidden.' },
  404: { code: 'NotFound', message: 'Not found.' },
  409: { code: 'Conflict', message: 'Conflict.' },
  429: {
    code: 'TooManyRequests',
    message: 'The request is being throttled as the limit has been reached for operation type.',
  },
  500: { code: 'InternalServerError', message: 'Encountered internal server error.' },
  502: { code: 'BadGateway', message: 'Bad gateway.' },
  503: { code: 'ServiceUnavailable', message: 'The service is unavailable.' },
  504: { code: 'GatewayTimeout', message: 'The gateway did not receive a response in time.' },
}
