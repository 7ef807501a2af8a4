import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import { parseMark } from '../../plan/mark.ts'
import { type LedgerEntry, ledgerKind, unmarked } from '../ledger-kind.ts'
import { unreadable } from '../unreadable.ts'
import { assignmentName } from './assignment-name.ts'
import { consentSentence, type Installation } from './consent.ts'
import { containerIn, scopeOf } from './resource-id.ts'

/** One role for one principal at one place; what a recipe claims, and what is read. */
export interface AssignmentPart {
  /** Application whose service principal gets the role; only in what is claimed, in place of `principalId`. */
  readonly clientId?: string
  /** How the application comes into the tenant, and where an administrator agrees to it; only in what is claimed. */
  readonly installation?: Installation
  readonly consentUrl?: string
  /** Object id of the principal in the tenant. */
  readonly principalId?: string
  /** UUID of the role, the same in every tenant where it is built in. */
  readonly roleDefinitionId: string
  /** For people; only in what is claimed. */
  readonly roleName?: string
  /** '' for the storage account, or `container/images`. */
  readonly scope: string
  /** Under which the role is given; only in what is read. */
  readonly condition?: string
  /** The last part of its resource id, in small letters; only in what is read. It says nothing of what is given. */
  readonly name?: string
}

/** What stands around the assignments. */
export interface AssignmentsEnvelope {
  /** Resource id of the storage account. */
  readonly account: string
  readonly tenantId: string
  /** Base URL of the cloud's sign-in. */
  readonly authority: string
  /** Whether Mooring may bring applications into the tenant. */
  readonly creates: boolean
  /** Object ids of the service principals of claimed applications, by client id; null where there is none. */
  readonly principals: Readonly<Record<string, string | null>>
  /** The assignments as read, in the same order as their parts. */
  readonly read: readonly FoundAssignment[]
}

/** An assignment that is there. */
export interface FoundAssignment {
  /** Resource id. */
  readonly id: string
  readonly part: AssignmentPart
}

const LABEL = 'role assignments'

/**
 * The role assignments at a storage account and its containers. Those of the resource group and above are no part of it: they
 * satisfy nobody, since who made them may narrow them without knowing of the vendor.
 * https://learn.microsoft.com/azure/role-based-access-control/role-assignments
 */
export const roleAssignmentsKind: DocumentKind<LedgerEntry<AssignmentPart>> = ledgerKind({
  name: 'RoleAssignments',
  label: LABEL,
  entryLabel: 'role assignment',
  meaning: meaningOfAssignment,
  breach,
  clash: ({ part }, other) => clashOf(part, other.part),
  proves: ({ part }, mark, found, { envelope }) => {
    const { account } = envelope as AssignmentsEnvelope
    return found.part.name !== undefined && found.part.name === nameFor({ mark, part }, account)
  },
  complete: ({ part, ...entry }, document) => ({ ...entry, part: withPrincipal(part, document) }),
  summary,
})

/** Takes a list of role assignments apart; what is at another place than this account is left out. */
export function decodeAssignments(
  list: readonly JsonObject[],
  about: Omit<AssignmentsEnvelope, 'read'>,
): Document<LedgerEntry<AssignmentPart>> {
  const found = list.flatMap((item) => assignmentIn(item, about.account) ?? [])
  const read = [...new Map(found.map((one) => [one.id.toLowerCase(), one])).values()]
  const envelope: AssignmentsEnvelope = { ...about, read }
  return { entries: unmarked(read.map(({ part }) => part)), envelope }
}

/** Azure ignores the letter case of ids. Two conditions are two assignments, though Azure takes only one of them. */
export function meaningOfAssignment({ condition, ...part }: AssignmentPart): string {
  return canonicalJson([...tripleOf(part), condition ?? null])
}

