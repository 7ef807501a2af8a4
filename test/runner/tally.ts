/** What a part of a run came to. */
export interface Tally {
  /** Tests that were executed. Checks (types, style) are none. */
  readonly tests: number
  readonly passed: number
  readonly failed: number
}

export const nothing: Tally = { tests: 0, passed: 0, failed: 0 }

/** Something went wrong that is not a test: a check, or a part that could not be run. */
export const aFailure: Tally = { tests: 0, passed: 0, failed: 1 }

export function sum(tallies: readonly Tally[]): Tally {
  const total = (field: keyof Tally) => tallies.reduce((count, tally) => count + tally[field], 0)
  return { tests: total('tests'), passed: total('passed'), failed: total('failed') }
}

export function counted({ passed, failed }: Tally): string {
  return `${passed} passed, ${failed} failed`
}

/** One line about a part, in columns. */
export function say(part: string, outcome: string, since: number): void {
  const seconds = ((performance.now() - since) / 1000).toFixed(1)
  console.log(`${part.padEnd(18)} ${outcome.padEnd(38)} ${seconds.padStart(6)} s`)
}
