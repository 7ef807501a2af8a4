import { type Fault, FaultError } from '../api/fault.ts'
import type { TargetDriver } from '../clouds/cloud.ts'
import type { DocumentName } from '../plan/document.ts'
import { canonicalJson } from '../plan/json.ts'
import { ownershipAt } from '../plan/ownership.ts'
import type { Change, DocumentPlan } from '../plan/plan-document.ts'
import { ownersIn } from '../plan/plan-document.ts'
import {
  effectiveStances,
  type ObservedDocument,
  planTarget,
  type TargetInput,
  type TargetPlan,
} from '../plan/plan-target.ts'

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
 * Writes what the plan changes, one call per document, and reads every written document back.
 *
 * When the cloud refuses a document because of a principal that one integration brought, that integration is left
 * out and the plan is made and written once more, so that it does not bar the others.
 */
export async function applyPlan(
  driver: TargetDriver,
  input: TargetInput,
  signal: AbortSignal,
): Promise<Applied> {
  const plan = planTarget(input)
  const first = await writeAll(driver, plan, signal)
  const barred = barredBy(first.faults, input)
  if (barred.size === 0) return settle(driver, input, first, barred, signal)
  const without = {
    ...input,
    participants: input.participants.map((p) =>
      barred.has(p.owner) ? { ...p, stance: 'Keeps' as const } : p,
    ),
  }
  const second = await writeAll(driver, planTarget(without), signal)
  return settle(driver, without, second, barred, signal)
}

interface Written {
  readonly changes: readonly Change[]
  readonly names: readonly DocumentName[]
  readonly faults: ReadonlyMap<DocumentName, Fault>
}

/** In the order of the documents, stopping at the first that fails: access before its trimmings, nothing in parallel. */
async function writeAll(driver: TargetDriver, plan: TargetPlan, signal: AbortSignal): Promise<Written> {
  const changes: Change[] = []
  const names: DocumentName[] = []
  for (const document of plan.documents.filter((candidate) => candidate.changes.length > 0)) {
    const fault = await writeOne(driver, document, signal)
    if (fault !== undefined) return { changes, names, faults: new Map([[document.kind.name, fault]]) }
    changes.push(...document.changes)
    names.push(document.kind.name)
  }
  return { changes, names, faults: new Map() }
}

async function writeOne(
  driver: TargetDriver,
  plan: DocumentPlan,
  signal: AbortSignal,
): Promise<Fault | undefined> {
  try {
    await driver.write(plan, signal)
    return undefined
  } catch (error) {
    if (error instanceof FaultError && !signal.aborted) return error.fault
    throw error
  }
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
  input: TargetInput,
  { changes, names, faults }: Written,
  barred: ReadonlyMap<string, Fault>,
  signal: AbortSignal,
): Promise<Applied> {
  const readBack = names.length === 0 ? [] : await driver.readBack(names, signal)
  const fresh = new Map(readBack.map((document) => [document.kind.name, document]))
  const documents = input.documents.map((document) => fresh.get(document.kind.name) ?? document)
  const remaining = planTarget({ ...input, documents })
  const ownership = ownershipAt(
    input.installation,
    input.target,
    effectiveStances(input.participants, new Map()),
  )
  const present = documents.flatMap(({ kind, document }) => [...ownersIn(kind, document, ownership)])
  const orphans = remaining.documents.flatMap((plan) => plan.orphans)
  return { documents, remaining, changes, faults, barred, present: new Set(present), orphans }
}
