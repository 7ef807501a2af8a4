import { performance } from 'node:perf_hooks'

/** Node runs a timer at once when its delay is longer than this. */
const longestTimerMs = 2 ** 31 - 1

/** Time as this room sees it, so that tests can turn it by hand. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean something. Everything that expires is measured with this. */
  now(): number
  /** The wall clock, for what people read; it may jump, so nothing is decided by it. */
  date(): Date
  /** Calls back once, `ms` from now (at most 24.8 days); the function returned cancels that. */
  after(ms: number, callback: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(Math.max(ms, 0), longestTimerMs))
    return () => clearTimeout(timer)
  },
}

/** Resolves `ms` from now, or as soon as the signal aborts; never rejects and leaves no timer or listener behind. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const finish = () => {
      cancel()
      signal?.removeEventListener('abort', finish)
      resolve()
    }
    const cancel = clock.after(ms, finish)
    signal?.addEventListener('abort', finish, { once: true })
  })
}
