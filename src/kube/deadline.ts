import { type Clock, systemClock } from './clock.ts'
import { KubeError } from './kube-error.ts'

/**
 * Runs work under a time limit and a caller's signal. The signal handed to the work aborts with a KubeError that says
 * which of the two it was. Nothing stays behind: no timer, and no listener on a signal that lives as long as the process.
 */
export async function withDeadline<T>(
  what: string,
  limits: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined; readonly clock?: Clock },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { timeoutMs, signal: parent, clock = systemClock } = limits
  const controller = new AbortController()
  const stop = () => controller.abort(abandoned(what))
  if (parent?.aborted) stop()
  parent?.addEventListener('abort', stop, { once: true })
  const cancel = clock.after(timeoutMs, () => controller.abort(timedOut(what, timeoutMs)))
  try {
    return await orAborted(controller.signal, work(controller.signal))
  } finally {
    cancel()
    parent?.removeEventListener('abort', stop)
  }
}

/**
 * What the work gives, or the signal's reason as soon as it aborts. undici does not let go of a request whose connection is
 * still being made; it is left behind there, and undici gives it up unsent.
 */
export function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work
      .then(resolve, (error: unknown) => reject(signal.aborted ? signal.reason : error))
      .finally(() => signal.removeEventListener('abort', stop))
  })
}

/** The caller gave the request up. */
export function abandoned(what: string): KubeError {
  return new KubeError({ status: 0, reason: 'Aborted', message: `${what}: the request was given up` })
}

function timedOut(what: string, ms: number): KubeError {
  return new KubeError({ status: 0, reason: 'TimedOut', message: `${what}: no answer within ${ms} ms` })
}
