import { entryTag, parseMark } from '../../plan/mark.ts'
import type { RoleEntry, Tags } from './role-ledger.ts'
import { partName, type RolePart } from './role-parts.ts'

/**
 * How a role that somebody else made carries the marks of inline policies that Mooring puts into it. One tag for each
 * integration lists its parts; installation and integration are in the tag's key, so that nothing else of the role is needed
 * and two installations can use one role:
 *
 *     mooring.dev/attached-6df046bd5a4c5a6bed9db85b = 85bf2c31 0c9ac7d2
 *
 * These are none of the tags of a role that Mooring made (role-ledger.ts): nobody takes the one for the other.
 */
const OWNER = /^mooring\.dev\/attached-([0-9a-f]{8})([0-9a-f]{16})$/

const keyOf = ({ installation, owner }: { readonly installation: string; readonly owner: string }): string =>
  `mooring.dev/attached-${installation}${owner}`

/** Digits of all parts that integrations have in the role, of all installations. */
export function attachedParts(tags: Tags): ReadonlySet<string> {
  return new Set(linesIn(tags).map(({ entry }) => entry))
}

/** The parts as entries, one for each owner whose tag lists it; and what tags list that is not there. */
export function attachedEntries(parts: readonly RolePart[], tags: Tags): RoleEntry[] {
  const lines = linesIn(tags)
  const byEntry = Map.groupBy(lines, ({ entry }) => entry)
  const present = parts.flatMap((part): RoleEntry[] => {
    const listed = byEntry.get(entryTag(partName(part))) ?? []
    return listed.length === 0 ? [{ part }] : listed.map(({ mark }) => ({ mark, part }))
  })
  const found = new Set(present.flatMap(({ mark }) => mark ?? []))
  const stale = lines.filter(({ mark }) => !found.has(mark))
  return [...present, ...stale.map(({ mark }): RoleEntry => ({ mark, part: { in: 'Stale' } }))]
}

/** The role's tags with those that speak of these entries; all others as they are. */
export function attachedTags(entries: readonly RoleEntry[], before: Tags): Tags {
  const foreign = Object.entries(before).filter(([key]) => !OWNER.test(key))
  const marks = entries.flatMap(({ mark }) => parseMark(mark) ?? [])
  const ours = [...Map.groupBy(marks, keyOf)].map(
    ([key, list]) => [key, [...new Set(list.map(({ entry }) => entry))].sort().join(' ')] as const,
  )
  return { ...Object.fromEntries(foreign), ...Object.fromEntries(ours) }
}

/** Mooring's tags on somebody else's role; no other may be written. */
export function isAttachedTag(key: string): boolean {
  return OWNER.test(key)
}

function linesIn(tags: Tags): { readonly entry: string; readonly mark: string }[] {
  return Object.entries(tags).flatMap(([key, value]) => {
    const [, installation, owner] = OWNER.exec(key) ?? []
    if (installation === undefined) return []
    const entries = value.split(' ').filter((entry) => /^[0-9a-f]{8}$/.test(entry))
    return [...new Set(entries)].map((entry) => ({ entry, mark: `Mooring${installation}${owner}${entry}` }))
  })
}
