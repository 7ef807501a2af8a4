import { type Fault, FaultError } from '../api/fault.ts'
import type { TargetDriver } from '../clouds/cloud.ts'
import type { DocumentName } from '../plan/document.ts'
import { canonicalJson } from '../plan/json.ts'
import type { Change, DocumentPlan } from '../plan/plan-document.ts'
import {
  type Claimed,
  claimedIn,
  type ObservedDocument,
  planTarget,
  type TargetInput,
} from '../plan/plan-target.ts'

/** What was written, and the input as it was known at the last write. */
export interface Written {
  readonly input: TargetInput
  readonly changes: readonly Change[]
  readonly names: readonly DocumentName[]
  /** Why a document could not be written; those after it were not tried. */
  readonly faults: ReadonlyMap<DocumentName, Fault>
}

/** Told of what the cloud was seen or said to have taken, right after each write. */
export type OnWritten = (changes: readonly Change[]) => void

/** Milliseconds after which a read is too old to be written over. */
const FRESH_MS = 1_000

/**
 * Writes every document that the plan changes, one call each, in order: access before its trimmings, nothing in parallel.
 * Where a cloud cannot guard a write, what a stranger writes between our read and our write is lost; so a document whose
 * reading began more than a second ago is read again, and planned again from that, right before it is written.
 *
 * A write that failed for a moment may have been carried out all the same, or in part: its answer may be lost, or it may be
 * several requests. What it did is read then, so that nothing is done that nobody is told of.
 *
 * @param observedAt when `input.documents` began to be read, in `performance.now()`.
 */
export async function writeDocuments(
  driver: TargetDriver,
  input: TargetInput,
  observedAt: number,
  onWritten: OnWritten,
  signal: AbortSignal,
): Promise<Written> {
  const changes: Change[] = []
  const names: DocumentName[] = []
  let known = input
  for (const { kind } of input.documents) {
    if (planOf(known, kind.name) === undefined) continue
    if (performance.now() - observedAt > FRESH_MS)
      known = withDocuments(known, await driver.read([kind.name], signal, claimedIn(known)))
    const plan = planOf(known, kind.name)
    if (plan === undefined) continue
    const { after, done, fault } = await writeAndSee(driver, known, plan, signal)
    known = after
    changes.push(...done)
    if (done.length > 0) onWritten(done)
    if (fault !== undefined) return { input: known, changes, names, faults: new Map([[kind.name, fault]]) }
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

/** One write, and what came of it. A fault that kept nothing from being written is none. */
async function writeAndSee(
  driver: TargetDriver,
  known: TargetInput,
  plan: DocumentPlan,
  signal: AbortSignal,
): Promise<{ readonly after: TargetInput; readonly done: readonly Change[]; readonly fault?: Fault }> {
  const fault = await writeOne(driver, plan, signal)
  if (fault === undefined) return { after: known, done: plan.changes }
  const seen =
    fault.retry === 'Backoff' ? await lookAgain(driver, plan.kind.name, claimedIn(known), signal) : undefined
  if (seen === undefined) return { after: known, done: [], fault }
  const after = withDocuments(known, seen)
  const left = (planOf(after, plan.kind.name)?.changes ?? []).map(nameOf)
  const standing = new Set(
    seen.flatMap(({ kind, document }) => document.entries.map((entry) => kind.mark(entry))),
  )
  const done = plan.changes.filter(
    (change) => !left.includes(nameOf(change)) && standing.has(change.mark) === (change.action !== 'Remove'),
  )
  return left.length === 0 ? { after, done } : { after, done, fault }
}

/** Undefined where that fails as well. */
async function lookAgain(
  driver: TargetDriver,
  name: DocumentName,
  claimed: readonly Claimed[],
  signal: AbortSignal,
): Promise<readonly ObservedDocument[] | undefined> {
  try {
    return await driver.read([name], signal, claimed)
  } catch (error) {
    if (error instanceof FaultError && !signal.aborted) return undefined
    throw error
  }
}

function nameOf({ action, owner, mark }: Change): string {
  return `${action} ${owner} ${mark}`
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
