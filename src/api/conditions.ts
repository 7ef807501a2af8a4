import { cutText } from './cut-text.ts'
import type { Reason } from './reasons.ts'

/** A condition as Kubernetes API conventions define it (metav1.Condition). */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: string
  readonly message: string
  readonly observedGeneration?: number
  readonly lastTransitionTime: string
}

/** What a pass has to say of one condition; generation and transition time are added by {@link mergeConditions}. */
export interface Verdict {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason: Reason
  readonly message: string
}

/**
 * The condition list for `verdicts`: sorted with Ready first, `lastTransitionTime` kept where the status did not
 * change (metav1.Condition), so that an unchanged verdict yields an equal list and nothing is written.
 * Conditions that no verdict mentions are dropped: they no longer apply.
 *
 * @param now RFC 3339 time for transitions.
 */
export function mergeConditions(
  before: readonly Condition[],
  verdicts: readonly Verdict[],
  generation: number,
  now: string,
): Condition[] {
  const old = new Map(before.map((condition) => [condition.type, condition]))
  return verdicts
    .map((verdict) => ({
      type: verdict.type,
      status: verdict.status,
      reason: verdict.reason,
      message: cutText(verdict.message, MESSAGE_LIMIT),
      observedGeneration: generation,
      lastTransitionTime: transitionTime(old.get(verdict.type), verdict, now),
    }))
    .sort((a, b) => rank(a.type) - rank(b.type) || (a.type < b.type ? -1 : 1))
}

/** The condition of one type, if the list has it. */
export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

/** The API server refuses messages over 32,768 characters, and with them the whole status; nobody reads that far. */
const MESSAGE_LIMIT = 4_096

function transitionTime(old: Condition | undefined, verdict: Verdict, now: string): string {
  return old !== undefined && old.status === verdict.status ? old.lastTransitionTime : now
}

function rank(type: string): number {
  return type === 'Ready' ? 0 : 1
}
