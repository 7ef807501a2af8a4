import { mergeConditions } from '../api/conditions.ts'
import type { StorageIntegrationStatus } from '../api/generated/storage-integration.ts'
import type { CheckResult } from '../clouds/cloud.ts'
import type { Resolution } from '../vendors/resolve.ts'
import { hiddenValues, tell } from '../vendors/tell.ts'
import { fittedStatus } from './fitted-status.ts'
import { isAsking } from './party.ts'
import type { OwnerReport, PendingChange } from './target-report.ts'
import { verdicts } from './verdicts.ts'

/** What is shown of a plan at most; the rest is counted in `truncated`. */
const PLAN_LIMIT = 20

/**
 * The status that says what is known of an integration now. Pure; the same knowledge gives the same status, so an
 * unchanged status is not written.
 *
 * @param answer what the target pass found for exactly this resolution; absent while it has not looked yet.
 * @param now RFC 3339, for conditions whose status changes.
 */
export function reportStatus(
  before: StorageIntegrationStatus | undefined,
  resolution: Resolution,
  answer: OwnerReport | undefined,
  now: string,
): StorageIntegrationStatus {
  const conditions = mergeConditions(
    before?.conditions ?? [],
    verdicts(resolution, answer),
    resolution.generation,
    now,
  )
  const status: StorageIntegrationStatus = {
    observedGeneration: resolution.generation,
    conditions,
    storage: resolution.storage,
    ...toldOf(before, resolution, answer),
    ...planOf(resolution, answer),
    ...(answer !== undefined && answer.checks.length > 0 ? { checks: answer.checks.map(shownCheck) } : {}),
    ...(resolution.vendorRevision === undefined ? {} : { vendorRevision: resolution.vendorRevision }),
  }
  return fittedStatus(status, hiddenValues(resolution.tell))
}

/**
 * True when the pass has nothing to add to the status yet: the target has not been looked at for this resolution,
 * and the status already says something. It is left as it is until the answer comes, so that nothing flaps;
 * `observedGeneration` tells readers meanwhile that it speaks of an older spec.
 */
export function isWaiting(
  before: StorageIntegrationStatus | undefined,
  resolution: Resolution,
  answer: OwnerReport | undefined,
): boolean {
  const asks = resolution.fault === undefined && isAsking(resolution)
  return asks && answer === undefined && (before?.conditions ?? []).length > 0
}

/**
 * What is to be pasted where, once the access stands; and in mode Plan, where it is part of what is reviewed. While a fault
 * lasts, what was told for this spec stays: it is what the vendor has, and what a lost external ID is known from.
 */
function toldOf(
  before: StorageIntegrationStatus | undefined,
  { tell: telling, stance, hold, generation }: Resolution,
  answer: OwnerReport | undefined,
): Partial<StorageIntegrationStatus> {
  const stands = stance === 'Wants' && answer !== undefined && answer.fault === undefined
  if (stance === 'Wants' && answer?.fault !== undefined && before?.observedGeneration === generation) {
    const { outputs, nextStep } = before
    return { ...(outputs === undefined ? {} : { outputs }), ...(nextStep === undefined ? {} : { nextStep }) }
  }
  if (telling === undefined || (!stands && hold !== 'Planned')) return {}
  const { outputs, nextStep } = tell(telling, answer?.facts)
  return { outputs, ...(nextStep === undefined ? {} : { nextStep }) }
}

function planOf(
  { hold }: Resolution,
  answer: OwnerReport | undefined,
): Pick<StorageIntegrationStatus, 'plan'> {
  if (hold !== 'Planned' || answer === undefined) return {}
  const changes = answer.pending.slice(0, PLAN_LIMIT).map(shown)
  const truncated = answer.pending.length - changes.length
  return { plan: { changes, ...(truncated > 0 ? { truncated } : {}) } }
}

/** A check as status has room for it. */
function shownCheck({ name, result, message }: CheckResult): CheckResult {
  return { name, result, message }
}

function shown({ target, action, document, mark, summary }: PendingChange) {
  return { target, document, action, entry: mark, summary }
}
