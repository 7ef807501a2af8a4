import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { canonicalJson, type JsonObject } from '../../plan/json.ts'
import { parseMark } from '../../plan/mark.ts'
import { encodeRole, type RoleEnvelope } from './role-document.ts'
import {
  externalIdIn,
  handOverTag,
  installationIn,
  type RoleEntry,
  TAG_LIMIT,
  TAG_VALUE_LIMIT,
  type Tags,
  tagsFor,
} from './role-ledger.ts'
import { GENERATED, partName, type RolePart, type SettingsPart, type TrustPart } from './role-parts.ts'
import { canonicalStatement, summaryOf } from './statement.ts'

/**
 * Limits of IAM in characters, white space not counted.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html ("Role trust policy length: 2,048 characters",
 * "For roles – the total aggregate policy size of all inline policies can't exceed 10,240", "Managed policy: 6,144")
 */
export const TRUST_POLICY_LIMIT = 2_048
export const INLINE_POLICIES_LIMIT = 10_240
export const MANAGED_POLICY_LIMIT = 6_144

/**
 * An IAM role with its trust, inline, customer-managed and attached policies as one document, taken apart into the smallest
 * parts (role-parts.ts), with one entry for each owner of each part (role-ledger.ts).
 */
export const iamRoleKind: DocumentKind<RoleEntry> = {
  name: 'IamRole',
  label: 'IAM role',
  entryLabel: 'part of the role',
  mark: ({ mark }) => mark,
  withMark: ({ part }, mark) => ({ mark, part }),
  meaning: ({ part }) => canonicalJson(meaningOf(part)),
  identity: canonicalJson,
  breach,
  summary: ({ part }) => summaryOfPart(part),
  complete: ({ mark, part }, document, fresh) => ({ mark, part: completed(part, document, fresh) }),
  clash: ({ part }, other) => clashOf(part, other.part),
}

function meaningOf(part: RolePart): unknown {
  switch (part.in) {
    case 'Role':
      return { ...part }
    case 'Attachment':
    case 'Stale':
      return partName(part)
    default:
      return [partName(part), canonicalStatement(part.statement)]
  }
}

function summaryOfPart(part: RolePart): string {
  switch (part.in) {
    case 'Role':
      return `role with path ${part.path} and sessions of at most ${part.maxSessionDuration} seconds`
    case 'Trust':
      return `trust: ${summaryOf(part.statement)}`
    case 'Attachment':
      return `attached ${part.arn}`
    case 'Stale':
      return 'tag of a part that is gone'
    default: {
      const { policy, statement, resource } = part
      return `${policy}: ${summaryOf(resource === undefined ? statement : { ...statement, Resource: resource })}`
    }
  }
}

/** What the role has already stays where a wanted part leaves it open. */
function completed(part: RolePart, document: Document<RoleEntry>, fresh: string): RolePart {
  if (part.in === 'Role') return settled(part, document)
  if (part.in !== 'Trust') return part
  const { tags } = document.envelope as RoleEnvelope
  const externalId = externalIdIn(tags) ?? fresh
  const text = JSON.stringify(part.statement)
  const filled = text.replaceAll(JSON.stringify(GENERATED), () => JSON.stringify(externalId))
  if (filled === text) return part
  return { ...part, statement: JSON.parse(filled) as JsonObject, generated: externalId } satisfies TrustPart
}

/** A path cannot change, a boundary that nobody asks for is somebody's protection, and settings of a role that was handed over stay. */
function settled(part: SettingsPart, { entries }: Document<RoleEntry>): SettingsPart {
  const entry = entries.find((found) => found.part.in === 'Role')
  const now = entry?.part
  if (now?.in !== 'Role') return part
  if (entry?.mark === undefined) return now
  const boundary = part.boundary ?? now.boundary
  return { ...part, path: now.path, ...(boundary === undefined ? {} : { boundary }) }
}

