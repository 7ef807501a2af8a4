import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { canonicalJson } from '../../plan/json.ts'
import { formed, overlapInOldForm } from './lifecycle-form.ts'
import { canonicalRule, type LifecycleRule, prefixesOf } from './lifecycle-rule.ts'

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html ("up to 1,000 rules") */
export const LIFECYCLE_RULE_LIMIT = 1_000

/** What stands around the rules; null where there is no configuration. */
export interface LifecycleEnvelope {
  /**
   * Which small objects are moved to other storage classes. S3 sets it anew with every write: a write that leaves it
   * out sets `all_storage_classes_128K`, whatever was there, so what was read is always sent back.
   * https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html,
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html; that leaving
   * it out means the default was observed by https://github.com/localstack/localstack/pull/12212.
   */
  readonly TransitionDefaultMinimumObjectSize: string
}

/**
 * A bucket's lifecycle configuration: rules as entries. S3 accepts rules that overlap or contradict each other (in the
 * form with Filter; see lifecycle-form.ts for the other) and obeys them all: of two expirations the earlier counts, and
 * deletion goes before a move to another class. So order means nothing, a stranger's rule can only make an object go earlier than ours
 * says, and ours can only do the same to theirs: that is why a recipe must name a prefix for expiration.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
 */
export const lifecycleKind: DocumentKind<LifecycleRule> = {
  name: 'Lifecycle',
  label: 'lifecycle configuration',
  entryLabel: 'lifecycle rule',
  mark: (rule) => rule.ID,
  withMark: (rule, mark) => ({ ...rule, ID: mark }),
  meaning: (rule) => canonicalJson(canonicalRule(rule)),
  identity: canonicalJson,
  breach,
  summary,
  complete: formed,
}

/** What S3 answered; undefined (no configuration) is an empty document. */
export function decodeLifecycle(
  answer:
    | {
        readonly Rules?: readonly LifecycleRule[] | undefined
        readonly TransitionDefaultMinimumObjectSize?: string | undefined
      }
    | undefined,
): Document<LifecycleRule> {
  const size = answer?.TransitionDefaultMinimumObjectSize
  return {
    entries: answer?.Rules ?? [],
    envelope:
      size === undefined ? null : ({ TransitionDefaultMinimumObjectSize: size } satisfies LifecycleEnvelope),
  }
}

function breach({ entries }: Document<LifecycleRule>): LimitBreach | undefined {
  if (entries.length > LIFECYCLE_RULE_LIMIT) {
    return { reason: 'TooManyRules', detail: `${entries.length} of at most ${LIFECYCLE_RULE_LIMIT} rules` }
  }
  const detail = overlapInOldForm(entries)
  return detail === undefined ? undefined : { reason: 'Conflict', detail }
}

function summary(rule: LifecycleRule): string {
  const actions = [
    daysOf('delete objects', rule.Expiration?.Days),
    daysOf('delete noncurrent versions', rule.NoncurrentVersionExpiration?.NoncurrentDays),
    daysOf('give up unfinished uploads', rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation),
  ].filter((action) => action !== undefined)
  const disabled = rule.Status === 'Enabled' ? '' : ` (${rule.Status})`
  return `under "${prefixesOf(rule).join(', ')}": ${actions.join(', ') || 'other actions'}${disabled}`
}

function daysOf(what: string, days: number | undefined): string | undefined {
  return days === undefined ? undefined : `${what} after ${days} day${days === 1 ? '' : 's'}`
}
