/**
 * Milliseconds from a request’s first byte to its answer’s last. The sockets’ own limits end with the headers, or begin anew with every
 * piece of the body: an answer that trickles would never be given up.
 */
export const WHOLE_ANSWER_MS = 60_000

/** As sockets name it; what reads errors takes it for an outage, and sends nothing again at once. */
export class TookTooLong extends Error {
  readonly code = 'ETIMEDOUT'

  constructor(milliseconds: number) {
    super(`no whole answer within ${milliseconds} ms`)
    this.name = 'TimeoutError'
  }
}

/**
 * What `work` gives, or TookTooLong after the time. The work is not ended by that, so it is for what reads only: a write that goes out
 * after somebody has given it up would be of an old plan.
 */
export async function withinLimit<T>(work: () => Promise<T>, milliseconds: number): Promise<T> {
  const { promise: over, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new TookTooLong(milliseconds)), milliseconds)
  try {
    return await Promise.race([work(), over])
  } finally {
    clearTimeout(timer)
  }
}
