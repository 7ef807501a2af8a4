type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void

/** What this room asks of a logger; a pino logger is one. Messages are static, everything that varies is a field. */
export interface Log {
  readonly debug: LogMethod
  readonly info: LogMethod
  readonly warn: LogMethod
  readonly error: LogMethod
}
