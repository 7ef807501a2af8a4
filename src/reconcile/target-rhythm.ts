import type { Target } from '../clouds/cloud.ts'

/** Milliseconds in which integrations that arrive together gather before their target is looked at. */
const GATHER_MS = 100
/** Milliseconds between two passes over one target, so that a stream of integrations is written in batches. */
const COOL_DOWN_MS = 1_000
/** Milliseconds after a write in which a failing check is taken for the cloud’s own delay. */
const SETTLING_MS = 120_000

/** What a pass did for one owner: wrote entries, or removed its last ones. */
export type OwnersDeed = 'Wrote' | 'Removed'

/** When targets were last looked at and written; decides pauses, never what is done. */
export class TargetRhythm {
  readonly #looked = new Map<string, number>()
  readonly #written = new Map<string, number>()
  readonly #now: () => number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** How long the next look at a target waits. */
  pauseMs(key: string): number {
    const last = this.#looked.get(key) ?? Number.NEGATIVE_INFINITY
    return Math.max(GATHER_MS, last + COOL_DOWN_MS - this.#now())
  }

  /** Notes when the pass over a target ended. */
  async around<T>(key: string, pass: Promise<T>): Promise<T> {
    try {
      return await pass
    } finally {
      this.#note(this.#looked, key, COOL_DOWN_MS)
    }
  }

  /** True while the target was written less than two minutes ago. */
  isSettling({ key }: Target, wrote: boolean): boolean {
    if (wrote) this.#note(this.#written, key, SETTLING_MS)
    return this.#now() - (this.#written.get(key) ?? Number.NEGATIVE_INFINITY) < SETTLING_MS
  }

  /**
   * Notes for whom entries were written, and tells whether it was less than two minutes ago. Once the last ones are removed,
   * there is nothing that may yet show: another object of the same name begins anew.
   */
  wroteFor({ key }: Target, owner: string, deed: OwnersDeed | undefined): boolean {
    const name = `${key} ${owner}`
    if (deed === 'Wrote') this.#note(this.#written, name, SETTLING_MS)
    if (deed === 'Removed') this.#written.delete(name)
    return this.#now() - (this.#written.get(name) ?? Number.NEGATIVE_INFINITY) < SETTLING_MS
  }

  /** Times older than they can matter are dropped on the way. */
  #note(times: Map<string, number>, key: string, keepMs: number): void {
    const now = this.#now()
    for (const [other, at] of times) if (now - at > keepMs) times.delete(other)
    times.set(key, now)
  }
}
