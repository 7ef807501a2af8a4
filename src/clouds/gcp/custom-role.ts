import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import { parseMark } from '../../plan/mark.ts'
import { type LedgerEntry, ledgerKind } from '../ledger-kind.ts'
import { asList, unreadable } from '../unreadable.ts'
import { roleAfter } from './role-after.ts'
import { sizeBreach } from './role-limits.ts'
import { tagIn } from './role-tag.ts'

/** What people read of the role. The description ends with the installation's tag (role-tag.ts). */
export interface RolePart {
  readonly in: 'Role'
  readonly title: string
  readonly description: string
  /** True for a role as read whose launch stage is DISABLED: it grants nothing. */
  readonly disabled?: true
  /** True for a part as read; it does not count as wanted by anybody. */
  readonly found?: true
}

export interface PermissionPart {
  readonly in: 'Permission'
  /** `storage.objects.get` */
  readonly permission: string
}

export type CustomRolePart = RolePart | PermissionPart

/** What stands around the parts. */
export interface CustomRoleEnvelope {
  /** Deleted: softly; its id stays taken, and it can be brought back for 7 days. */
  readonly state: 'Absent' | 'Present' | 'Deleted'
  /** The role as read; null where there is none. */
  readonly read: JsonObject | null
}

const LABEL = 'custom role'

/**
 * A custom role of a project, which all integrations of a vendor share: the role itself and each of its permissions are
 * parts. https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.roles
 */
export const customRoleKind: DocumentKind<LedgerEntry<CustomRolePart>> = ledgerKind({
  name: 'CustomRole',
  label: LABEL,
  entryLabel: 'part of the role',
  meaning: meaningOfPart,
  breach,
  clash: ({ part }, other) => clashOf(part, other),
  summary: (part) => (part.in === 'Role' ? `role "${part.title}"` : part.permission),
})

/**
 * Takes a role apart; undefined is a role that does not exist. A stranger's is left whole, and a deleted one has no parts:
 * it grants nothing.
 *
 * @throws FaultError UnreadableDocument when the answer is no role.
 */
export function decodeCustomRole(role: Json | undefined): Document<LedgerEntry<CustomRolePart>> {
  if (role === undefined) return { entries: [], envelope: envelopeOf('Absent', null) }
  if (!isJsonObject(role)) throw unreadable(LABEL, 'it is not an object')
  if (role.deleted === true) return { entries: [], envelope: envelopeOf('Deleted', role) }
  const envelope = envelopeOf('Present', role)
  if (tagIn(role.description) === undefined) return { entries: [], envelope }
  const permissions = permissionsIn(role).map((permission) => ({ in: 'Permission', permission }) as const)
  return { entries: [rolePart(role), ...permissions].map((part) => ({ part })), envelope }
}

/** The names of a role's permissions, as read. */
export function permissionsIn(role: JsonObject): string[] {
  return asList(role.includedPermissions, LABEL).map((permission) => {
    if (typeof permission !== 'string') throw unreadable(LABEL, 'a permission is not a text')
    return permission
  })
}

function envelopeOf(state: CustomRoleEnvelope['state'], read: JsonObject | null): CustomRoleEnvelope {
  return { state, read }
}

function rolePart({ title, description, stage }: JsonObject): RolePart {
  const texts = { title: textOf(title), description: textOf(description) }
  return { in: 'Role', ...texts, ...(stage === 'DISABLED' ? { disabled: true } : {}), found: true }
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function meaningOfPart(part: CustomRolePart): string {
  if (part.in === 'Permission') return canonicalJson(['Permission', part.permission])
  return canonicalJson(['Role', part.title, part.description, part.disabled ?? false])
}

/** Two integrations cannot give one role two names. What somebody wrote over ours is no claim. */
function clashOf(wanted: CustomRolePart, other: LedgerEntry<CustomRolePart>): string | undefined {
  const { mark, part } = other
  if (wanted.in !== 'Role' || part.in !== 'Role' || (mark === undefined && part.found === true))
    return undefined
  const isSame = wanted.title === part.title && wanted.description === part.description
  return isSame ? undefined : 'needs the role with another title or description'
}

function breach(document: Document<LedgerEntry<CustomRolePart>>): LimitBreach | undefined {
  const { state, read } = document.envelope as CustomRoleEnvelope
  const tags = document.entries.flatMap(({ mark }) => parseMark(mark)?.installation ?? [])
  const wanting = tags.find((tag) => tag !== tagIn(read?.description))
  if (read !== null && wanting !== undefined)
    return { reason: 'Conflict', detail: someoneElses(state, read, wanting) }
  const after = roleAfter(document)
  return after === undefined ? undefined : sizeBreach(after)
}

function someoneElses(state: CustomRoleEnvelope['state'], read: JsonObject, tag: string): string {
  const name = textOf(read.name)
  const handOver = `end its description with [mooring:${tag}]`
  const whose =
    tagIn(read.description) === undefined
      ? 'somebody else made it'
      : 'another installation of Mooring made it, or made it for another project'
  if (state === 'Deleted')
    return `${name} was deleted and keeps its id for up to 37 days, and ${whose}, so it is not touched. Use another role id; or, if Mooring shall have it, bring it back (gcloud iam roles undelete) and ${handOver}`
  return `${name} exists and ${whose}, so it is not touched. Delete it and use another role id (a deleted id stays taken for up to 37 days); or, if Mooring shall have it, ${handOver}: permissions that are in it already stay when the last integration goes`
}
