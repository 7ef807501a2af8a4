import type { Document } from '../../plan/document.ts'
import type { JsonObject } from '../../plan/json.ts'
import { parseMark } from '../../plan/mark.ts'
import { clearanceSteps, contentSteps } from './role-content.ts'
import { encodeRole, isSamePolicy, type RoleEnvelope } from './role-document.ts'
import { bothTags, isListOfPolicies, type RoleEntry, type Tags, tagsFor, unownedTags } from './role-ledger.ts'
import { TAG_VALUE_LIMIT } from './role-limits.ts'
import { partName, type SettingsPart } from './role-parts.ts'

/** One request to IAM, as data; `trust` and `document` are policies as JSON texts. */
export type RoleStep =
  | {
      readonly do: 'CreateRole'
      readonly settings: SettingsPart
      readonly trust: string
      readonly tags: Tags
    }
  | { readonly do: 'TagRole'; readonly tags: Tags }
  | { readonly do: 'UntagRole'; readonly keys: readonly string[] }
  | { readonly do: 'UpdateAssumeRolePolicy'; readonly trust: string }
  | { readonly do: 'UpdateRole'; readonly settings: SettingsPart }
  | { readonly do: 'PutRolePermissionsBoundary'; readonly arn: string }
  | { readonly do: 'PutRolePolicy'; readonly policy: string; readonly document: string }
  | {
      readonly do: 'SaveCustomerPolicy'
      readonly policy: string
      readonly document: string
      /** It was not there when the role was read. */
      readonly isNew: boolean
      readonly description?: string | undefined
    }
  | { readonly do: 'DeleteRolePolicy'; readonly policy: string }
  | { readonly do: 'DeleteCustomerPolicy'; readonly policy: string }
  | { readonly do: 'AttachRolePolicy'; readonly arn: string }
  | { readonly do: 'DetachRolePolicy'; readonly arn: string }
  | { readonly do: 'DeleteRole' }

/**
 * The requests that take a role from `before` to `after`, in an order in which a cut-off at any place loses nothing:
 *
 * 1. What leavers had goes, then their tags: what newcomers need and IAM refuses does not hold that up.
 * 2. Tags that name an owner come before its parts, and are cut after them, so that every part in IAM always has its owner.
 * 3. The role goes last. One that strangers put something into stays, closed, when the last integration leaves.
 *
 * @param closed the trust policy of a role that nobody may assume.
 */
export function roleSteps(
  before: Document<RoleEntry>,
  after: Document<RoleEntry>,
  closed: JsonObject,
): RoleStep[] {
  const { state, tags } = before.envelope as RoleEnvelope
  if (state === 'Absent') return creation(before, after, closed)
  if (after.entries.length === 0) return [...clearanceSteps(before), { do: 'DeleteRole' }]
  const middle = withoutLeavers(before, after)
  if (middle.entries.length === before.entries.length || ownersIn(after).size === 0)
    return transition({ from: before, to: after, tags, closed })
  const between = (ownersIn(middle).size === 0 ? unownedTags : tagsFor)(middle.entries, tags)
  return [
    ...transition({ from: before, to: middle, tags, ends: between, closed }),
    ...transition({ from: middle, to: after, tags: between, closed }),
  ]
}

function creation(before: Document<RoleEntry>, after: Document<RoleEntry>, closed: JsonObject): RoleStep[] {
  const settings = settingsIn(after)
  if (settings === undefined) return []
  const trust = JSON.stringify(encodeRole(after).trust ?? closed)
  return [
    { do: 'CreateRole', settings, trust, tags: tagsFor(after.entries, {}) },
    ...contentSteps(before, after),
  ]
}

/**
 * `before` without what only leavers want. Where all before are leavers, one of them keeps what the newcomers want as well, so
 * that the role always has an owner. Where a tag has no room for what one had and wants at once, everything that nobody
 * wants any more goes.
 */
function withoutLeavers(before: Document<RoleEntry>, after: Document<RoleEntry>): Document<RoleEntry> {
  const { tags } = before.envelope as RoleEnvelope
  const both = bothTags(tags, tagsFor(after.entries, tags))
  const isTight = Object.values(both).some(({ length }) => length > TAG_VALUE_LIMIT)
  const staying = ownersIn(after)
  const marks = new Set(after.entries.map(({ mark }) => mark))
  const names = new Set(after.entries.map(({ part }) => partName(part)))
  const heir = heirOf(before, staying, names)
  const entries = before.entries.filter((entry) => {
    const owner = ownerOf(entry)
    if (owner === undefined || marks.has(entry.mark)) return true
    return staying.has(owner) ? !isTight : owner === heir && names.has(partName(entry.part))
  })
  return { entries: withoutEmptyPolicies(entries), envelope: before.envelope }
}

