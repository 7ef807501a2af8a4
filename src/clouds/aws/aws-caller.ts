import { FaultError } from '../../api/fault.ts'
import type { CloudCall, SessionHooks } from '../session-hooks.ts'
import { type AwsCall, isWrite } from './aws-call.ts'
import { toFaultError } from './errors.ts'
import type { Pace } from './pace.ts'

/** Every request of a session goes through here: paced, counted, and its errors translated. */
export class AwsCaller {
  readonly #pace: Pace
  readonly #hooks: SessionHooks

  constructor(pace: Pace, hooks: SessionHooks) {
    this.#pace = pace
    this.#hooks = hooks
  }

  /**
   * @throws FaultError for what the other side answers; the signal's own reason when it was aborted; a bug as it is.
   */
  async run<T>(call: AwsCall, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (isWrite(call)) this.#pace.charge()
    else await this.#pace.take(signal)
    const start = performance.now()
    try {
      const answer = await send()
      this.#count(call, 'ok', start)
      return answer
    } catch (error) {
      const known = toFaultError(error, call)
      const result = signal.aborted ? 'Aborted' : (known?.fault.reason ?? 'InternalError')
      if (wentOut(error)) this.#count(call, result, start)
      signal.throwIfAborted()
      throw known ?? error
    }
  }

  /** A request that is no API call, such as a preflight: paced and counted; its errors are the caller's to read. */
  async runPlain<T>(operation: string, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#pace.take(signal)
    const start = performance.now()
    try {
      const answer = await send()
      this.#count({ service: 's3', operation }, 'ok', start)
      return answer
    } catch (error) {
      this.#count({ service: 's3', operation }, signal.aborted ? 'Aborted' : 'CloudUnavailable', start)
      throw error
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

/** A fault that is one already comes from the fence or the credentials, before the request, but for this one. */
function wentOut(error: unknown): boolean {
  return !(error instanceof FaultError) || error.fault.reason === 'UnreadableDocument'
}
