import type { Document } from '../../plan/document.ts'
import { isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import type { CustomRoleEnvelope, CustomRolePart } from './custom-role.ts'

/** What a role is to say. */
export interface RoleContent {
  readonly title: string
  readonly description: string
  readonly permissions: readonly string[]
}

/**
 * The role that the entries make, or undefined where there is to be none: nobody needs it, and nobody added a permission to
 * it. Title and description are our integrations', the newer ones where they differ, else as read. Permissions keep their order.
 */
export function roleAfter({
  entries,
  envelope,
}: Document<LedgerEntry<CustomRolePart>>): RoleContent | undefined {
  const { read } = envelope as CustomRoleEnvelope
  const names = entries.flatMap(({ part }) => (part.in === 'Permission' ? [part.permission] : []))
  const isOwned = entries.some(({ mark }) => mark !== undefined)
  if (!isOwned && names.length === 0) return undefined
  const now = textsOf(read)
  const wanted = entries.flatMap(({ mark, part }) =>
    mark !== undefined && part.in === 'Texts' ? [part] : [],
  )
  const { title, description } =
    wanted.findLast((texts) => texts.title !== now.title || texts.description !== now.description) ?? now
  return { title, description, permissions: [...new Set(names)] }
}

function textsOf(read: JsonObject | null): Pick<RoleContent, 'title' | 'description'> {
  const { title, description } = isJsonObject(read) ? read : {}
  return { title: textOf(title), description: textOf(description) }
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
