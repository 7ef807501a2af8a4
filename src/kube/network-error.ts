import { errors } from 'undici'
import { KubeError } from './kube-error.ts'

const timeouts = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT']

/** Codes with which Node refuses a server's certificate. */
const tlsCode = /^(ERR_TLS_|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|ERR_SSL_|HOSTNAME_MISMATCH)/

/** Translates a failure below HTTP. Only the error's code is told on, never its message. */
export function networkError(what: string, error: unknown): KubeError {
  if (error instanceof KubeError) return error
  const code = codeOf(error)
  const reason = reasonOf(error, code)
  return new KubeError({
    status: 0,
    reason,
    message: `${what}: ${explain[reason]}${code ? ` (${code})` : ''}`,
  })
}

type NetworkReason = 'Idle' | 'TimedOut' | 'TlsFailed' | 'ConnectionFailed'

const explain: Readonly<Record<NetworkReason, string>> = {
  Idle: 'the API server has sent nothing for too long',
  TimedOut: 'the API server did not answer in time',
  TlsFailed: 'the certificate of the API server is not trusted',
  ConnectionFailed: 'the connection to the API server failed',
}

function reasonOf(error: unknown, code: string): NetworkReason {
  if (error instanceof errors.BodyTimeoutError) return 'Idle'
  if (timeouts.includes(code)) return 'TimedOut'
  return tlsCode.test(code) ? 'TlsFailed' : 'ConnectionFailed'
}

function codeOf(error: unknown): string {
  const { code, cause } = (error ?? {}) as { readonly code?: unknown; readonly cause?: unknown }
  if (typeof code === 'string') return code
  return cause ? codeOf(cause) : ''
}
