import type { Document } from '../../plan/document.ts'
import { parseMark } from '../../plan/mark.ts'
import { type LifecycleRule, prefixesOf } from './lifecycle-rule.ts'

/** What a rule of ours can do, which is what two rules in the old form must not both do to an object. */
const ACTIONS = ['Expiration', 'NoncurrentVersionExpiration', 'AbortIncompleteMultipartUpload'] as const

/**
 * A wanted rule in the form of the rules that are there. S3 takes either rules with Filter or rules with Prefix beside
 * Status (the old form), never both in one configuration ("Filter element can only be used in Lifecycle V2",
 * "Base level prefix cannot be used in Lifecycle V2"), and a stranger's rule is not ours to rewrite. The API's pages keep
 * silent about it; S3's answers are in https://github.com/ansible/ansible/issues/53751,
 * https://github.com/hashicorp/terraform-provider-aws/issues/23299 and
 * https://github.com/noobaa/noobaa-core/issues/8426. Everything that our rules can say exists in both forms
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycle.html).
 */
export function formed(rule: LifecycleRule, { entries }: Document<LifecycleRule>): LifecycleRule {
  if (!isOldForm(entries)) return rule
  const { Filter, ...rest } = rule
  return { ...rest, Prefix: Filter?.Prefix ?? '' }
}

/**
 * Why S3 would refuse these rules although each is right: in the old form, rules whose prefixes overlap must not have the
 * same kind of action ("Found overlapping prefixes 'dir/' and 'di' for same action type …"; with Filter S3 takes them).
 * Undefined when nothing is wrong. Rules that are both a stranger's are not judged, and those that are switched off are
 * left to S3, since nobody says how it takes them. Source: https://github.com/noobaa/noobaa-core/issues/8426.
 */
export function overlapInOldForm(rules: readonly LifecycleRule[]): string | undefined {
  if (!isOldForm(rules)) return undefined
  for (const ours of rules.filter(({ ID }) => parseMark(ID) !== undefined)) {
    for (const other of rules) {
      const action = other === ours ? undefined : sharedAction(ours, other)
      if (action !== undefined) return sentence(ours, other, action)
    }
  }
  return undefined
}

function isOldForm(rules: readonly LifecycleRule[]): boolean {
  return rules.some(({ Prefix }) => Prefix !== undefined) && rules.every(({ Filter }) => Filter === undefined)
}

function sharedAction(one: LifecycleRule, other: LifecycleRule): string | undefined {
  if (one.Status !== 'Enabled' || other.Status !== 'Enabled') return undefined
  const [a = '', b = ''] = [...prefixesOf(one), ...prefixesOf(other)]
  if (!a.startsWith(b) && !b.startsWith(a)) return undefined
  return ACTIONS.find((action) => one[action] !== undefined && other[action] !== undefined)
}

function sentence(ours: LifecycleRule, other: LifecycleRule, action: string): string {
  const [prefix, theirs] = [prefixesOf(ours), prefixesOf(other)]
  return `rule "${other.ID ?? ''}" under "${theirs}" is in the old form (Prefix outside of Filter), and in that form S3 takes no other rule with ${action} under "${prefix}". Write the rules of this bucket with Filter instead`
}