/** A customer-managed policy in which nothing is left goes, and its attachment with it. */
function withoutEmptyPolicies(entries: readonly RoleEntry[]): RoleEntry[] {
  const held = new Set(entries.flatMap(({ part }) => (part.in === 'CustomerPolicy' ? [part.policy] : [])))
  return entries.filter(
    ({ part }) =>
      part.in !== 'Attachment' || part.customerPolicy === undefined || held.has(part.customerPolicy),
  )
}

/** Whoever has the role itself; or, where strangers had it before us, whoever has anything that the newcomers want. */
function heirOf(
  { entries }: Document<RoleEntry>,
  staying: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): string | undefined {
  const owned = entries.flatMap((entry) => {
    const owner = ownerOf(entry)
    return owner === undefined ? [] : [{ owner, part: entry.part }]
  })
  const holders = owned.filter(({ part }) => part.in === 'Role')
  const others = holders.length > 0 ? holders : owned
  if (others.some(({ owner }) => staying.has(owner))) return undefined
  return others.find(({ part }) => wanted.has(partName(part)))?.owner
}

function ownersIn({ entries }: Document<RoleEntry>): Set<string> {
  return new Set(entries.flatMap((entry) => ownerOf(entry) ?? []))
}

function ownerOf({ mark }: RoleEntry): string | undefined {
  return parseMark(mark)?.owner
}

interface Transition {
  readonly from: Document<RoleEntry>
  readonly to: Document<RoleEntry>
  readonly tags: Tags
  /** The tags at the end, where they do not follow from `to`. */
  readonly ends?: Tags
  readonly closed: JsonObject
}

/** Whoever may use the role is settled before what can be done with it. */
function transition({ from, to, tags, ends = tagsFor(to.entries, tags), closed }: Transition): RoleStep[] {
  const both = bothTags(tags, ends)
  const [old, next] = [encodeRole(from).trust, encodeRole(to).trust]
  const isSame = isSamePolicy(old, next)
  return [
    ...tagSteps(tags, both),
    ...boundarySteps(settingsIn(from), settingsIn(to)),
    ...(isSame ? [] : [{ do: 'UpdateAssumeRolePolicy', trust: JSON.stringify(next ?? closed) } as const]),
    ...settingsSteps(settingsIn(from), settingsIn(to)),
    ...contentSteps(from, to),
    ...tagSteps(both, ends),
  ]
}

function settingsIn({ entries }: Document<RoleEntry>): SettingsPart | undefined {
  return entries.map(({ part }) => part).findLast((part) => part.in === 'Role')
}

/**
 * The list of policies goes with the last owner's line that needs it, or before: a list that is left over changes no
 * entry, so no later pass would see it.
 */
function tagSteps(before: Tags, after: Tags): RoleStep[] {
  const set = Object.entries(after).filter(([key, value]) => before[key] !== value)
  const cut = Object.keys(before).filter((key) => !(key in after))
  const tag: RoleStep[] = set.length === 0 ? [] : [{ do: 'TagRole', tags: Object.fromEntries(set) }]
  const untag: RoleStep[] = cut.length === 0 ? [] : [{ do: 'UntagRole', keys: cut }]
  return cut.some(isListOfPolicies) ? [...untag, ...tag] : [...tag, ...untag]
}

function boundarySteps(before: SettingsPart | undefined, after: SettingsPart | undefined): RoleStep[] {
  const arn = after?.boundary
  if (before === undefined || arn === undefined || arn === before.boundary) return []
  return [{ do: 'PutRolePermissionsBoundary', arn }]
}

function settingsSteps(before: SettingsPart | undefined, after: SettingsPart | undefined): RoleStep[] {
  if (before === undefined || after === undefined) return []
  const isSame =
    before.description === after.description && before.maxSessionDuration === after.maxSessionDuration
  return isSame ? [] : [{ do: 'UpdateRole', settings: after }]
}
