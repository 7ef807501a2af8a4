/** Where tests reach into the test cloud: something happens right before or after a request, or a request fails. */

/** What a hook is asked about. */
export interface Seen {
  readonly method: string
  /** Decoded, without the query. */
  readonly path: string
  /** As `storage.buckets.patch`. */
  readonly operation: string
  readonly principal: string
}

export type Match = (seen: Seen) => boolean
export type Action = (seen: Seen) => unknown

export interface Hook {
  /** How often it has run. */
  readonly runs: number
  remove(): void
}

export interface HookOptions {
  /** After so many runs it is over; default 1, so that what it sends does not call it again. */
  readonly times?: number
}

export interface Hooks {
  /** The action is over before the request is carried out. */
  before(match: Match, action: Action, options?: HookOptions): Hook
  /** The request is carried out, and its answer waits for the end of the action. */
  after(match: Match, action: Action, options?: HookOptions): Hook
  /** The next requests are not carried out; this status is answered, in Google's words or in those given. */
  fail(times: number, status: number, match?: Match, words?: string): Hook
  runBefore(seen: Seen): Promise<void>
  runAfter(seen: Seen): Promise<void>
  /** What a request fails with, if it does. */
  failure(seen: Seen): Failure | undefined
}

export interface Failure {
  readonly status: number
  readonly words: string | undefined
}

interface Waiting {
  readonly match: Match
  left: number
  runs: number
}

interface WithAction extends Waiting {
  readonly action: Action
}

interface WithFailure extends Waiting, Failure {}

export function makeHooks(): Hooks {
  const befores = new Set<WithAction>()
  const afters = new Set<WithAction>()
  const failures = new Set<WithFailure>()
  return {
    before: (match, action, { times = 1 } = {}) => added(befores, { match, action, left: times, runs: 0 }),
    after: (match, action, { times = 1 } = {}) => added(afters, { match, action, left: times, runs: 0 }),
    fail: (times, status, match = () => true, words = undefined) =>
      added(failures, { match, status, words, left: times, runs: 0 }),
    runBefore: (seen) => run(befores, seen),
    runAfter: (seen) => run(afters, seen),
    failure: (seen) => taken(failures, seen, 1)[0],
  }
}

function added<T extends Waiting>(all: Set<T>, one: T): Hook {
  all.add(one)
  return {
    get runs() {
      return one.runs
    },
    remove: () => all.delete(one),
  }
}

async function run(all: Set<WithAction>, seen: Seen): Promise<void> {
  for (const { action } of taken(all, seen)) await action(seen)
}

function taken<T extends Waiting>(all: Set<T>, seen: Seen, most = Number.POSITIVE_INFINITY): T[] {
  const matching = [...all].filter(({ match }) => match(seen)).slice(0, most)
  for (const one of matching) {
    one.runs += 1
    one.left -= 1
    if (one.left <= 0) all.delete(one)
  }
  return matching
}
