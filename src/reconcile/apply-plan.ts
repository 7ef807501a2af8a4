import type { Fault } from '../api/fault.ts'
import type { TargetDriver } from '../clouds/cloud.ts'
import type { DocumentName } from '../plan/document.ts'
import { canonicalJson } from '../plan/json.ts'
import type { Change } from '../plan/plan-document.ts'
import { ownersIn } from '../plan/plan-document.ts'
import {
  claimedIn,
  type ObservedDocument,
  ownershipIn,
  planTarget,
  type TargetInput,
  type TargetPlan,
  withKeepers,
} from '../plan/plan-target.ts'
import { type OnWritten, type Written, withDocuments, writeDocuments } from './write-documents.ts'

/** A target after its plan was applied as far as it could be. */
export interface Applied {
  /** The documents as they are now: as observed, or as read back after a write. */
  readonly documents: readonly ObservedDocument[]
  /** The plan made again from `documents`: empty where everything arrived. */
  readonly remaining: TargetPlan
  /** What was written. */
  readonly changes: readonly Change[]
  /** Why a document could not be written. */
  readonly faults: ReadonlyMap<DocumentName, Fault>
  /** Owners left out because the cloud refuses a principal of theirs. */
  readonly barred: ReadonlyMap<string, Fault>
  /** Owners that have entries in the cloud now. */
  readonly present: ReadonlySet<string>
  readonly orphans: readonly string[]
}

/**
 * Writes what the plan changes and reads every written document back.
 *
 * When the cloud refuses a document because of a principal that one integration brought, that integration is left
 * out and the plan is made and written once more, so that it does not bar the others.
 */
export async function applyPlan(
  driver: TargetDriver,
  input: TargetInput,
  observedAt: number,
  onWritten: OnWritten,
  signal: AbortSignal,
): Promise<Applied> {
  const first = await writeDocuments(driver, input, observedAt, onWritten, signal)
  const barred = barredBy(first.faults, input)
  if (barred.size === 0) return settle(driver, first, barred, signal)
  const again = performance.now()
  const documents = await driver.read(
    input.documents.map(({ kind }) => kind.name),
    signal,
    claimedIn(input),
  )
  const left = withKeepers({ ...input, documents }, barred)
  const second = await writeDocuments(driver, left, again, onWritten, signal)
  return settle(driver, second, barred, signal)
}

/** Integrations whose own entries name the principal that the cloud refused; none when it is a stranger’s. */
function barredBy(faults: ReadonlyMap<DocumentName, Fault>, input: TargetInput): ReadonlyMap<string, Fault> {
  const refusals = [...faults.values()].filter(
    ({ reason, principal }) => reason === 'InvalidPrincipal' && principal !== undefined,
  )
  return new Map(
    refusals.flatMap((fault) =>
      input.participants
        .filter(({ stance, entries }) => stance === 'Wants' && mentions(entries, fault.principal ?? ''))
        .map(({ owner }) => [owner, fault] as const),
    ),
  )
}

function mentions(entries: unknown, principal: string): boolean {
  return canonicalJson(entries).includes(JSON.stringify(principal))
}

async function settle(
  driver: TargetDriver,
  { input, changes, names, faults }: Written,
  barred: ReadonlyMap<string, Fault>,
  signal: AbortSignal,
): Promise<Applied> {
  const readBack = names.length === 0 ? [] : await driver.read(names, signal, claimedIn(input))
  const { documents } = withDocuments(input, readBack)
  const remaining = planTarget({ ...input, documents })
  const ownership = ownershipIn(input)
  const present = documents.flatMap(({ kind, document }) => [...ownersIn(kind, document, ownership)])
  const orphans = remaining.documents.flatMap((plan) => plan.orphans)
  return { documents, remaining, changes, faults, barred, present: new Set(present), orphans }
}
