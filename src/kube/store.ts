import { type KubeObject, keyOf } from './object.ts'
import { isNewer } from './resource-version.ts'

/**
 * One change of a cached object. `before` is missing when it is new, `after` when it is gone; a recreated object is two
 * changes, gone and new. `initial` marks what the first list brought: the world as it was found, not news.
 */
export interface Change<T extends KubeObject> {
  readonly key: string
  readonly before?: T
  readonly after?: T
  readonly initial: boolean
}

export type ChangeListener<T extends KubeObject> = (change: Change<T>) => void

interface Entry<T> {
  readonly object: T
  /** The relist that last saw the object; entries that a whole relist has not seen are gone. */
  readonly round: number
  /** Our own write was seen before the watch told of it; older events are to be passed over until it does. */
  readonly ownWrite: boolean
}

/**
 * All objects of one type as far as they are known, kept by a Reflector. Listeners hear of every change, in order, before
 * the call that made it returns; the same resource version is not a change. A listener that throws is counted and told to
 * `onListenerError`; it stops neither the others nor the store.
 */
export class Store<T extends KubeObject> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #listeners: ChangeListener<T>[] = []
  readonly #onListenerError: (error: unknown, key: string) => void
  #round = 0
  #listenerErrors = 0

  constructor(onListenerError: (error: unknown, key: string) => void = () => undefined) {
    this.#onListenerError = onListenerError
  }

  get size(): number {
    return this.#entries.size
  }

  /** How often a listener has thrown. */
  get listenerErrors(): number {
    return this.#listenerErrors
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.object
  }

  list(): readonly T[] {
    return Array.from(this.#entries.values(), (entry) => entry.object)
  }

  onChange(listener: ChangeListener<T>): void {
    this.#listeners.push(listener)
  }

  /**
   * Takes the API server's answer to our own write before the watch tells of it, so that the next pass does not decide on
   * the state before it. Ignored unless the object is known and the answer is newer. Listeners hear of it as of any change.
   */
  put(object: T): void {
    const key = keyOf(object)
    const entry = this.#entries.get(key)
    if (!entry || entry.object.metadata.uid !== object.metadata.uid) return
    if (!isNewer(object.metadata.resourceVersion, entry.object.metadata.resourceVersion)) return
    this.#entries.set(key, { object, round: entry.round, ownWrite: true })
    this.#tell({ key, before: entry.object, after: object, initial: false })
  }

  /** Begins a relist. Pages follow by `listed`; what none of them holds goes at `endList`. */
  beginList(): void {
    this.#round += 1
  }

  /** Takes a page of the relist that is under way. */
  listed(objects: readonly T[], initial: boolean): void {
    for (const object of objects) this.#upsert(object, initial)
  }

  /** Ends a relist that was read to its end: what it did not show has been deleted while we were not looking. */
  endList(): void {
    for (const [key, entry] of this.#entries) {
      if (entry.round !== this.#round) this.#remove(key, entry.object)
    }
  }

  /** Takes an ADDED or MODIFIED event. */
  upserted(object: T): void {
    const entry = this.#entries.get(keyOf(object))
    if (entry && isStale(entry, object)) return
    this.#upsert(object, false)
  }

  /** Takes a DELETED event; one that tells of an earlier object of the same name is ignored. */
  deleted(object: T): void {
    const key = keyOf(object)
    const known = this.get(key)
    if (known?.metadata.uid === object.metadata.uid) this.#remove(key, object)
  }

  #upsert(object: T, initial: boolean): void {
    const key = keyOf(object)
    const before = this.get(key)
    if (before && before.metadata.uid !== object.metadata.uid) this.#remove(key, before)
    const known = this.get(key)
    this.#entries.set(key, { object, round: this.#round, ownWrite: false })
    if (known?.metadata.resourceVersion === object.metadata.resourceVersion) return
    this.#tell({ key, ...(known ? { before: known } : {}), after: object, initial })
  }

  #remove(key: string, last: T): void {
    this.#entries.delete(key)
    this.#tell({ key, before: last, initial: false })
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        this.#listenerErrors += 1
        this.#onListenerError(error, change.key)
      }
    }
  }
}

function isStale<T extends KubeObject>(entry: Entry<T>, object: T): boolean {
  const [known, told] = [entry.object.metadata, object.metadata]
  return entry.ownWrite && known.uid === told.uid && isNewer(known.resourceVersion, told.resourceVersion)
}
