import type { Fault } from '../api/fault.ts'
import type { Change } from '../plan/plan-document.ts'

/** So many repairs in a row, each undone before the next look, are no accident. */
const ROUNDS = 3
/** Repairs at most so many resyncs apart count as one row. */
const ROW_RESYNCS = 2.5
/** Once contended, so many resyncs pass between two repairs. */
const SLOW_RESYNCS = 6

interface Row {
  readonly rounds: number
  readonly lastAt: number
}

/**
 * Remembers whose entries somebody else keeps undoing (Terraform, ACK, a script that writes the whole document), so that
 * Mooring stops answering every blow and says so instead. It lives in memory: after a restart the rounds begin anew.
 */
export class Contention {
  readonly #rows = new Map<string, Row>()
  readonly #resyncMs: number
  readonly #now: () => number

  constructor(resyncMs: number, now: () => number = () => performance.now()) {
    this.#resyncMs = resyncMs
    this.#now = now
  }

  /** True while what the key names (an owner's entries at a target) is left as it is, since repairing it has not lasted. */
  isHeld(key: string): boolean {
    const row = this.#rows.get(key)
    return (
      row !== undefined && row.rounds >= ROUNDS && this.#now() - row.lastAt < SLOW_RESYNCS * this.#resyncMs
    )
  }

  /** Notes that entries which were in place had to be written again. */
  noteRepair(key: string): void {
    const row = this.#rows.get(key)
    const continued = row !== undefined && (row.rounds >= ROUNDS || this.#isRecent(row))
    for (const [other, { lastAt }] of this.#rows) {
      if (this.#now() - lastAt > 2 * SLOW_RESYNCS * this.#resyncMs) this.#rows.delete(other)
    }
    this.#rows.set(key, { rounds: continued ? row.rounds + 1 : 1, lastAt: this.#now() })
  }

  /** Notes that everything is in place; a row that has lasted long enough is forgotten. */
  noteInPlace(key: string): void {
    const row = this.#rows.get(key)
    if (row !== undefined && !this.#isRecent(row)) this.#rows.delete(key)
  }

  #isRecent({ lastAt }: Row): boolean {
    return this.#now() - lastAt <= ROW_RESYNCS * this.#resyncMs
  }
}

/** What is reported while an owner is held: what was removed, and what to look for. */
export function contendedFault(changes: readonly Change[]): Fault {
  const removed = changes.map(({ document, summary }) => `${document}: ${summary}`).join('; ')
  const message = `somebody else keeps removing what Mooring writes (${removed}). Mooring writes it again less often now. Find the tool that writes the whole document (Terraform, ACK, a script) and make it leave other entries alone.`
  return { reason: 'Contended', message, retry: 'Slow' }
}
