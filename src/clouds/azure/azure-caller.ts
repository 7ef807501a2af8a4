import { FaultError } from '../../api/fault.ts'
import { Caller, type Explained, isHangUp, socketCode } from '../caller.ts'
import type { Pace } from '../pace.ts'
import type { SessionHooks } from '../session-hooks.ts'
import type { AzureCall } from './azure-call.ts'
import { AzureError } from './azure-error.ts'
import { toFaultError } from './azure-errors.ts'
import { isWrite } from './azure-operation.ts'

/** Every request of a session with Azure; see {@link Caller}. */
export class AzureCaller {
  readonly #caller: Caller

  constructor(pace: Pace, hooks: SessionHooks) {
    this.#caller = new Caller(pace, hooks)
  }

  /**
   * @throws FaultError for what the other side answers; the signal's own reason when it was aborted; a bug as it is.
   */
  run<T>(call: AzureCall, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { service, operation } = call
    const manner = { service, operation, explain: (error: unknown) => explained(error, call) }
    return isWrite(operation)
      ? this.#caller.write(manner, send, signal)
      : this.#caller.read(manner, send, signal)
  }

  /** A request that is no API call and changes nothing, such as a preflight; its errors are the caller's to read. */
  runPlain<T>(operation: string, send: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#caller.readPlain({ service: 'blob', operation }, send, signal)
  }
}

function explained(error: unknown, call: AzureCall): Explained {
  const known = toFaultError(error, call)
  const result = known?.fault.reason ?? 'InternalError'
  return { result, error: known ?? error, isPassing: isPassing(error, result) }
}

/** Worth a second chance at once; not where the other side said how long to wait. */
function isPassing(error: unknown, result: Explained['result']): boolean {
  if (error instanceof FaultError) return false
  if (error instanceof AzureError) return result === 'Throttled' && error.retryAfterMs === undefined
  return isHangUp(socketCode(error))
}
