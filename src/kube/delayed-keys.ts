import type { Clock } from './clock.ts'
import { MinHeap } from './min-heap.ts'
import type { Priority } from './ready-keys.ts'

interface Wait {
  readonly key: string
  readonly at: number
  readonly priority: Priority
}

/**
 * Keys that wait for their time. One timer serves them all, so ten thousand waiting keys cost one timer.
 * A key waits once: the earlier time wins, as in client-go.
 */
export class DelayedKeys {
  readonly #clock: Clock
  readonly #due: (key: string, priority: Priority) => void
  readonly #heap = new MinHeap<Wait>((a, b) => a.at < b.at)
  readonly #waits = new Map<string, Wait>()
  #timer: { readonly at: number; readonly cancel: () => void } | undefined

  constructor(clock: Clock, due: (key: string, priority: Priority) => void) {
    this.#clock = clock
    this.#due = due
  }

  get size(): number {
    return this.#waits.size
  }

  add(key: string, afterMs: number, priority: Priority): void {
    const at = this.#clock.now() + afterMs
    const known = this.#waits.get(key)
    if (known && known.at <= at) return
    const wait = { key, at, priority }
    this.#waits.set(key, wait)
    this.#heap.push(wait)
    this.#arm()
  }

  clear(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waits.clear()
    this.#heap.clear()
  }

  #arm(): void {
    const next = this.#nextLive()
    if (this.#timer && next && this.#timer.at <= next.at) return
    this.#timer?.cancel()
    this.#timer = next && {
      at: next.at,
      cancel: this.#clock.after(next.at - this.#clock.now(), () => this.#ring()),
    }
  }

  /** Timers are clamped, so a ring may come early; it then only arms the next one. */
  #ring(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    for (let next = this.#nextLive(); next && next.at <= now; next = this.#nextLive()) {
      this.#heap.pop()
      this.#waits.delete(next.key)
      this.#due(next.key, next.priority)
    }
    this.#arm()
  }

  /** An entry that an earlier time has replaced stays in the heap until it comes up, and is dropped here. */
  #nextLive(): Wait | undefined {
    let next = this.#heap.peek()
    while (next && this.#waits.get(next.key) !== next) {
      this.#heap.pop()
      next = this.#heap.peek()
    }
    return next
  }
}
