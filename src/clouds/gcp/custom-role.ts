import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import { type LedgerEntry, ledgerKind } from '../ledger-kind.ts'
import { asList, unreadable } from '../unreadable.ts'
import { roleAfter } from './role-after.ts'
import { sizeBreach } from './role-limits.ts'
import { isOurs, tagsOf } from './role-owner.ts'
import { tagIn } from './role-tag.ts'

/** That the role is there. A ledger that lists it proves whose it is, also where somebody took the tag away. */
export interface RolePart {
  readonly in: 'Role'
  /** True for a part as read. */
  readonly found?: true
}

/**
 * What people read of the role, and that it is not turned off. The description ends with the installation's tag
 * (role-tag.ts). All who need the role have the same texts but for who is held back since they changed, so the newer ones win.
 */
export interface TextsPart {
  readonly in: 'Texts'
  readonly title: string
  readonly description: string
  /** True for a role as read whose launch stage is DISABLED: it grants nothing. */
  readonly disabled?: true
}

export interface PermissionPart {
  readonly in: 'Permission'
  /** `storage.objects.get` */
  readonly permission: string
}

export type CustomRolePart = RolePart | TextsPart | PermissionPart

/** What stands around the parts. */
export interface CustomRoleEnvelope {
  /** Deleted: softly; its id stays taken, and it can be brought back for 7 days. */
  readonly state: 'Absent' | 'Present' | 'Deleted'
  /** The role as read; null where there is none. */
  readonly read: JsonObject | null
}

const LABEL = 'custom role'

/**
 * A custom role of a project, which all integrations of a vendor share: the role itself, its texts and each of its
 * permissions are parts. https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.roles
 */
export const customRoleKind: DocumentKind<LedgerEntry<CustomRolePart>> = ledgerKind({
  name: 'CustomRole',
  label: LABEL,
  entryLabel: 'part of the role',
  meaning: meaningOfPart,
  breach,
  reclaims: ({ part }) => part.in !== 'Permission',
  alongside: broughtBack,
  summary,
})

/**
 * Takes a role apart; undefined is a role that does not exist. Of a deleted one the role alone is there: it grants nothing.
 *
 * @throws FaultError UnreadableDocument when the answer is no role.
 */
export function decodeCustomRole(role: Json | undefined): Document<LedgerEntry<CustomRolePart>> {
  if (role === undefined) return { entries: [], envelope: envelopeOf('Absent', null) }
  if (!isJsonObject(role)) throw unreadable(LABEL, 'it is not an object')
  const found = { part: { in: 'Role', found: true } } as const
  const permissions = permissionsIn(role).map(
    (permission) => ({ part: { in: 'Permission', permission } }) as const,
  )
  if (role.deleted === true) return { entries: [found], envelope: envelopeOf('Deleted', role) }
  return {
    entries: [found, { part: textsPart(role) }, ...permissions],
    envelope: envelopeOf('Present', role),
  }
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

function textsPart({ title, description, stage }: JsonObject): TextsPart {
  const texts = { title: textOf(title), description: textOf(description) }
  return { in: 'Texts', ...texts, ...(stage === 'DISABLED' ? { disabled: true } : {}) }
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function meaningOfPart(part: CustomRolePart): string {
  switch (part.in) {
    case 'Role':
      return canonicalJson(['Role'])
    case 'Texts':
      return canonicalJson(['Texts', part.title, part.description, part.disabled ?? false])
    case 'Permission':
      return canonicalJson(['Permission', part.permission])
  }
}

function summary(part: CustomRolePart): string {
  switch (part.in) {
    case 'Role':
      return 'the role itself'
    case 'Texts':
      return `title "${part.title}", and a description`
    case 'Permission':
      return part.permission
  }
}

/**
 * A deleted role comes back with the permissions that it had, and loses them by a second request. If that one does not
 * arrive, they are ours to take, whoever added them.
 */
function broughtBack({
  entries,
  envelope,
}: Document<LedgerEntry<CustomRolePart>>): LedgerEntry<CustomRolePart>[] {
  const { state, read } = envelope as CustomRoleEnvelope
  const wanted = entries.flatMap(({ part }) => (part.in === 'Permission' ? [part.permission] : []))
  if (state !== 'Deleted' || read === null || wanted.length === 0) return []
  const others = permissionsIn(read).filter((permission) => !wanted.includes(permission))
  const roles = entries.filter(({ mark, part }) => mark !== undefined && part.in === 'Role')
  return roles.flatMap((role) =>
    others.map((permission) => ({ ...role, part: { in: 'Permission', permission } })),
  )
}

function breach(document: Document<LedgerEntry<CustomRolePart>>): LimitBreach | undefined {
  const { state, read } = document.envelope as CustomRoleEnvelope
  const [wanting] = tagsOf(document)
  if (read !== null && wanting !== undefined && !isOurs(document, document))
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
