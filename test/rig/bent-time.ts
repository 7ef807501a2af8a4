/**
 * Loaded into an operator's process before anything else, by `bentTime` of bent-time-environment.ts: its wall clock goes
 * wrong, what it would wait for long it waits for shortly, or it stands still in the middle of a write.
 */
import crypto, { type HashOptions } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { Agent, type Dispatcher } from 'undici'

const shiftMs = Number(process.env.MOORING_TEST_CLOCK_SHIFT_MS ?? 0)
const patience = Number(process.env.MOORING_TEST_PATIENCE ?? 1)
/** Shorter waits stay as they are: leases, pauses between tries. */
const LONG_MS = 10_000

if (shiftMs !== 0) {
  const Real = Date
  globalThis.Date = new Proxy(Real, {
    construct: (target, args, wanted) =>
      Reflect.construct(target, args.length === 0 ? [Real.now() + shiftMs] : args, wanted),
    apply: () => new Real(Real.now() + shiftMs).toString(),
    get: (target, key) => (key === 'now' ? () => Real.now() + shiftMs : Reflect.get(target, key)),
  })
}

if (patience !== 1) {
  const shorter = (ms: number | null | undefined) => (ms && ms >= LONG_MS ? Math.round(ms * patience) : ms)
  const setTimer = globalThis.setTimeout
  globalThis.setTimeout = Object.assign(
    (callback: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
      setTimer(callback, shorter(ms) ?? undefined, ...args),
    setTimer,
  ) as typeof setTimeout
  // undici counts silence with a clock of its own.
  const dispatch = Agent.prototype.dispatch
  Agent.prototype.dispatch = function (
    this: Agent,
    options: Agent.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ) {
    const bodyTimeout = shorter(options.bodyTimeout)
    return dispatch.call(this, { ...options, ...(bodyTimeout ? { bodyTimeout } : {}) }, handler)
  }
}

const stopAt = process.env.MOORING_TEST_STOP_AT ?? ''
if (stopAt !== '') {
  // A request to AWS hashes its body when it is signed: all that decides about it has been decided, and it is not sent yet.
  const createHash = crypto.createHash
  const state = { stopped: false }
  crypto.createHash = (algorithm: string, options?: HashOptions) => {
    const hash = createHash(algorithm, options)
    const update = hash.update.bind(hash) as (data: string | Uint8Array, ...rest: []) => typeof hash
    hash.update = (data: string | Uint8Array, ...rest: []) => {
      if (!state.stopped && Buffer.from(data as string).includes(stopAt)) {
        state.stopped = true
        process.kill(process.pid, 'SIGSTOP')
      }
      return update(data, ...rest)
    }
    return hash
  }
  syncBuiltinESMExports()
}
