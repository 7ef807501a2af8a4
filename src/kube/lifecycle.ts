import type { Log } from './log.ts'
import { safeErrorFields } from './safe-error.ts'

/** The part of `process` that decides over life and death. */
export interface ProcessHooks {
  on(event: string, listener: (...args: unknown[]) => void): unknown
  off(event: string, listener: (...args: unknown[]) => void): unknown
  exit(code: number): void
}

export interface Lifecycle {
  /** Stops in order and exits with the code given, as on losing leadership (1). The first call decides. */
  stop(why: string, exitCode: number): Promise<void>
  /** Takes the listeners off the process again. */
  dispose(): void
}

/**
 * Ties an operator to its process: SIGTERM and SIGINT stop it in order and exit with 0, a second signal exits at once. An
 * unhandled rejection or exception means that something is in a state nobody thought of: logged, exit 1 at once.
 */
export function superviseProcess(options: {
  readonly process: ProcessHooks
  /** Stops all parts; see `stopInOrder`. */
  readonly stop: () => Promise<void>
  readonly log: Log
}): Lifecycle {
  const { process, log } = options
  let stopping: Promise<void> | undefined
  const stop = (why: string, exitCode: number): Promise<void> => {
    stopping ??= stopThenExit(options, why, exitCode)
    return stopping
  }
  const onSignal = (name: unknown) => {
    const signal = String(name)
    if (!stopping) return void stop(signal, 0)
    log.warn({ signal }, 'second signal, exiting at once')
    process.exit(1)
  }
  const onFatal = (error: unknown) => {
    log.error(safeErrorFields(error), 'unhandled failure, exiting')
    process.exit(1)
  }
  const listeners = {
    SIGTERM: onSignal,
    SIGINT: onSignal,
    unhandledRejection: onFatal,
    uncaughtException: onFatal,
  }
  for (const [event, listener] of Object.entries(listeners)) process.on(event, listener)
  const dispose = () => {
    for (const [event, listener] of Object.entries(listeners)) process.off(event, listener)
  }
  return { stop, dispose }
}

async function stopThenExit(
  options: { readonly process: ProcessHooks; readonly stop: () => Promise<void>; readonly log: Log },
  why: string,
  exitCode: number,
): Promise<void> {
  options.log.info({ why }, 'stopping')
  await Promise.resolve()
    .then(options.stop)
    .catch((error: unknown) => options.log.error(safeErrorFields(error), 'stopping failed'))
  options.log.info({ exitCode }, 'stopped')
  options.process.exit(exitCode)
}
