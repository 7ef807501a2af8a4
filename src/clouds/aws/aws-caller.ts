import type { CloudCall, SessionHooks } from '../session-hooks.ts'
import { type AwsCall, toFaultError } from './errors.ts'
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
   * @throws FaultError for what the other side answers; the signal's own reason when it was aborted.
   */
  async run<T>(call: AwsCall, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#pace.take(signal)
    const start = performance.now()
    try {
      const answer = await send()
      this.#count(call, 'ok', start)
      return answer
    } catch (error) {
      const fault = toFaultError(error, call)
      this.#count(call, signal.aborted ? 'Aborted' : fault.fault.reason, start)
      signal.throwIfAborted()
      throw fault
    }
  }

  #count({ service, operation }: AwsCall, result: CloudCall['result'], start: number): void {
    this.#hooks.onCall({ service, operation, result, milliseconds: performance.now() - start })
  }
}
