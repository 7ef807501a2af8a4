/**
 * How often a bucket may be changed: "about once per second", with more answered by 429.
 * https://cloud.google.com/storage/quotas#buckets
 * How much faster a short burst may be is not documented; here it is two writes.
 */

export interface Pace {
  /** Whether one more change of the bucket is allowed now. It counts only when it is carried out, see `spend`. */
  hasRoom(bucket: string): boolean
  spend(bucket: string): void
  /** `perSecond: Infinity` switches it off. */
  set(limits: Partial<PaceLimits>): void
}

export interface PaceLimits {
  readonly perSecond: number
  readonly burst: number
}

export function makePace(now: () => number = () => performance.now()): Pace {
  const limits = { perSecond: 1, burst: 2 }
  const spent = new Map<string, { readonly left: number; readonly at: number }>()
  const left = (bucket: string) => {
    const last = spent.get(bucket)
    if (!last || limits.perSecond === Number.POSITIVE_INFINITY) return limits.burst
    return Math.min(limits.burst, last.left + ((now() - last.at) / 1000) * limits.perSecond)
  }
  return {
    hasRoom: (bucket) => left(bucket) >= 1,
    spend: (bucket) => spent.set(bucket, { left: left(bucket) - 1, at: now() }),
    set: (changed) => {
      Object.assign(limits, changed)
    },
  }
}
