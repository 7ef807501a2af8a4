import { FaultError } from '../../api/fault.ts'
import { Caller, type Explained, isHangUp, type Manner } from '../caller.ts'
import type { Pace } from '../pace.ts'
import type { SessionHooks } from '../session-hooks.ts'
import { type AwsCall, isWrite } from './aws-call.ts'
import { toFaultError } from './errors.ts'
import { readSdkError } from './sdk-error.ts'

/** Every request of a session with AWS; see {@link Caller}. */
export class AwsCaller {
  readonly #caller: Caller

  constructor(pace: Pace, hooks: SessionHooks) {
    this.#caller = new Caller(pace, hooks)
  }

  /**
   * @throws FaultError for what the other side answers; the signal's own reason when it was aborted; a bug as it is.
   */
  run<T>(call: AwsCall, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const manner: Manner = { ...call, explain: (error) => explained(error, call) }
    return isWrite(call) ? this.#caller.write(manner, send, signal) : this.#caller.read(manner, send, signal)
  }

  /** A request that is no API call and changes nothing, such as a preflight; its errors are the caller's to read. */
  runPlain<T>(operation: string, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#caller.readPlain({ service: 's3', operation }, send, signal)
  }
}

function explained(error: unknown, call: AwsCall): Explained {
  const known = toFaultError(error, call)
  const result = known?.fault.reason ?? 'InternalError'
  return { result, error: known ?? error, isPassing: isPassing(error, result) }
}

/** Worth a second chance at once; not where the other side said how long to wait. */
function isPassing(error: unknown, result: Explained['result']): boolean {
  if (error instanceof FaultError) return false
  const { code, retryAfterMs } = readSdkError(error)
  return (result === 'Throttled' && retryAfterMs === undefined) || isHangUp(code)
}
