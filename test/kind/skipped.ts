/** What the kind cluster cannot run of the integration tests, by name, with the reason. Everything else runs there unchanged. */

export interface Skipped {
  /** In test/integration/. */
  readonly file: string
  /** The names of the tests; without it, the whole file. */
  readonly tests?: RegExp
  readonly reason: string
}

export const SKIPPED: readonly Skipped[] = []
