import type { Reason } from '../api/reasons.ts'
import type { OwnerReport, TargetReport } from './target-report.ts'

/** How many looks in a row may fail in passing before they are told; with the queue’s backoff these take some three seconds. */
const LOOKS = 2
/** Where the cloud asks to wait longer than this, people are told at once. */
const LONGEST_WAIT_MS = 10_000
const PASSING: readonly Reason[] = ['Throttled', 'CloudUnavailable']

/**
 * Keeps a status from flapping: where everything was well and a look comes to nothing, since a request was turned away or an answer was
 * lost, what is told is what the look before it found, for two looks; and where nothing is known yet, as after a restart, nothing is
 * told, so that the status stays. It never covers up what a look has found: an entry that is missing, a check that failed, a write
 * that did not go through are told at once.
 */
export class Patience {
  readonly #failures = new Map<string, number>()

  /** What to tell of a target after a look; `before` is what was told last. */
  told(target: string, before: TargetReport | undefined, found: TargetReport): TargetReport {
    const passing = new Set(
      [...found.owners].flatMap(([owner, report]) => (isPassing(report) ? [owner] : [])),
    )
    if (passing.size === 0) {
      this.#failures.delete(target)
      return found
    }
    const failures = (this.#failures.get(target) ?? 0) + 1
    this.#failures.set(target, failures)
    if (failures > LOOKS) return found
    const told = [...found.owners].flatMap(([owner, report]) => {
      const known = before?.owners.get(owner)
      const last = known?.question === report.question ? known : undefined
      if (!passing.has(owner) || (last !== undefined && !isWell(last))) return [[owner, report] as const]
      return last === undefined ? [] : [[owner, last] as const]
    })
    return { ...found, owners: new Map(told) }
  }
}

function isPassing(report: OwnerReport): boolean {
  const { fault, documents, checks, blind } = report
  if (fault !== undefined)
    return blind === true && PASSING.includes(fault.reason) && (fault.retryAfterMs ?? 0) <= LONGEST_WAIT_MS
  return documents.every(({ state }) => state !== 'Missing') && isUntried(checks)
}

/** No check failed, and some could not be made. */
function isUntried(checks: OwnerReport['checks']): boolean {
  return (
    checks.every(({ result }) => result !== 'Failed') && checks.some(({ result }) => result === 'Unknown')
  )
}

function isWell({ fault, documents, checks, pending }: OwnerReport): boolean {
  const isThere = documents.length > 0 && documents.every(({ state }) => state !== 'Missing')
  const isVerified = checks.length > 0 && checks.every(({ result }) => result === 'Passed')
  return fault === undefined && isThere && isVerified && pending.length === 0
}
