import { FaultError } from '../api/fault.ts'
import { abortable } from './abortable.ts'
import type { Pace } from './pace.ts'
import { SecondChances } from './second-chances.ts'
import type { CloudCall, SessionHooks } from './session-hooks.ts'

/**
 * How often a read is sent at most before its failure is the pass's; so often do the SDKs of AWS by themselves.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html ("max_attempts")
 */
const ATTEMPTS = 3
/**
 * Milliseconds that a read waits in place at most where the other side says how long to wait. Azure says it with every 429
 * (https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling), and a pass over one
 * storage account takes twenty reads and more; a longer wait is the pass's own, so that it holds no worker up.
 */
const LONGEST_WAIT_MS = 5_000
/** The other side hung up instead of answering: ours are node:http's and undici's names for it. */
const HUNG_UP: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** For a request that is no API call: the other side has too much to do, and says so by its status. */
export class TurnedAway extends Error {}

/** What a request is called in metrics, and what its errors are. */
export interface Manner extends Pick<CloudCall, 'service' | 'operation'> {
  readonly explain: (error: unknown) => Explained
}

/** What an error is. */
export interface Explained {
  readonly result: Exclude<CloudCall['result'], 'ok' | 'Aborted'>
  /** What is thrown. */
  readonly error: unknown
  /** Worth a second chance at once; one that says itself how soon is looked at besides. */
  readonly isPassing: boolean
}

/** `againAfterMs`: a read is worth a second chance after this time at least; undefined where it is not. */
type Outcome<T> =
  | { readonly ok: true; readonly answer: T }
  | { readonly ok: false; readonly error: unknown; readonly againAfterMs: number | undefined }

/**
 * Every request of a session goes through here: paced, counted, and its errors translated.
 *
 * A read that is turned away as one too many, or whose answer is lost, is sent again when its turn comes at the
 * session's pace: a pass takes ten reads and more, and if each of them could end it, it would seldom come to its end.
 * A write is never sent again from here, since what is written must be planned from what was read just before.
 */
export class Caller {
  readonly #pace: Pace
  readonly #hooks: SessionHooks
  readonly #chances = new SecondChances()

  constructor(pace: Pace, hooks: SessionHooks) {
    this.#pace = pace
    this.#hooks = hooks
  }

  /**
   * A request that changes nothing.
   *
   * @throws what `explain` makes of an error; the signal's own reason when it was aborted.
   */
  async read<T>(manner: Manner, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#pace.take(signal)
      const outcome = await this.#send(manner, send, signal)
      if (outcome.ok) {
        this.#chances.earn()
        return outcome.answer
      }
      const { error, againAfterMs } = outcome
      if (againAfterMs === undefined || attempt === ATTEMPTS || !this.#chances.take()) throw error
      await this.#pace.stepBack(attempt, signal, againAfterMs)
    }
  }

  /** A request that changes something: it goes at once, and once. Throws like `read`. */
  async write<T>(manner: Manner, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.#pace.charge()
    const outcome = await this.#send(manner, send, signal)
    if (outcome.ok) return outcome.answer
    throw outcome.error
  }

  /** A request that is no API call and changes nothing, such as a preflight; its errors are the caller's to read. */
  readPlain<T>(
    called: Pick<CloudCall, 'service' | 'operation'>,
    send: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.read({ ...called, explain: explainedPlainly }, send, signal)
  }

  async #send<T>(
    { explain, ...counted }: Manner,
    send: () => Promise<T>,
    signal: AbortSignal,
  ): Promise<Outcome<T>> {
    const start = performance.now()
    try {
      // Not everything hears the signal: an SDK's provider of credentials has none.
      const answer = await abortable(send, signal)
      this.#count(counted, 'ok', start)
      return { ok: true, answer }
    } catch (error) {
      const why = explain(error)
      if (wentOut(error)) this.#count(counted, signal.aborted ? 'Aborted' : why.result, start)
      signal.throwIfAborted()
      return { ok: false, error: why.error, againAfterMs: againAfterMs(why) }
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

function againAfterMs({ error, isPassing }: Explained): number | undefined {
  if (isPassing) return 0
  if (!(error instanceof FaultError) || error.fault.reason !== 'Throttled') return undefined
  const { retryAfterMs = Number.POSITIVE_INFINITY } = error.fault
  return retryAfterMs <= LONGEST_WAIT_MS ? retryAfterMs : undefined
}

/** Whether an error of a socket is the other side's hanging up. */
export function isHangUp(code: string): boolean {
  return HUNG_UP.has(code)
}

function explainedPlainly(error: unknown): Explained {
  const isTurnedAway = error instanceof TurnedAway
  return {
    result: isTurnedAway ? 'Throttled' : 'CloudUnavailable',
    error,
    isPassing: isTurnedAway || isHangUp(socketCode(error)),
  }
}

/** The code of an error of a socket, also where it is wrapped: `ECONNREFUSED`; else the error's name. */
export function socketCode(error: unknown): string {
  const { code, name, cause, errors } = (error ?? {}) as Readonly<Record<string, unknown>>
  if (typeof code === 'string' && code !== '') return code
  const inner = Array.isArray(errors) ? errors[0] : cause
  if (typeof inner === 'object' && inner !== null) return socketCode(inner)
  return typeof name === 'string' && name !== '' ? name : 'Unknown'
}

/** A fault that is one already comes from the fence or the credentials, before the request, but for this one. */
function wentOut(error: unknown): boolean {
  return !(error instanceof FaultError) || error.fault.reason === 'UnreadableDocument'
}
