/** Waiting for the world to become as it should be. Tests wait with these, never with a fixed sleep. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface WaitOptions {
  readonly timeoutMs?: number
  readonly everyMs?: number
}

/** Thrown by a probe that knows that waiting any longer is useless. */
export class Hopeless extends Error {}

/**
 * Calls `probe` until it no longer throws, and returns what it returned.
 * When the time is over, the error says what was still wrong the last time.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { timeoutMs = 15_000, everyMs = 50 }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  let failure: unknown = new Error('the probe never came back')
  while (performance.now() < deadline) {
    try {
      return await within(deadline - performance.now(), probe)
    } catch (error) {
      if (error instanceof Hopeless) throw error
      if (!(error instanceof TookTooLong)) failure = error
    }
    await sleep(everyMs)
  }
  const last = failure instanceof Error ? failure.message : String(failure)
  throw new Error(`still not so after ${timeoutMs} ms: ${last}`, { cause: failure })
}

/** Calls `probe` again and again; it must never throw during `forMs`. */
export async function consistently(
  probe: () => unknown,
  { forMs, everyMs = 50 }: { readonly forMs: number; readonly everyMs?: number },
): Promise<void> {
  const deadline = performance.now() + forMs
  while (performance.now() < deadline) {
    await probe()
    await sleep(everyMs)
  }
}

class TookTooLong extends Error {}

/** A probe that hangs must not hang the wait. */
async function within<T>(ms: number, probe: () => T | Promise<T>): Promise<T> {
  const timer = new AbortController()
  const timeout = sleep(ms, undefined, { signal: timer.signal }).then(
    () => {
      throw new TookTooLong()
    },
    () => new Promise<never>(() => undefined),
  )
  try {
    return await Promise.race([probe(), timeout])
  } finally {
    timer.abort()
  }
}
