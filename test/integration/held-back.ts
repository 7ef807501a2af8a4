/** Answers that a proxy keeps back, so that a test finds a process between what it did and what it does next. */
import type { MeddlingProxy, Seen } from '../rig/meddling-proxy.ts'
import { eventually } from '../rig/wait.ts'

export interface HeldBack {
  /** Resolves when the first request that was meant has come. */
  readonly came: Promise<Seen>
  /** Lets the answer go. */
  release(): void
}

/** Keeps back the answer to the first request that `isIt`; the server behind has done it by then, or does so at once. */
export function holdAnswer(proxy: MeddlingProxy, isIt: (seen: Seen) => boolean): HeldBack {
  return hold(proxy, 'HoldAnswer', isIt)
}

/** Keeps back the first request that `isIt` from the server. */
export function holdRequest(proxy: MeddlingProxy, isIt: (seen: Seen) => boolean): HeldBack {
  return hold(proxy, 'HoldRequest', isIt)
}

function hold(
  proxy: MeddlingProxy,
  kind: 'HoldAnswer' | 'HoldRequest',
  isIt: (seen: Seen) => boolean,
): HeldBack {
  const came = Promise.withResolvers<Seen>()
  const released = Promise.withResolvers<void>()
  const stop = proxy.meddle((seen) => {
    if (!isIt(seen)) return undefined
    stop()
    came.resolve(seen)
    return { kind, until: released.promise }
  })
  return { came: came.promise, release: () => released.resolve() }
}

/** Waits until all of them have been met; the error says which has not. */
export async function allCame(held: Readonly<Record<string, HeldBack>>): Promise<void> {
  const missing = new Set(Object.keys(held))
  for (const [name, { came }] of Object.entries(held)) void came.then(() => missing.delete(name))
  await eventually(
    () => {
      if (missing.size > 0) throw new Error(`there was no moment “${[...missing].join('”, “')}”`)
    },
    { timeoutMs: 60_000 },
  )
}

/** `PUT policy` of a bucket: the requests of S3 as people call them. */
export function isOfBucket(bucket: string, method: string, part: 'policy' | 'cors'): (seen: Seen) => boolean {
  return (seen) => seen.method === method && seen.path.split('/')[1] === bucket && seen.query.has(part)
}
