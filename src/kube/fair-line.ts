import { Fifo } from './fifo.ts'

/**
 * A line in which groups take turns, and the items of a group stand in the order they came: one group with thousands of items
 * delays the next item of any other by one item only. Constant time, however many groups and items there are, but for groups
 * that are held.
 */
export class FairLine<T> {
  /** In the order of their turns. */
  readonly #groups = new Map<string, Fifo<T>>()

  push(group: string, item: T): void {
    const line = this.#groups.get(group) ?? new Fifo<T>()
    line.push(item)
    this.#groups.set(group, line)
  }

  /** The next item, of the first group that is not held, with its group. */
  shift(isHeld: (group: string) => boolean = () => false): { group: string; item: T } | undefined {
    for (const [group, line] of this.#groups) {
      if (isHeld(group)) continue
      const item = line.shift()
      this.#groups.delete(group)
      if (line.size > 0) this.#groups.set(group, line)
      return item === undefined ? undefined : { group, item }
    }
    return undefined
  }

  clear(): void {
    this.#groups.clear()
  }
}
