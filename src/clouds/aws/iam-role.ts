import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { canonicalJson, type JsonObject } from '../../plan/json.ts'
import { parseMark } from '../../plan/mark.ts'
import { withFormer } from './former-principals.ts'
import type { RoleEnvelope } from './role-document.ts'
import {
  externalIdIn,
  handOverTag,
  installationIn,
  namesakesIn,
  type RoleEntry,
  withGenerated,
} from './role-ledger.ts'
import { sizeBreach } from './role-limits.ts'
import {
  type AttachmentPart,
  GENERATED,
  meaningOfStatement,
  type PolicyPart,
  partName,
  type RolePart,
  type SettingsPart,
  type TrustPart,
} from './role-parts.ts'
import { summaryOf } from './statement.ts'

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
  shares: true,
  breach,
  summary: ({ part }) => summaryOfPart(part),
  complete: ({ mark, part }, document, fresh) => ({ mark, part: completed(part, document, fresh) }),
  retain: (entry, document, _mark, retiring) => ({
    ...entry,
    part: retained(entry.part, document, retiring),
  }),
  reclaims: ({ part }) => part.in === 'Trust',
  clash: ({ part }, other) => clashOf(part, other.part),
}

function meaningOf(part: RolePart): unknown {
  switch (part.in) {
    case 'Role':
      return { ...part }
    case 'Attachment':
    case 'Stale':
      return partName(part)
    case 'Trust':
      return [partName(part), meaningOfStatement(part.statement), part.generated]
    default:
      return [partName(part), meaningOfStatement(part.statement)]
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
  if (part.in === 'Attachment') return besides(part, document)
  if (part.in !== 'Trust') return part
  if (!JSON.stringify(part.statement).includes(JSON.stringify(GENERATED)))
    return withGenerated(part, (document.envelope as RoleEnvelope).tags)
  const externalId = madeBefore(part, document, fresh)
  return { ...part, statement: withExternalId(part.statement, externalId), generated: externalId }
}

/** Integrations that share a role share its trust, so what any of them has counts: there is one statement for all. */
function retained(part: RolePart, { entries }: Document<RoleEntry>, retiring: readonly string[]): RolePart {
  if (part.in !== 'Trust') return part
  const own = entries.flatMap(({ mark, part: other }) =>
    mark !== undefined && other.in === 'Trust' && other.sid === part.sid ? [other.statement] : [],
  )
  return { ...part, statement: withFormer(part.statement, own, retiring) }
}

function withExternalId(statement: JsonObject, externalId: string): JsonObject {
  const text = JSON.stringify(statement)
  return JSON.parse(text.replaceAll(JSON.stringify(GENERATED), () => JSON.stringify(externalId)))
}

/**
 * The external ID that Mooring made: the tag has it. Where somebody took the tag away or wrote another value into it, what
 * the integration was told earlier (`fresh` then) counts, if our own trust has it. An ID that only the trust has does not:
 * it may be another integration's secret.
 */
function madeBefore(part: TrustPart, { entries, envelope }: Document<RoleEntry>, fresh: string): string {
  const told = withExternalId(part.statement, fresh)
  const stands = entries.some(
    (entry) =>
      entry.mark !== undefined &&
      entry.part.in === 'Trust' &&
      entry.part.sid === part.sid &&
      sameStatement(entry.part.statement, told),
  )
  return stands ? fresh : (externalIdIn((envelope as RoleEnvelope).tags) ?? fresh)
}

/** A policy that Mooring makes lies where the role lies, which may be elsewhere than where the account wants roles now. */
function besides(part: AttachmentPart, { entries }: Document<RoleEntry>): AttachmentPart {
  const { arn, customerPolicy } = part
  const settings = entries.map((entry) => entry.part).find((now) => now.in === 'Role')
  if (customerPolicy === undefined || settings === undefined) return part
  return { ...part, arn: arn.replace(/:policy\/.*$/, () => `:policy${settings.path}${customerPolicy}`) }
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
  if (wanted.in === 'Role' && other.in === 'Role') return clashOfSettings(wanted, other)
  if (wanted.in === 'Trust' && other.in === 'Trust') return clashOfTrust(wanted, other)
  if (isPolicyPart(wanted) && isPolicyPart(other)) return clashOfPolicies(wanted, other)
  return undefined
}

function isPolicyPart(part: RolePart): part is PolicyPart {
  return part.in === 'InlinePolicy' || part.in === 'CustomerPolicy'
}

function clashOfSettings(wanted: SettingsPart, other: SettingsPart): string | undefined {
  const isSame =
    wanted.path === other.path &&
    wanted.description === other.description &&
    wanted.maxSessionDuration === other.maxSessionDuration &&
    wanted.boundary === other.boundary
  return isSame
    ? undefined
    : 'needs the role with other settings (path, description, session duration, boundary)'
}

function clashOfTrust(wanted: TrustPart, other: TrustPart): string | undefined {
  if (wanted.sid !== other.sid || sameStatement(wanted.statement, other.statement)) return undefined
  return 'has the role trust the vendor with another external ID or principal. A trust is never widened to fit both: give both the same'
}

function clashOfPolicies(wanted: PolicyPart, other: PolicyPart): string | undefined {
  if (wanted.in !== other.in || wanted.policy !== other.policy || wanted.sid !== other.sid) return undefined
  const isWhole = [wanted, other].map(({ resource }) => resource === undefined)
  if (isWhole[0] === isWhole[1] && sameStatement(wanted.statement, other.statement)) return undefined
  return `has statement "${wanted.sid}" of policy "${wanted.policy}" say something else`
}

function sameStatement(a: JsonObject, b: JsonObject): boolean {
  return meaningOfStatement(a) === meaningOfStatement(b)
}

function breach(document: Document<RoleEntry>): LimitBreach | undefined {
  const { state, tags } = document.envelope as RoleEnvelope
  const ours = document.entries.flatMap(({ mark }) => parseMark(mark) ?? [])
  const installations = [...new Set(ours.map(({ installation }) => installation))]
  const wanting = installations.find((installation) => installation !== installationIn(tags)) ?? ''
  if (state === 'Foreign' && ours.length > 0) return { reason: 'Conflict', detail: someoneElses(wanting) }
  if (state === 'Ours' && wanting !== '') return { reason: 'Conflict', detail: otherInstallations(wanting) }
  return namesakeBreach(document) ?? sizeBreach(document)
}

function namesakeBreach({ entries }: Document<RoleEntry>): LimitBreach | undefined {
  const [one, other] = namesakesIn(entries) ?? []
  if (one === undefined) return undefined
  const detail = `the role’s tags could not tell ${one} from ${other}, so it would be unclear whose they are. Use another prefix, or rename what is not Mooring’s`
  return { reason: 'Conflict', detail }
}

function someoneElses(installation: string): string {
  return `somebody else made a role of this name, so it is not touched. Remove it; or, if Mooring shall keep it, tag it ${handOverTag(installation)}: what is in it already stays when the last integration goes`
}

function otherInstallations(installation: string): string {
  return `another installation of Mooring made this role, so it is not touched. Use one installation for the account's roles; if the other one is gone, tag the role ${handOverTag(installation)}`
}
