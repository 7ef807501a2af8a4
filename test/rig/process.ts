/** Child processes that are stopped by their own id and never outlive us. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { onExit } from './cleanup.ts'

export interface LaunchOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly logFile: string
  readonly cwd?: string
}

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Launched {
  readonly name: string
  readonly pid: number
  readonly logFile: string
  readonly exited: Promise<Ending>
  /** How it ended; undefined while it runs. */
  ending(): Ending | undefined
  kill(signal: NodeJS.Signals): void
  /** SIGTERM, then SIGKILL when it takes longer than `graceMs`. */
  stop(graceMs?: number): Promise<Ending>
  /** The last lines of its log, for error messages. */
  lastWords(lines?: number): string
}

/** Starts a command in a process group of its own, with its output in a log file. It does not keep our process running. */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const log = openSync(options.logFile, 'a')
  const { command, args, env, cwd } = options
  const child = spawn(command, args, {
    env,
    ...(cwd && { cwd }),
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  await once(child, 'spawn')
  child.unref()
  return watched(child, options)
}

function watched(child: ChildProcess, { name, logFile }: LaunchOptions): Launched {
  const pid = child.pid as number
  const dismissWatchdog = watchdog(pid)
  const forget = onExit(() => signalGroup(pid, 'SIGKILL'))
  const exited = once(child, 'exit').then(([code, signal]): Ending => {
    signalGroup(pid, 'SIGKILL') // whatever it started itself
    forget()
    dismissWatchdog()
    return { code, signal }
  })
  const ending = () =>
    child.exitCode === null && child.signalCode === null
      ? undefined
      : { code: child.exitCode, signal: child.signalCode }

  async function stop(graceMs = 5_000): Promise<Ending> {
    child.ref()
    signalGroup(pid, 'SIGTERM')
    const patience = new AbortController()
    const timer = sleep(graceMs, undefined, { signal: patience.signal }).then(
      () => signalGroup(pid, 'SIGKILL'),
      () => undefined, // it ended in time
    )
    const result = await exited
    patience.abort()
    await timer
    return result
  }

  const kill = (signal: NodeJS.Signals) => signalGroup(pid, signal)
  const lastWords = (lines = 15) =>
    readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  return { name, pid, logFile, exited, ending, kill, stop, lastWords }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // ESRCH: it is gone already
  }
}

/**
 * A shell that waits for a line from us. When we die without a word (SIGKILL, a crash) its input just ends,
 * and it kills the process group.
 */
function watchdog(pid: number): () => void {
  const script = 'read -r _ || kill -s KILL -- "-$0"'
  const shell = spawn('/bin/sh', ['-c', script, String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const input = shell.stdin
  shell.unref()
  ;(input as unknown as { unref(): void }).unref()
  input.on('error', () => input.destroy()) // the shell itself was killed
  return () => input.end('ended\n')
}
