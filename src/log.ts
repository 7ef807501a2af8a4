import { type Logger, pino } from 'pino'

/**
 * Names of fields that may hold a credential; they are cut out of every log line, at the top and one level down,
 * whatever puts them there.
 */
const SECRET_FIELDS = [
  'authorization',
  'Authorization',
  'credentials',
  'password',
  'secret',
  'secretAccessKey',
  'sessionToken',
  'token',
  'parameters',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
]

/** JSON lines on standard output: static messages, everything that varies is a field. */
export function makeLog(level: string): Logger {
  const paths = SECRET_FIELDS.flatMap((field) => [`["${field}"]`, `*["${field}"]`])
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths, censor: '[redacted]' },
  })
}
