import { type Fault, FaultError } from '../api/fault.ts'
import type { TargetDriver } from '../clouds/cloud.ts'
import type { DocumentName } from '../plan/document.ts'
import { canonicalJson } from '../plan/json.ts'
import type { Change, DocumentPlan } from '../plan/plan-document.ts'
import { type ObservedDocument, planTarget, type TargetInput } from '../plan/plan-target.ts'

/** What was written, and the input as it was known at the last write. */
export interface Written {
  readonly input: TargetInput
  readonly changes: readonly Change[]
  readonly names: readonly DocumentName[]
  /** Why a document could not be written; those after it were not tried. */
  readonly faults: ReadonlyMap<DocumentName, Fault>
}

/** Milliseconds after which a read is too old to be written over. */
const FRESH_MS = 1_000

/**
 * Writes every document that the plan changes, one call each, in order: access before its trimmings, nothing in parallel.
 * Where a cloud cannot guard a write, what a stranger writes between our read and our write is lost; so a document whose
 * reading began more than a second ago is read again, and planned again from that, right before it is written.
 *
 * @param observedAt when `input.documents` began to be read, in `performance.now()`.
 */
export async function writeDocuments(
  driver: TargetDriver,
  input: TargetInput,
  observedAt: number,
  signal: AbortSignal,
): Promise<Written> {
  const changes: Change[] = []
  const names: DocumentName[] = []
  let known = input
  for (const { kind } of input.documents) {
    if (planOf(known, kind.name) === undefined) continue
    if (performance.now() - observedAt > FRESH_MS)
      known = withDocuments(known, await driver.read([kind.name], signal))
    const plan = planOf(known, kind.name)
    if (plan === undefined) continue
    const fault = await writeOne(driver, plan, signal)
    if (fault !== undefined) return { input: known, changes, names, faults: new Map([[kind.name, fault]]) }
    changes.push(...plan.changes)
    names.push(kind.name)
  }
  return { input: known, changes, names, faults: new Map() }
}

/** The input with these documents in the place of what was known of them. */
export function withDocuments(input: TargetInput, fresh: readonly ObservedDocument[]): TargetInput {
  const byName = new Map(fresh.map((document) => [document.kind.name, document]))
  return {
    ...input,
    documents: input.documents.map((document) => byName.get(document.kind.name) ?? document),
  }
}

/** The plan for one document, if it changes anything. */
function planOf(input: TargetInput, name: DocumentName): DocumentPlan | undefined {
  return planTarget(input).documents.find(({ kind, changes }) => kind.name === name && changes.length > 0)
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
    if (error instanceof FaultError && !signal.aborted) return withPlace(error.fault, plan)
    throw error
  }
}

/** A refused principal is told with the entry that it stands in: ours, or a stranger's that must be mended first. */
function withPlace(fault: Fault, { kind, after }: DocumentPlan): Fault {
  const { principal } = fault
  if (principal === undefined) return fault
  const entry = after.entries.find((candidate) =>
    canonicalJson(candidate).includes(JSON.stringify(principal)),
  )
  if (entry === undefined) return fault
  return {
    ...fault,
    message: `${fault.message} It stands in the ${kind.entryLabel} "${kind.mark(entry) ?? 'without a name'}".`,
  }
}
