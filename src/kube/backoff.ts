export interface BackoffLimits {
  readonly baseMs: number
  readonly maxMs: number
  /** The share of a delay that chance may take away (0.2: the delay is 80 to 100 %), so that failures spread out. */
  readonly jitter: number
}

/** The delay before attempt `failures + 1`: doubling from the base, never above the maximum, in whole milliseconds. */
export function backoffMs(failures: number, limits: BackoffLimits, random: () => number): number {
  const full = Math.min(limits.baseMs * 2 ** Math.max(failures, 0), limits.maxMs)
  return Math.round(full * (1 - limits.jitter * random()))
}
