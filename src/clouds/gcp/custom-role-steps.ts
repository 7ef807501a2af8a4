import type { Document } from '../../plan/document.ts'
import { canonicalJson, type JsonObject } from '../../plan/json.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import { type CustomRoleEnvelope, type CustomRolePart, permissionsIn } from './custom-role.ts'
import { type RoleContent, roleAfter } from './role-after.ts'
import { isOurs } from './role-owner.ts'

/** One request; several are sent in order. */
export type CustomRoleStep =
  | { readonly do: 'CreateRole'; readonly role: JsonObject }
  | { readonly do: 'UndeleteRole' }
  /** Only the fields of `role` are changed. */
  | { readonly do: 'PatchRole'; readonly role: JsonObject }
  | { readonly do: 'DeleteRole' }

/**
 * What makes a role what the entries say; nothing where it is so already, or where it is not ours. A deleted role is
 * brought back and then given its permissions: those that it had before are not ours to bring back.
 *
 * @param before the role as read, with the marks of those whose ledgers list its parts.
 */
export function customRoleSteps(
  document: Document<LedgerEntry<CustomRolePart>>,
  before: Document<LedgerEntry<CustomRolePart>> = document,
): CustomRoleStep[] {
  const { state, read } = document.envelope as CustomRoleEnvelope
  const wanted = roleAfter(document)
  if (read === null) return wanted === undefined ? [] : [{ do: 'CreateRole', role: fieldsOf(wanted) }]
  if (!isOurs(before, document)) return []
  if (state === 'Deleted') {
    if (wanted === undefined || wanted.permissions.length === 0) return []
    return [{ do: 'UndeleteRole' }, { do: 'PatchRole', role: fieldsOf(wanted) }]
  }
  if (wanted === undefined) return [{ do: 'DeleteRole' }]
  const role = changedFields(wanted, read, document)
  return Object.keys(role).length === 0 ? [] : [{ do: 'PatchRole', role }]
}

/** GA: a role whose stage is left out is ALPHA. https://docs.cloud.google.com/iam/docs/roles-overview#role-launch-stages */
function fieldsOf({ title, description, permissions }: RoleContent): JsonObject {
  return { title, description, includedPermissions: permissions, stage: 'GA' }
}

function changedFields(
  wanted: RoleContent,
  read: JsonObject,
  { entries }: Document<LedgerEntry<CustomRolePart>>,
): JsonObject {
  const { stage, ...texts } = fieldsOf(wanted)
  const now: JsonObject = { ...read, includedPermissions: permissionsIn(read) }
  const changed = Object.entries(texts).filter(
    ([name, value]) => canonicalJson(value) !== canonicalJson(now[name] ?? ''),
  )
  const isOwned = entries.some(({ mark }) => mark !== undefined)
  return {
    ...Object.fromEntries(changed),
    ...(isOwned && read.stage === 'DISABLED' ? { stage: stage ?? 'GA' } : {}),
  }
}
