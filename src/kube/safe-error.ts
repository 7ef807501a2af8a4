import { KubeError } from './kube-error.ts'

/** Errors of the language itself: their messages name code, never the data it worked on. */
const languageErrors = [TypeError, RangeError, ReferenceError]

/**
 * What may be logged of an error of unknown origin: its name, codes and place, and its message only where the message is
 * known to hold no secret. An SDK's message may quote a request, so it is left out unless the error says `safeMessage`.
 */
export function safeErrorFields(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { error: typeof error }
  const { status, reason, code, safeMessage } = error as Error & Readonly<Record<string, unknown>>
  const known = error instanceof KubeError || languageErrors.some((type) => error instanceof type)
  const fields = {
    error: error.name,
    status: plain(status),
    reason: plain(reason),
    code: plain(code),
    message: known ? error.message : plain(safeMessage),
    at: error instanceof KubeError ? undefined : frames(error),
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function plain(value: unknown): string | number | undefined {
  return typeof value === 'string' || typeof value === 'number' ? value : undefined
}

/** The stack without its first lines, which repeat the message. */
function frames(error: Error): readonly string[] {
  const lines = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return lines.slice(0, 5).map((line) => line.trim())
}
