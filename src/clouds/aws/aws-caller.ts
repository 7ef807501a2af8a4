import { FaultError } from '../../api/fault.ts'
import type { CloudCall, SessionHooks } from '../session-hooks.ts'
import { type AwsCall, isWrite } from './aws-call.ts'
import { toFaultError } from './errors.ts'
import type { Pace } from './pace.ts'
import { readSdkError } from './sdk-error.ts'
import { SecondChances } from './second-chances.ts'

/**
 * How often a read is sent at most before its failure is the pass's; so often do the SDKs of AWS by themselves.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html ("max_attempts")
 */
const ATTEMPTS = 3
/** The other side hung up instead of answering: ours are node:http's and undici's names for it. */
const HUNG_UP: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** For a request that is no API call: the other side has too much to do, and says so by its status. */
export class TurnedAway extends Error {}

/** What a request is called in metrics, and what its errors are. */
interface Manner extends Pick<CloudCall, 'service' | 'operation'> {
  readonly explain: (error: unknown) => Explained
}

interface Explained {
  readonly result: Exclude<CloudCall['result'], 'ok' | 'Aborted'>
  /** What is thrown. */
  readonly error: unknown
}

type Outcome<T> =
  | { readonly ok: true; readonly answer: T }
  | { readonly ok: false; readonly error: unknown; readonly isPassing: boolean }

/**
 * Every request of a session goes through here: paced, counted, and its errors translated.
 *
 * A read that is turned away as one too many, or whose answer is lost, is sent again when its turn comes at the
 * session's pace: a pass takes ten reads and more, and if each of them could end it, it would seldom come to its end.
 * A write is never sent again from here, since what is written must be planned from what was read just before.
 */
export class AwsCaller {
  readonly #pace: Pace
  readonly #hooks: SessionHooks
  readonly #chances = new SecondChances()

  constructor(pace: Pace, hooks: SessionHooks) {
    this.#pace = pace
    this.#hooks = hooks
  }

  /**
   * @throws FaultError for what the other side answers; the signal's own reason when it was aborted; a bug as it is.
   */
  async run<T>(call: AwsCall, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const manner: Manner = { ...call, explain: (error) => explained(error, call) }
    if (!isWrite(call)) return this.#ask(manner, send, signal)
    this.#pace.charge()
    const outcome = await this.#send(manner, send, signal)
    if (outcome.ok) return outcome.answer
    throw outcome.error
  }

  /** A request that is no API call and changes nothing, such as a preflight; its errors are the caller's to read. */
  runPlain<T>(operation: string, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#ask({ service: 's3', operation, explain: explainedPlainly }, send, signal)
  }

  async #ask<T>(manner: Manner, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#pace.take(signal)
      const outcome = await this.#send(manner, send, signal)
      if (outcome.ok) {
        this.#chances.earn()
        return outcome.answer
      }
      if (!outcome.isPassing || attempt === ATTEMPTS || !this.#chances.take()) throw outcome.error
      await this.#pace.stepBack(attempt, signal)
    }
  }

  async #send<T>(
    { explain, ...counted }: Manner,
    send: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<Outcome<T>> {
    const start = performance.now()
    try {
      const answer = await send()
      this.#count(counted, 'ok', start)
      return { ok: true, answer }
    } catch (error) {
      const why = explain(error)
      if (wentOut(error)) this.#count(counted, signal.aborted ? 'Aborted' : why.result, start)
      signal.throwIfAborted()
      return { ok: false, error: why.error, isPassing: isPassing(error, why) }
    }
  }

  #count(
    { service, operation }: Pick<CloudCall, 'service' | 'operation'>,
    result: CloudCall['result'],
    start: number,
  ): void {
    this.#hooks.onCall({ service, operation, result, milliseconds: performance.now() - start })
  }
}

function explained(error: unknown, call: AwsCall): Explained {
  const known = toFaultError(error, call)
  return { result: known?.fault.reason ?? 'InternalError', error: known ?? error }
}

function explainedPlainly(error: unknown): Explained {
  return { result: error instanceof TurnedAway ? 'Throttled' : 'CloudUnavailable', error }
}

/** Worth a second chance at once; not where the other side said how long to wait. */
function isPassing(error: unknown, { result }: Explained): boolean {
  if (error instanceof FaultError) return false
  const { code, retryAfterMs } = readSdkError(error)
  return (result === 'Throttled' && retryAfterMs === undefined) || HUNG_UP.has(code)
}

/** A fault that is one already comes from the fence or the credentials, before the request, but for this one. */
function wentOut(error: unknown): boolean {
  return !(error instanceof FaultError) || error.fault.reason === 'UnreadableDocument'
}
