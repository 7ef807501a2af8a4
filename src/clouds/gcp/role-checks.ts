import type { Document } from '../../plan/document.ts'
import type { CheckResult, CustomRoleProbe } from '../cloud.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import type { CustomRoleEnvelope, CustomRolePart } from './custom-role.ts'

/**
 * Whether a custom role permits more than was asked for. What somebody added is not Mooring's to remove, so it is told; what
 * another integration of the vendor has, which is held back, is no fault.
 *
 * @param role its id and project, for the command that mends it.
 * @param document the role as read, with marks.
 */
export function checkCustomRole(
  { permissions }: CustomRoleProbe,
  role: { readonly roleId: string; readonly projectId: string; readonly name: string },
  { entries, envelope }: Document<LedgerEntry<CustomRolePart>>,
): CheckResult[] {
  if ((envelope as CustomRoleEnvelope).state !== 'Present') return []
  const others = entries.flatMap(({ mark, part }) =>
    part.in === 'Permission' && !permissions.includes(part.permission) ? [{ mark, ...part }] : [],
  )
  const added = others.flatMap(({ mark, permission }) => (mark === undefined ? [permission] : []))
  const kept = others.map(({ permission }) => permission).filter((permission) => !added.includes(permission))
  const check = { name: 'RolePermissions' }
  if (added.length > 0) {
    const list = added.join(',')
    const message = `${role.name} also has ${added.join(', ')}, which no integration asks for and Mooring did not add: the vendor may use it in every bucket that grants the role. Take it away: gcloud iam roles update ${role.roleId} --project=${role.projectId} --remove-permissions=${list}`
    return [{ ...check, result: 'Failed', reason: 'GrantTooWide', message }]
  }
  const more =
    kept.length === 0
      ? 'and no more'
      : `and ${[...new Set(kept)].join(', ')} for another integration, which is suspended or held back`
  return [{ ...check, result: 'Passed', message: `${role.name} has what was asked for ${more}` }]
}
