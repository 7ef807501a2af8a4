import type { LimitBreach } from '../../plan/document.ts'
import type { Json } from '../../plan/json.ts'
import { bindingsIn, type MemberPart } from './iam-bindings.ts'

/**
 * Principals in all bindings of one policy; each occurrence counts. Policies of buckets have no audit-logging exemptions.
 * https://docs.cloud.google.com/iam/quotas ("Total number of principals"), also https://docs.cloud.google.com/storage/quotas
 */
export const PRINCIPALS_LIMIT = 1_500
/** Each domain's occurrence, and each group once. https://docs.cloud.google.com/iam/quotas ("Domains and Google groups") */
export const GROUPS_LIMIT = 250
/** https://docs.cloud.google.com/iam/quotas ("same role and the same principal, but different condition expressions") */
export const CONDITIONS_LIMIT = 20

/** The first limit of IAM that a policy with these bindings exceeds; undefined for bindings as they are. */
export function policyBreach(bindings: Json | undefined): LimitBreach | undefined {
  if (bindings === undefined) return undefined
  const parts = bindingsIn({ bindings }, 'bucket IAM policy').flatMap(({ parts: members }) => members)
  if (parts.length > PRINCIPALS_LIMIT)
    return tooLarge(`${parts.length} of at most ${PRINCIPALS_LIMIT} principals`)
  const groups = groupsIn(parts)
  if (groups > GROUPS_LIMIT) return tooLarge(`${groups} of at most ${GROUPS_LIMIT} groups and domains`)
  return conditionsBreach(parts)
}

/** https://docs.cloud.google.com/iam/docs/allow-policies#limits-groups: a group counts once, a domain each time. */
function groupsIn(parts: readonly MemberPart[]): number {
  const members = parts.map(({ member }) => member)
  const groups = new Set(members.filter((member) => member.startsWith('group:')))
  return groups.size + members.filter((member) => member.startsWith('domain:')).length
}

function conditionsBreach(parts: readonly MemberPart[]): LimitBreach | undefined {
  const conditional = parts.filter(({ condition }) => condition !== undefined)
  const alike = Map.groupBy(conditional, ({ role, member }) => `${role} for ${member}`)
  for (const [which, list] of alike) {
    const { size } = new Set(list.map(({ condition }) => condition?.expression))
    if (size > CONDITIONS_LIMIT)
      return tooLarge(`${size} of at most ${CONDITIONS_LIMIT} different conditions on ${which}`)
  }
  return undefined
}

function tooLarge(detail: string): LimitBreach {
  return { reason: 'PolicyTooLarge', detail }
}
