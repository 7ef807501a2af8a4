import { type Clock, systemClock } from './clock.ts'

/**
 * A value that is read again when it is older than `maxAgeMs`, or when forced to. Readers at the same time share one
 * read. When a later read fails the last value is used on, since half-rotated files heal by themselves.
 */
export class Expiring<T> {
  readonly #read: () => Promise<T>
  readonly #maxAgeMs: number
  readonly #clock: Clock
  #last: { readonly value: T; readonly readAt: number } | undefined
  #reading: Promise<T> | undefined

  constructor(read: () => Promise<T>, maxAgeMs: number, clock: Clock = systemClock) {
    this.#read = read
    this.#maxAgeMs = maxAgeMs
    this.#clock = clock
  }

  async get(force = false): Promise<T> {
    const last = this.#last
    if (last && !force && this.#clock.now() - last.readAt < this.#maxAgeMs) return last.value
    this.#reading ??= this.#refresh().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #refresh(): Promise<T> {
    try {
      const value = await this.#read()
      this.#last = { value, readAt: this.#clock.now() }
      return value
    } catch (error) {
      if (this.#last) return this.#last.value
      throw error
    }
  }
}
