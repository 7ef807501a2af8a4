import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { canonicalJson } from '../../plan/json.ts'
import type { HostEnvelope } from './attached-document.ts'
import { attachedTags } from './attached-ledger.ts'
import { iamRoleKind } from './iam-role.ts'
import { encodeRole } from './role-document.ts'
import { namesakesIn, type RoleEntry } from './role-ledger.ts'
import { INLINE_POLICIES_LIMIT, sizeOf, tagBreach } from './role-limits.ts'

/**
 * Mooring's inline policies in a role that somebody else made, taken apart as those of a role of Mooring's own (iam-role.ts).
 * Nothing else of the role is in the document, so nothing else can be changed.
 */
export const attachedRoleKind: DocumentKind<RoleEntry> = {
  name: 'RolePolicies',
  label: 'policies of the role',
  entryLabel: 'part of an inline policy',
  mark: ({ mark }) => mark,
  withMark: ({ part }, mark) => ({ mark, part }),
  meaning: iamRoleKind.meaning,
  identity: canonicalJson,
  shares: true,
  breach,
  summary: iamRoleKind.summary,
  clash: ({ part }, other) => iamRoleKind.clash?.({ part }, other),
}

function breach(document: Document<RoleEntry>): LimitBreach | undefined {
  const { state, role, tags } = document.envelope as HostEnvelope
  if (state === 'Absent') return { reason: 'RoleNotFound', detail: absent(role) }
  if (state === 'Ours') return { reason: 'Conflict', detail: madeByMooring(role) }
  return (
    otherPolicyBreach(document) ??
    namesakeBreach(document) ??
    sizeBreach(document) ??
    tagBreach(tags, attachedTags(document.entries, tags))
  )
}

/** IAM tells names of policies apart by their letters, not by their case. */
function otherPolicyBreach({ entries, envelope }: Document<RoleEntry>): LimitBreach | undefined {
  const { role, others } = envelope as HostEnvelope
  const names = new Map(Object.keys(others).map((name) => [name.toLowerCase(), name]))
  const taken = entries
    .flatMap(({ part }) => (part.in === 'InlinePolicy' ? [part.policy] : []))
    .map((policy) => names.get(policy.toLowerCase()))
    .find((name) => name !== undefined)
  if (taken === undefined) return undefined
  const detail = `role ${role} has an inline policy "${taken}" that Mooring did not make, or whose mark in the role's tags is gone. It is not touched: rename it, or remove it`
  return { reason: 'Conflict', detail }
}

function namesakeBreach({ entries }: Document<RoleEntry>): LimitBreach | undefined {
  const [one, other] = namesakesIn(entries) ?? []
  if (one === undefined) return undefined
  const detail = `the role’s tags could not tell ${one} from ${other}, so it would be unclear whose they are. Use another prefix`
  return { reason: 'Conflict', detail }
}

/** All inline policies of a role count together. */
function sizeBreach(document: Document<RoleEntry>): LimitBreach | undefined {
  const others = Object.values((document.envelope as HostEnvelope).others)
  const own = [...encodeRole(document).inline.values()].map(sizeOf)
  const [foreign, all] = [sum(others), sum([...others, ...own])]
  if (all <= INLINE_POLICIES_LIMIT) return undefined
  const detail = `inline policies of ${all} of at most ${INLINE_POLICIES_LIMIT} characters, ${foreign} of them in policies of others`
  return { reason: 'PolicyTooLarge', detail }
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0)
}

function absent(role: string): string {
  return `role ${role} does not exist in this account. It is not Mooring's to make: set up the vendor's own integration that makes it, or correct its name. It is looked for again by itself`
}

function madeByMooring(role: string): string {
  return `Mooring itself made role ${role}, or somebody handed it over, so its policies are kept by another recipe. Name a role that the vendor or you have made`
}
