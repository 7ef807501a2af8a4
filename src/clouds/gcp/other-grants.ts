import type { CheckResult, GcsGrantProbe } from '../cloud.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import { type MemberPart, meaningOfMember } from './iam-bindings.ts'

/** Roles that say nothing of objects but that they are there. https://docs.cloud.google.com/storage/docs/access-control/iam-roles */
const BUCKET_ROLES: readonly string[] = ['roles/storage.bucketViewer', 'roles/storage.legacyBucketReader']

/**
 * What else the bucket's policy gives to the members of a grant: bindings that no integration has. They are not Mooring's to
 * remove, and stay when the access is taken away. One that has no condition reaches beyond a prefix.
 *
 * @param policy the bucket's policy, with marks.
 */
export function otherGrants(
  where: string,
  { grants, prefix }: GcsGrantProbe,
  policy: readonly LedgerEntry<MemberPart>[],
): CheckResult {
  const name = 'OtherGrants'
  const members = new Set(grants.map(({ member }) => member.toLowerCase()))
  const wanted = new Set(grants.map((grant) => meaningOfMember(grant)))
  const others = policy.flatMap(({ mark, part }) =>
    mark === undefined && members.has(part.member.toLowerCase()) && !wanted.has(meaningOfMember(part))
      ? [part]
      : [],
  )
  if (others.length === 0)
    return {
      name,
      result: 'Passed',
      message: `the policy of ${where} gives the vendor’s members nothing besides`,
    }
  const wide = others.filter(
    ({ role, condition }) => prefix !== '' && condition === undefined && !BUCKET_ROLES.includes(role),
  )
  const told = (parts: readonly MemberPart[]): string => parts.map(worded).join('; ')
  if (wide.length === 0) {
    const message = `the policy of ${where} also gives ${told(others)}. Mooring did not make that, and it stays when this integration goes`
    return { name, result: 'Passed', message }
  }
  const message = `the policy of ${where} also gives ${told(wide)}, so the vendor reaches more than the prefix "${prefix}". Mooring did not make that, and it stays when this integration goes: take it away, or leave the prefix out`
  return { name, result: 'Failed', reason: 'GrantTooWide', message }
}

function worded({ role, member, condition }: MemberPart): string {
  const when =
    condition === undefined ? 'without a condition' : `under the condition "${condition.title}" of its own`
  return `${role} to ${member} ${when}`
}
