import type { Document } from '../../plan/document.ts'
import { parseMark } from '../../plan/mark.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import type { CustomRoleEnvelope, CustomRolePart } from './custom-role.ts'
import { tagIn } from './role-tag.ts'

type RoleDocument = Document<LedgerEntry<CustomRolePart>>

/**
 * Whether the role as read is this installation's: its description says so, or it says nothing and a ledger lists the role.
 * Another installation's tag is a handing over.
 *
 * @param before the role as read, with marks, @param after what becomes of it.
 */
export function isOurs(before: RoleDocument, after: RoleDocument): boolean {
  const tag = tagIn((after.envelope as CustomRoleEnvelope).read?.description)
  if (tag !== undefined) return [...tagsOf(before), ...tagsOf(after)].every((own) => own === tag)
  return before.entries.some(({ mark, part }) => mark !== undefined && part.in === 'Role' && part.found)
}

/** The digits of the installation in the marks of these entries. */
export function tagsOf({ entries }: RoleDocument): string[] {
  return entries.flatMap(({ mark }) => parseMark(mark)?.installation ?? [])
}
