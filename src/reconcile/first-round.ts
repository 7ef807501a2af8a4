/**
 * The integrations that were there when this process began to lead, until each has been looked at once. Before that
 * no target is touched or judged: an integration that is merely not resolved yet must look neither like a departure
 * nor like an orphan. One whose first look fails counts as looked at; without a resolution it keeps what it has.
 */
export class FirstRound {
  readonly #open = new Set<string>()
  readonly #onOver: () => void
  #over = false

  constructor(onOver: () => void) {
    this.#onOver = onOver
  }

  /** Begins the round; one without integrations is over at once. */
  begin(keys: Iterable<string>): void {
    for (const key of keys) this.#open.add(key)
    this.#check()
  }

  get isOver(): boolean {
    return this.#over
  }

  /** Notes that an integration was looked at, with whatever outcome. */
  async around<T>(key: string, pass: Promise<T>): Promise<T> {
    try {
      return await pass
    } finally {
      this.#open.delete(key)
      this.#check()
    }
  }

  #check(): void {
    if (this.#over || this.#open.size > 0) return
    this.#over = true
    this.#onOver()
  }
}
