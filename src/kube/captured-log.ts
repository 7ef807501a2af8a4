import type { Log } from './log.ts'

export interface LogLine {
  readonly level: keyof Log
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

/** A log for tests that keeps what it is told. */
export function capturedLog(): Log & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = []
  const at = (level: keyof Log) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    lines.push({ level, fields, message })
  }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
