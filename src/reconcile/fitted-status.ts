import { cutText } from '../api/cut-text.ts'
import type { StorageIntegrationStatus } from '../api/generated/storage-integration.ts'
import { masked } from '../api/masked.ts'

/** What crds/mooring.dev_storageintegrations.yaml takes, in characters. */
const LIMITS = {
  message: 4_096,
  storage: 1_024,
  output: 4_096,
  nextStep: 8_192,
  target: 2_048,
  summary: 2_048,
}

/**
 * The status as the API server takes it: one text too long, and it refuses the whole, so that nobody would ever learn what is
 * wrong. Long parameters and recipes make long texts. Half an output is worse than none, so one that is too long is left out.
 *
 * @param secrets what may stand in none of its texts, even if a cloud said it.
 */
export function fittedStatus(
  status: StorageIntegrationStatus,
  secrets: readonly string[],
): StorageIntegrationStatus {
  const fit = (text: string, limit: number): string => cutText(masked(text, secrets), limit)
  const { conditions, storage, outputs, nextStep, plan, checks } = status
  return {
    ...status,
    ...(conditions && {
      conditions: conditions.map((one) => ({ ...one, message: fit(one.message, LIMITS.message) })),
    }),
    ...(storage !== undefined && { storage: cutText(storage, LIMITS.storage) }),
    ...(outputs && { outputs: whole(outputs) }),
    ...(nextStep !== undefined && { nextStep: cutText(nextStep, LIMITS.nextStep) }),
    ...(plan?.changes && {
      plan: {
        ...plan,
        changes: plan.changes.map((change) => ({
          ...change,
          target: fit(change.target, LIMITS.target),
          summary: fit(change.summary, LIMITS.summary),
        })),
      },
    }),
    ...(checks && {
      checks: checks.map((one) => ({ ...one, message: fit(one.message ?? '', LIMITS.message) })),
    }),
  }
}

function whole(outputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value.length <= LIMITS.output))
}
