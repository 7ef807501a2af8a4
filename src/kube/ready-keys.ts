import { FairLine } from './fair-line.ts'

/** `low` is for work that nobody waits for, such as the first list after a start; it never starves an edit. */
export type Priority = 'normal' | 'low'

export interface TakenKey {
  readonly group: string
  readonly key: string
}

/** Keys that can be worked on now: each at most once, normal ones before low ones, groups in turn, else in the order they came. */
export class ReadyKeys {
  readonly #priorityOf = new Map<string, Priority>()
  readonly #lines = { normal: new FairLine<string>(), low: new FairLine<string>() }
  readonly #groupOf: (key: string) => string

  constructor(groupOf: (key: string) => string = () => '') {
    this.#groupOf = groupOf
  }

  get size(): number {
    return this.#priorityOf.size
  }

  /** A key that is there already only moves if the new priority is higher. */
  add(key: string, priority: Priority): void {
    const known = this.#priorityOf.get(key)
    if (known === 'normal' || known === priority) return
    this.#priorityOf.set(key, priority)
    this.#lines[priority].push(this.#groupOf(key), key)
  }

  /** The next key, with its group; none of a group that is held. */
  take(isHeld: (group: string) => boolean = () => false): TakenKey | undefined {
    return this.#takeFrom('normal', isHeld) ?? this.#takeFrom('low', isHeld)
  }

  clear(): void {
    this.#priorityOf.clear()
    this.#lines.normal.clear()
    this.#lines.low.clear()
  }

  /** A key that has moved up leaves its old place behind; it is passed over here. */
  #takeFrom(priority: Priority, isHeld: (group: string) => boolean): TakenKey | undefined {
    const line = this.#lines[priority]
    for (let next = line.shift(isHeld); next !== undefined; next = line.shift(isHeld)) {
      const { group, item: key } = next
      if (this.#priorityOf.get(key) !== priority) continue
      this.#priorityOf.delete(key)
      return { group, key }
    }
    return undefined
  }
}
