import { mergeConditions, type Verdict } from '../api/conditions.ts'
import { type Fault, FaultError } from '../api/fault.ts'
import type { CloudAccount, CloudAccountStatus, Orphans } from '../api/generated/cloud-account.ts'
import type { CloudSession } from '../clouds/cloud.ts'
import type { Rest } from '../kube/rest.ts'
import { applyStatus } from '../kube/status.ts'
import type { Store } from '../kube/store.ts'
import type { PassResult } from '../kube/workers.ts'
import { wrongEndpoint } from '../vendors/endpoints.ts'
import { CLOUD_ACCOUNTS } from './resources.ts'
import type { World } from './world.ts'

export interface AccountDependencies {
  readonly accounts: Store<CloudAccount>
  readonly rest: Rest
  readonly world: World
  readonly openSession: (account: string, signal: AbortSignal) => Promise<CloudSession>
  readonly internalError: (error: unknown) => Fault
  readonly resyncMs: number
  readonly now: () => number
}

/** What is shown of orphans at most; the count says how many there are. */
const ORPHANS_SHOWN = 20

/** One pass over one CloudAccount: who are we there, and which entries of ours have no integration any more. */
export async function accountPass(
  dependencies: AccountDependencies,
  key: string,
  signal: AbortSignal,
): Promise<PassResult> {
  const { accounts, rest, world, resyncMs } = dependencies
  const account = accounts.get(key)
  if (account === undefined || account.metadata.deletionTimestamp !== undefined) return {}
  const wrong = wrongEndpoint(account)
  const found = wrong === undefined ? await identify(dependencies, key, signal) : wrong.fault
  const status = accountStatus(
    account,
    found,
    world.orphansOf(key),
    new Date(dependencies.now()).toISOString(),
  )
  const written = await applyStatus(rest, CLOUD_ACCOUNTS, account, status, { signal })
  if (written !== undefined) accounts.put(written)
  if (typeof found === 'string') return { requeueAfterMs: resyncMs }
  if (found.retry === 'OnChange') return {}
  return { retry: true, minimumMs: found.retry === 'Slow' ? 60_000 : (found.retryAfterMs ?? 0) }
}

async function identify(
  { openSession, internalError }: AccountDependencies,
  key: string,
  signal: AbortSignal,
): Promise<string | Fault> {
  try {
    const session = await openSession(key, signal)
    return await session.identity(signal)
  } catch (error) {
    if (signal.aborted) throw error
    return error instanceof FaultError ? error.fault : internalError(error)
  }
}

function accountStatus(
  { metadata, status }: CloudAccount,
  found: string | Fault,
  seen: readonly string[] | undefined,
  now: string,
): CloudAccountStatus {
  const generation = metadata.generation ?? 0
  return {
    observedGeneration: generation,
    conditions: mergeConditions(status?.conditions ?? [], verdictsOf(found), generation, now),
    ...(typeof found === 'string' ? { identity: found } : {}),
    ...orphansShown(status?.orphans, seen),
  }
}

/** What was shown stays until every target of the account has been looked at again. */
function orphansShown(
  before: Orphans | undefined,
  seen: readonly string[] | undefined,
): { readonly orphans?: Orphans } {
  if (seen === undefined) return before === undefined ? {} : { orphans: before }
  return seen.length === 0 ? {} : { orphans: { count: seen.length, entries: seen.slice(0, ORPHANS_SHOWN) } }
}

function verdictsOf(found: string | Fault): Verdict[] {
  if (typeof found === 'string') {
    return [
      { type: 'Ready', status: 'True', reason: 'AccountReady', message: `The credentials work: ${found}.` },
    ]
  }
  const { reason, message, retry } = found
  const stalled: Verdict = { type: 'Stalled', status: 'True', reason, message }
  return [{ type: 'Ready', status: 'False', reason, message }, ...(retry === 'Backoff' ? [] : [stalled])]
}
