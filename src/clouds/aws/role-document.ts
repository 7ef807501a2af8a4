import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import type { Document } from '../../plan/document.ts'
import { canonicalJson, isJsonObject, type JsonObject, parseLosslessly } from '../../plan/json.ts'
import { assertShallow } from '../nesting.ts'
import { duplicateKey } from './duplicate-keys.ts'
import {
  entriesOf,
  installationIn,
  namesakesIn,
  type RoleEntry,
  type Tags,
  withGenerated,
} from './role-ledger.ts'
import {
  type AttachmentPart,
  distinct,
  meaningOfStatement,
  type PolicyPart,
  policyParts,
  policyStatements,
  type RolePart,
  type SettingsPart,
  trustParts,
  trustStatements,
} from './role-parts.ts'

/** A role as IAM shows it; policies as JSON texts. */
export interface ReadRole {
  readonly settings: SettingsPart
  readonly tags: Tags
  readonly trust: string
  /** By name. */
  readonly inline: ReadonlyMap<string, string>
  /** Customer-managed policies that Mooring made for this role, by name, whether attached or not. */
  readonly customer: ReadonlyMap<string, string>
  /** ARNs of all attached policies, Mooring's own among them. */
  readonly attached: readonly string[]
}

/** What stands around the entries of a role. */
export interface RoleEnvelope {
  /** Foreign: somebody else made it; its parts are not even taken apart. */
  readonly state: 'Absent' | 'Ours' | 'Foreign'
  readonly tags: Tags
  /** Version, Id and unknown fields of each policy, by its part's name: trust, inline/<policy>, customer/<policy>. */
  readonly heads: Readonly<Record<string, JsonObject>>
}

/** Sid of the statement that keeps a role closed while nobody may assume it: IAM knows no empty trust policy. */
const CLOSED = 'MooringClosed'
const VERSION = { Version: '2012-10-17' }

/** Takes a role apart; undefined is a role that does not exist. A stranger's is left whole. */
export function decodeRole(role: ReadRole | undefined): Document<RoleEntry> {
  if (role === undefined) return withoutParts('Absent', {})
  const { tags } = role
  if (installationIn(tags) === undefined) return withoutParts('Foreign', tags)
  const policies = [
    ['trust', role.trust] as const,
    ...[...role.inline].map(([name, text]) => [`inline/${name}`, text] as const),
    ...[...role.customer].map(([name, text]) => [`customer/${name}`, text] as const),
  ].map(([place, text]) => [place, parsePolicy(place, text)] as const)
  const parts: RolePart[] = [
    role.settings,
    ...policies.flatMap(([place, policy]) => partsAt(place, policy)).map((part) => withGenerated(part, tags)),
    ...role.attached.map((arn) => attachmentOf(arn, role)),
  ]
  const heads = Object.fromEntries(policies.map(([place, { Statement: _, ...head }]) => [place, head]))
  const entries = entriesOf(distinct(parts), tags)
  const [one, other] = namesakesIn(entries) ?? []
  if (one !== undefined) throw unreadable('tags', `they cannot tell ${one} from ${other}; rename one of them`)
  return { entries, envelope: { state: 'Ours', tags, heads } satisfies RoleEnvelope }
}

function attachmentOf(arn: string, { settings, customer }: ReadRole): AttachmentPart {
  const customerPolicy = [...customer.keys()].find((name) => arn.endsWith(`:policy${settings.path}${name}`))
  return { in: 'Attachment', arn, ...(customerPolicy === undefined ? {} : { customerPolicy }) }
}

function withoutParts(state: RoleEnvelope['state'], tags: Tags): Document<RoleEntry> {
  return { entries: [], envelope: { state, tags, heads: {} } satisfies RoleEnvelope }
}

function partsAt(place: string, policy: JsonObject): RolePart[] {
  const [kind, name = ''] = splitPlace(place)
  const parts =
    kind === 'trust'
      ? trustParts(policy)?.filter(({ sid, statement }) => sid !== CLOSED || statement.Effect !== 'Deny')
      : policyParts(kind === 'inline' ? 'InlinePolicy' : 'CustomerPolicy', name, policy)
  if (parts === undefined) throw unreadable(place, 'its Statement holds something that is no statement')
  return parts
}

function splitPlace(place: string): [string, string?] {
  const slash = place.indexOf('/')
  return slash === -1 ? [place] : [place.slice(0, slash), place.slice(slash + 1)]
}

function parsePolicy(place: string, text: string): JsonObject {
  const policy = parsedOrUndefined(text)
  if (!isJsonObject(policy)) throw unreadable(place, 'it is not a JSON object')
  const twice = duplicateKey(text)
  if (twice !== undefined) throw unreadable(place, `it has the key ${twice} twice`)
  return policy
}

function parsedOrUndefined(text: string): unknown {
  try {
    assertShallow(text)
    return parseLosslessly(text)
  } catch {
    return undefined
  }
}

function unreadable(place: string, why: string): FaultError {
  return new FaultError({
    reason: 'UnreadableDocument',
    message: `the role (${place}) cannot be taken apart: ${why}. Nothing was written.`,
    retry: retryOf('UnreadableDocument'),
  })
}

/** A role's policies, made of its entries. */
export interface EncodedRole {
  /** Undefined where no statement is left: then the role is closed or goes. */
  readonly trust: JsonObject | undefined
  readonly inline: ReadonlyMap<string, JsonObject>
  readonly customer: ReadonlyMap<string, JsonObject>
}

/** Puts a role's policies together again. */
export function encodeRole({ entries, envelope }: Document<RoleEntry>): EncodedRole {
  const { heads } = envelope as RoleEnvelope
  const parts = entries.map(({ part }) => part)
  const trust = parts.filter((part) => part.in === 'Trust')
  const encoded = (kind: PolicyPart['in'], place: string): Map<string, JsonObject> => {
    const policies = Map.groupBy(
      parts.filter((part): part is PolicyPart => part.in === kind),
      ({ policy }) => policy,
    )
    return new Map(
      [...policies].map(([name, list]) => [
        name,
        { ...(heads[`${place}/${name}`] ?? VERSION), Statement: policyStatements(list) },
      ]),
    )
  }
  return {
    trust:
      trust.length === 0 ? undefined : { ...(heads.trust ?? VERSION), Statement: trustStatements(trust) },
    inline: encoded('InlinePolicy', 'inline'),
    customer: encoded('CustomerPolicy', 'customer'),
  }
}

/** Whether two policies put together mean the same: the order and spelling of statements do not count. */
export function isSamePolicy(a: JsonObject | undefined, b: JsonObject | undefined): boolean {
  return meaningOfPolicy(a) === meaningOfPolicy(b)
}

function meaningOfPolicy(policy: JsonObject | undefined): string | undefined {
  if (policy === undefined) return undefined
  const { Statement, ...head } = policy
  const statements = (Array.isArray(Statement) ? Statement : [Statement]).filter(isJsonObject)
  const meanings = statements.map((statement) =>
    canonicalJson([statement.Sid, meaningOfStatement(statement)]),
  )
  return canonicalJson([head, meanings.sort()])
}

/** A trust policy that lets nobody in: a Deny for the role's own account, which always exists. */
export function closedTrust(partition: string, accountId: string): JsonObject {
  const statement = {
    Sid: CLOSED,
    Effect: 'Deny',
    Principal: { AWS: `arn:${partition}:iam::${accountId}:root` },
    Action: 'sts:AssumeRole',
  }
  return { ...VERSION, Statement: [statement] }
}
