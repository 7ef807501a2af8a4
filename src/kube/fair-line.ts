import { Fifo } from './fifo.ts'

/**
 * A line in which groups take turns, and the items of a group stand in the order they came: one group with thousands of items
 * delays the next item of any other by one item only. Constant time, however many groups and items there are.
 */
export class FairLine<T> {
  /** In the order of their turns. */
  readonly #groups = new Map<string, Fifo<T>>()

  push(group: string, item: T): void {
    const line = this.#groups.get(group) ?? new Fifo<T>()
    line.push(item)
    this.#groups.set(group, line)
  }

  shift(): T | undefined {
    const [next] = this.#groups
    if (next === undefined) return undefined
    const [group, line] = next
    const item = line.shift()
    this.#groups.delete(group)
    if (line.size > 0) this.#groups.set(group, line)
    return item
  }

  clear(): void {
    this.#groups.clear()
  }
}