/** One trust statement under one Sid, one body of a statement under one Sid of a policy, one set of settings. */
function clashOf(wanted: RolePart, other: RolePart): string | undefined {
  if (wanted.in !== other.in) return undefined
  if (wanted.in === 'Trust' && other.in === 'Trust') {
    if (wanted.sid !== other.sid || sameStatement(wanted.statement, other.statement)) return undefined
    return 'has the role trust the vendor with another external ID or principal. A trust is never widened to fit both: give both the same'
  }
  if (wanted.in === 'Role' && other.in === 'Role') {
    return canonicalJson(wanted) === canonicalJson(other)
      ? undefined
      : 'needs the role with other settings (description, session duration, boundary)'
  }
  if (!('policy' in wanted && 'policy' in other)) return undefined
  if (wanted.policy !== other.policy || wanted.sid !== other.sid) return undefined
  if (sameStatement(wanted.statement, other.statement)) return undefined
  return `has statement "${wanted.sid}" of policy "${wanted.policy}" say something else`
}

function sameStatement(a: JsonObject, b: JsonObject): boolean {
  return canonicalJson(canonicalStatement(a)) === canonicalJson(canonicalStatement(b))
}

function breach(document: Document<RoleEntry>): LimitBreach | undefined {
  const { state, tags } = document.envelope as RoleEnvelope
  const ours = document.entries.flatMap(({ mark }) => parseMark(mark) ?? [])
  const installations = [...new Set(ours.map(({ installation }) => installation))]
  const wanting = installations.find((installation) => installation !== installationIn(tags)) ?? ''
  if (state === 'Foreign' && ours.length > 0) return { reason: 'Conflict', detail: someoneElses(wanting) }
  if (state === 'Ours' && wanting !== '') return { reason: 'Conflict', detail: otherInstallations(wanting) }
  return sizeBreach(document) ?? tagBreach(tagsFor(document.entries, tags))
}

function someoneElses(installation: string): string {
  return `somebody else made a role of this name, so it is not touched. Remove it; or, if Mooring shall keep it, tag it ${handOverTag(installation)}: what is in it already stays when the last integration goes`
}

function otherInstallations(installation: string): string {
  return `another installation of Mooring made this role, so it is not touched. Use one installation for the account's roles; if the other one is gone, tag the role ${handOverTag(installation)}`
}

function sizeBreach(document: Document<RoleEntry>): LimitBreach | undefined {
  const { trust, inline, customer } = encodeRole(document)
  const inlineSize = [...inline.values()].reduce((sum, policy) => sum + sizeOf(policy), 0)
  return (
    tooLarge('a trust policy', sizeOf(trust), TRUST_POLICY_LIMIT) ??
    tooLarge('inline policies', inlineSize, INLINE_POLICIES_LIMIT) ??
    [...customer]
      .map(([name, policy]) => tooLarge(`a managed policy "${name}"`, sizeOf(policy), MANAGED_POLICY_LIMIT))
      .find((found) => found !== undefined)
  )
}

function sizeOf(policy: JsonObject | undefined): number {
  return policy === undefined ? 0 : JSON.stringify(policy).replaceAll(/\s/g, '').length
}

function tooLarge(what: string, size: number, limit: number): LimitBreach | undefined {
  return size <= limit
    ? undefined
    : { reason: 'PolicyTooLarge', detail: `${what} of ${size} of at most ${limit} characters` }
}

function tagBreach(tags: Tags): LimitBreach | undefined {
  const count = Object.keys(tags).length
  if (count > TAG_LIMIT) {
    return {
      reason: 'TooManyRules',
      detail: `${count} of at most ${TAG_LIMIT} tags, one for each integration and two or three more`,
    }
  }
  const longest = Math.max(0, ...Object.values(tags).map(({ length }) => length))
  if (longest <= TAG_VALUE_LIMIT) return undefined
  return {
    reason: 'TooManyRules',
    detail: `a tag of ${longest} of at most ${TAG_VALUE_LIMIT} characters, nine for each part that one integration needs`,
  }
}
