import { WHOLE_ANSWER_MS, withinLimit } from './time-limit.ts'

/** Some load in two requests, one after the other. */
const LONGEST_LOAD_MS = 3 * WHOLE_ANSWER_MS

/**
 * A value that is loaded at most once at a time and kept while it is fresh; a failure is not kept, and a loading that does not end is
 * one, so that it does not hold up for ever who comes later.
 */
export class Remembered<T> {
  readonly #load: () => Promise<T>
  readonly #isFresh: (value: T) => boolean
  #value: Promise<T> | undefined

  constructor(load: () => Promise<T>, isFresh: (value: T) => boolean = () => true) {
    this.#load = load
    this.#isFresh = isFresh
  }

  async get(): Promise<T> {
    const pending = this.#value
    if (pending === undefined) return this.#reload()
    const value = await pending
    return this.#isFresh(value) ? value : this.#reload(pending)
  }

  /** Loads anew unless someone else did since `stale`. */
  #reload(stale?: Promise<T>): Promise<T> {
    if (this.#value !== stale && this.#value !== undefined) return this.#value
    const loading = withinLimit(this.#load, LONGEST_LOAD_MS)
    this.#value = loading
    loading.catch(() => {
      if (this.#value === loading) this.#value = undefined
    })
    return loading
  }
}
