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

  /** True while the owner's entries at this target are left as they are, since repairing them has not lasted. */
  isHeld(target: string, owner: string): boolean {
    const row = this.#rows.get(keyOf(target, owner))
    return (
      row !== undefined && row.rounds >= ROUNDS && this.#now() - row.lastAt < SLOW_RESYNCS * this.#resyncMs
    )
  }

  /** Notes that entries which were in place had to be written again. */
  noteRepair(target: string, owner: string): void {
    const key = keyOf(target, owner)
    const row = this.#rows.get(key)
    const continued = row !== undefined && (row.rounds >= ROUNDS || this.#isRecent(row))
    this.#rows.set(key, { rounds: continued ? row.rounds + 1 : 1, lastAt: this.#now() })
  }

  /** Notes that everything is in place; a row that has lasted long enough is forgotten. */
  noteInPlace(target: string, owner: string): void {
    const key = keyOf(target, owner)
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
  const message = `somebody else keeps removing or changing what Mooring writes (${removed}). Mooring repairs it less often now. Find the tool that writes the whole document (Terraform, ACK, a script) and make it leave other entries alone.`
  return { reason: 'Contended', message, retry: 'Slow' }
}

function keyOf(target: string, owner: string): string {
  return JSON.stringify([target, owner])
}
