/**
 * What `promise` gives, or the signal's reason when that comes first. For what is loaded once for all who wait: one who
 * gives up waiting does not end it for the others.
 */
export async function abortable<T>(promise: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise(), aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
