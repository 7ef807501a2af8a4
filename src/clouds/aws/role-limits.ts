import type { Document, LimitBreach } from '../../plan/document.ts'
import type { JsonObject } from '../../plan/json.ts'
import { encodeRole, type RoleEnvelope } from './role-document.ts'
import { isListOfPolicies, type RoleEntry, type Tags, tagsFor } from './role-ledger.ts'

/**
 * Limits of IAM in characters, white space not counted.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html ("Role trust policy length: 2,048 characters",
 * "For roles – the total aggregate policy size of all inline policies can't exceed 10,240", "Managed policy: 6,144")
 */
export const TRUST_POLICY_LIMIT = 2_048
export const INLINE_POLICIES_LIMIT = 10_240
export const MANAGED_POLICY_LIMIT = 6_144

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html ("Managed policies per role: 10"; AWS raises it on request) */
export const ATTACHED_LIMIT = 10

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html ("Tags that can be attached to a role: 50") */
export const TAG_LIMIT = 50
/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html ("tag values can be up to 256 characters") */
export const TAG_VALUE_LIMIT = 256

/** The first limit of IAM that the role would exceed. */
export function sizeBreach(document: Document<RoleEntry>): LimitBreach | undefined {
  const { tags } = document.envelope as RoleEnvelope
  return policyBreach(document) ?? tagBreach(tags, tagsFor(document.entries, tags))
}

function policyBreach(document: Document<RoleEntry>): LimitBreach | undefined {
  const { trust, inline, customer } = encodeRole(document)
  const inlineSize = [...inline.values()].reduce((sum, policy) => sum + sizeOf(policy), 0)
  return (
    tooLarge('a trust policy', sizeOf(trust), TRUST_POLICY_LIMIT) ??
    tooLarge('inline policies', inlineSize, INLINE_POLICIES_LIMIT) ??
    [...customer]
      .map(([name, policy]) => tooLarge(`a managed policy "${name}"`, sizeOf(policy), MANAGED_POLICY_LIMIT))
      .find((found) => found !== undefined)
  )
}

/** A policy's size as IAM counts it. */
export function sizeOf(policy: JsonObject | undefined): number {
  return policy === undefined ? 0 : sizeOfText(JSON.stringify(policy))
}

/** The size of a policy's text as IAM counts it. */
export function sizeOfText(text: string): number {
  return text.replaceAll(/\s/g, '').length
}

function tooLarge(what: string, size: number, limit: number): LimitBreach | undefined {
  return size <= limit
    ? undefined
    : { reason: 'PolicyTooLarge', detail: `${what} of ${size} of at most ${limit} characters` }
}

/** One tag is kept free, so that the first newcomer's can stand beside the last leaver's; strangers may use that one. */
export function tagBreach(before: Tags, after: Tags): LimitBreach | undefined {
  const count = countOf(after)
  if (count >= TAG_LIMIT && count > countOf(before)) {
    return {
      reason: 'TooManyRules',
      detail: `${count} of at most ${TAG_LIMIT - 1} tags, one for each integration and two or three more`,
    }
  }
  const [key, value] = Object.entries(after).find(([, text]) => text.length > TAG_VALUE_LIMIT) ?? []
  if (key === undefined || value === undefined) return undefined
  const each = isListOfPolicies(key)
    ? 'with the names of all customer-managed policies'
    : 'nine for each part that one integration needs'
  return {
    reason: 'TooManyRules',
    detail: `a tag of ${value.length} of at most ${TAG_VALUE_LIMIT} characters, ${each}`,
  }
}

/** AWS' own tags do not count. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules_limits */
function countOf(tags: Tags): number {
  return Object.keys(tags).filter((key) => !key.startsWith('aws:')).length
}
