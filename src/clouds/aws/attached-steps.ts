import type { Document } from '../../plan/document.ts'
import { parseMark } from '../../plan/mark.ts'
import { attachedTags, isAttachedTag } from './attached-ledger.ts'
import { contentSteps } from './role-content.ts'
import type { RoleEnvelope } from './role-document.ts'
import type { RoleEntry, Tags } from './role-ledger.ts'
import { TAG_VALUE_LIMIT } from './role-limits.ts'
import type { RoleStep } from './role-steps.ts'

/**
 * The requests that change Mooring's inline policies in somebody else's role, and Mooring's tags on it; no others. They may be
 * cut off at any place: tags that name an owner come before its parts and are cut after them. What leavers had goes first, so
 * that what newcomers need and IAM refuses does not hold that up.
 */
export function attachedSteps(before: Document<RoleEntry>, after: Document<RoleEntry>): RoleStep[] {
  const middle = withoutLeavers(before, after)
  return [...transition(before, middle), ...transition(middle, after)]
}

/** Where a tag has no room for what one had and wants at once, everything that nobody wants any more goes with the leavers'. */
function withoutLeavers(before: Document<RoleEntry>, after: Document<RoleEntry>): Document<RoleEntry> {
  const isTight = Object.values(bothTags(before, after)).some(({ length }) => length > TAG_VALUE_LIMIT)
  const owners = new Set(after.entries.map(ownerOf))
  const marks = new Set(after.entries.map(({ mark }) => mark))
  const entries = before.entries.filter((entry) =>
    isTight ? marks.has(entry.mark) : owners.has(ownerOf(entry)),
  )
  return { ...before, entries }
}

function ownerOf({ mark }: RoleEntry): string | undefined {
  const parts = parseMark(mark)
  return parts === undefined ? undefined : `${parts.installation} ${parts.owner}`
}

function transition(from: Document<RoleEntry>, to: Document<RoleEntry>): RoleStep[] {
  const [start, both, end] = [tagsOf(from), bothTags(from, to), tagsOf(to)]
  const gone = Object.keys(both).filter((key) => !(key in end))
  return [
    ...tagging(start, both),
    ...contentSteps(from, to),
    ...tagging(both, end),
    ...(gone.length === 0 ? [] : [{ do: 'UntagRole', keys: gone } as const]),
  ]
}

/** Only Mooring's own. */
function tagsOf({ entries, envelope }: Document<RoleEntry>): Tags {
  const all = attachedTags(entries, (envelope as RoleEnvelope).tags)
  return Object.fromEntries(Object.entries(all).filter(([key]) => isAttachedTag(key)))
}

function bothTags(from: Document<RoleEntry>, to: Document<RoleEntry>): Tags {
  return tagsOf({ ...from, entries: [...from.entries, ...to.entries] })
}

function tagging(from: Tags, to: Tags): RoleStep[] {
  const tags = Object.fromEntries(Object.entries(to).filter(([key, value]) => from[key] !== value))
  return Object.keys(tags).length === 0 ? [] : [{ do: 'TagRole', tags }]
}