/** By which Azure tells assignments apart. */
export function tripleOf({
  scope,
  roleDefinitionId,
  principalId,
  clientId,
}: AssignmentPart): readonly [scope: string, role: string, principal: string] {
  const principal = principalId?.toLowerCase() ?? `application ${clientId?.toLowerCase() ?? ''}`
  return [scope.toLowerCase(), roleDefinitionId.toLowerCase(), principal]
}

/** The name that an assignment of ours has; undefined for a stranger's, and for one whose principal is not known. */
export function nameFor({ mark, part }: LedgerEntry<AssignmentPart>, account: string): string | undefined {
  const installation = parseMark(mark)?.installation
  if (installation === undefined || part.principalId === undefined) return undefined
  return assignmentName(installation, account, ...tripleOf(part))
}

/** The name in an assignment's resource id. */
export function nameIn(id: string): string {
  return id.split('/').at(-1)?.toLowerCase() ?? ''
}

/** https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-scope#roleassignment */
function assignmentIn({ id, properties }: JsonObject, account: string): FoundAssignment | undefined {
  const { scope: at, roleDefinitionId, principalId, condition } = isJsonObject(properties) ? properties : {}
  if (![id, at, roleDefinitionId, principalId].every((value) => typeof value === 'string'))
    throw unreadable(LABEL, 'one of them has no id, scope, role or principal')
  const scope = scopeOf(account, String(at))
  if (scope === undefined || !String(id).toLowerCase().startsWith(`${account.toLowerCase()}/`))
    return undefined
  const role = String(roleDefinitionId).split('/').at(-1) ?? ''
  const part = { principalId: String(principalId), roleDefinitionId: role, scope, name: nameIn(String(id)) }
  return { id: String(id), part: { ...part, ...conditionIn(condition) } }
}

/** https://learn.microsoft.com/azure/role-based-access-control/conditions-overview */
function conditionIn(condition: Json | undefined): { readonly condition?: string } {
  if (condition === undefined || condition === null || condition === '') return {}
  return { condition: typeof condition === 'string' ? condition : canonicalJson(condition) }
}

function withPrincipal(
  part: AssignmentPart,
  { envelope }: Document<LedgerEntry<AssignmentPart>>,
): AssignmentPart {
  const { principals } = envelope as AssignmentsEnvelope
  const principalId = part.clientId === undefined ? null : principals[part.clientId.toLowerCase()]
  return principalId === null || principalId === undefined ? part : { ...part, principalId }
}

/** Azure takes one assignment of a role to a principal at a place, whatever its condition. */
function clashOf(wanted: AssignmentPart, other: AssignmentPart): string | undefined {
  if (other.condition === undefined || wanted.condition !== undefined) return undefined
  if (canonicalJson(tripleOf(wanted)) !== canonicalJson(tripleOf(other))) return undefined
  return `gave this role to this principal at this place under a condition, and Azure takes no second assignment beside it (${summary(wanted)}). Remove the condition or that assignment`
}

function breach(document: Document<LedgerEntry<AssignmentPart>>): LimitBreach | undefined {
  const { tenantId, authority, creates } = document.envelope as AssignmentsEnvelope
  const open = document.entries.find(({ mark, part }) => mark !== undefined && part.principalId === undefined)
  if (open === undefined) return undefined
  const { clientId = '', installation = 'ServicePrincipal', consentUrl } = open.part
  const about = { clientId, tenantId, authority, installation, isCreated: creates, consentUrl }
  return { reason: 'AwaitingConsent', detail: consentSentence(about) }
}

function summary({
  roleName,
  roleDefinitionId,
  clientId,
  principalId,
  scope,
  condition,
}: AssignmentPart): string {
  const role = roleName === undefined ? `role ${roleDefinitionId}` : `${roleName} (${roleDefinitionId})`
  const who = clientId === undefined ? `principal ${principalId ?? ''}` : `application ${clientId}`
  const container = containerIn(scope)
  const at = container === undefined ? 'the storage account' : `container "${container}"`
  return `${role} to ${who} on ${at}${condition === undefined ? '' : ' under a condition'}`
}
