import { entryTag, parseMark } from '../../plan/mark.ts'
import { partName, type RolePart } from './role-parts.ts'

/**
 * How a role carries marks, since its Sids and policy names are dictated by vendors. One tag says which installation made
 * it; one more for each integration lists the parts that it wants, as the last eight digits of their marks:
 *
 *     mooring.dev/installation     = 6df046bd
 *     mooring.dev/5a4c5a6bed9db85b = 85bf2c31 0c9ac7d2
 *     mooring.dev/external-id      = 1f0c…       (one that Mooring made)
 *     mooring.dev/policies         = a b         (customer-managed policies that Mooring made for the role)
 *
 * A part that no tag lists is a stranger's. Tags are written before the parts they speak of and cut after them, so that a
 * crash in between leaves a line too much (a `Stale` entry), never a part without its owner.
 */
const PREFIX = 'mooring.dev/'
const INSTALLATION = `${PREFIX}installation`
const EXTERNAL_ID = `${PREFIX}external-id`
const POLICIES = `${PREFIX}policies`
const OWNER = /^mooring\.dev\/([0-9a-f]{16})$/

export type Tags = Readonly<Record<string, string>>

/** A part, and the mark of one who wants it; a part that two want is two entries, a stranger's has no mark. */
export interface RoleEntry {
  readonly mark?: string | undefined
  readonly part: RolePart
}

/** The digits of the installation that made the role; undefined for a role that nobody's Mooring made. */
export function installationIn(tags: Tags): string | undefined {
  const value = tags[INSTALLATION]
  return value !== undefined && /^[0-9a-f]{8}$/.test(value) ? value : undefined
}

/** For messages: the tag that hands a role over to an installation. */
export function handOverTag(installation: string): string {
  return `${INSTALLATION}=${installation}`
}

/**
 * The external ID that Mooring made for this role; undefined where the tag holds nothing that STS would take.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html (ExternalId)
 */
export function externalIdIn(tags: Tags): string | undefined {
  const value = tags[EXTERNAL_ID]
  return value !== undefined && /^[\w+=,.@:/-]{2,1224}$/.test(value) ? value : undefined
}

/** A trust that holds the external ID of the tag says so, so that a tag that lost it, or has another, is put right. */
export function withGenerated<P extends RolePart>(part: P, tags: Tags): P {
  const externalId = externalIdIn(tags)
  if (part.in !== 'Trust' || externalId === undefined) return part
  const holds = JSON.stringify(part.statement).includes(JSON.stringify(externalId))
  return holds ? { ...part, generated: externalId } : part
}

/** Names of the customer-managed policies that Mooring made for this role, or was about to. */
export function policiesIn(tags: Tags): string[] {
  return listed(tags[POLICIES]).map((name) => name.replaceAll('/', ','))
}

/**
 * A role's or policy's name as the value of a tag: names may hold a comma, tags may not, and of slashes it is the reverse.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules
 */
export function asTagValue(name: string): string {
  return name.replaceAll(',', '/')
}

/** True for the tag that lists names of policies. */
export function isListOfPolicies(key: string): boolean {
  return key === POLICIES
}

function listed(value: string | undefined): string[] {
  return (value ?? '').split(' ').filter(Boolean)
}

/** Tags that are not Mooring's. */
export function foreignTags(tags: Tags): Tags {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !isOurs(key)))
}

function isOurs(key: string): boolean {
  return [INSTALLATION, EXTERNAL_ID, POLICIES].includes(key) || OWNER.test(key)
}

/** The parts as entries, one for each owner whose tag lists it; and what tags list that is not there. */
export function entriesOf(parts: readonly RolePart[], tags: Tags): RoleEntry[] {
  const installation = installationIn(tags)
  if (installation === undefined) return parts.map((part) => ({ part }))
  const lines = linesIn(tags).map((line) => ({
    ...line,
    mark: `Mooring${installation}${line.owner}${line.entry}`,
  }))
  const byEntry = Map.groupBy(lines, ({ entry }) => entry)
  const present = parts.flatMap((part): RoleEntry[] => {
    const listed = byEntry.get(entryTag(partName(part))) ?? []
    return listed.length === 0 ? [{ part }] : listed.map(({ mark }) => ({ mark, part }))
  })
  const found = new Set(present.flatMap(({ mark }) => mark ?? []))
  const stale = lines.filter(({ mark }) => !found.has(mark))
  return [...present, ...stale.map(({ mark }): RoleEntry => ({ mark, part: { in: 'Stale' } }))]
}

/**
 * Names of two parts that the tags cannot tell apart, since the digits of both are the same and somebody has one of them.
 * By chance that is one in four thousand million for each pair; a name can be made for it.
 */
export function namesakesIn(entries: readonly RoleEntry[]): readonly [string, string] | undefined {
  const named = entries
    .filter(({ part }) => part.in !== 'Stale')
    .map(({ mark, part }) => ({ mark, name: partName(part) }))
  const owned = named.flatMap(({ mark, name }) => {
    const digits = parseMark(mark)?.entry
    return digits === undefined ? [] : [[digits, name] as const]
  })
  const byDigits = new Map(owned)
  for (const { name } of named) {
    const other = byDigits.get(entryTag(name))
    if (other !== undefined && other !== name) return [name, other]
  }
  return undefined
}

function linesIn(tags: Tags): { readonly owner: string; readonly entry: string }[] {
  return Object.entries(tags).flatMap(([key, value]) => {
    const owner = OWNER.exec(key)?.[1]
    const entries = listed(value).filter((entry) => /^[0-9a-f]{8}$/.test(entry))
    return owner === undefined ? [] : [...new Set(entries)].map((entry) => ({ owner, entry }))
  })
}

/** The tags that speak of these entries, beside strangers' tags; only strangers' where no entry is ours. */
export function tagsFor(entries: readonly RoleEntry[], before: Tags): Tags {
  const marks = entries.flatMap(({ mark }) => parseMark(mark) ?? [])
  const [first] = marks
  if (first === undefined) return foreignTags(before)
  const owners = [...Map.groupBy(marks, ({ owner }) => owner)].map(
    ([owner, list]) =>
      [`${PREFIX}${owner}`, [...new Set(list.map(({ entry }) => entry))].sort().join(' ')] as const,
  )
  const externalId = generatedIn(entries) ?? externalIdIn(before)
  return {
    ...foreignTags(before),
    [INSTALLATION]: first.installation,
    ...Object.fromEntries(owners),
    ...(externalId === undefined ? {} : { [EXTERNAL_ID]: externalId }),
    ...policyTag(entries),
  }
}

/** Tags in which every list has what it has in either, and everything else is as in `after`. */
export function bothTags(before: Tags, after: Tags): Tags {
  const lists = Object.entries(after)
    .filter(([key]) => key in before && (key === POLICIES || OWNER.test(key)))
    .map(([key, value]) => [key, [...new Set([...listed(before[key]), ...listed(value)])].sort().join(' ')])
  return { ...before, ...after, ...Object.fromEntries(lists) }
}

/** The tags of a role of ours in which no integration has anything for the moment. */
export function unownedTags(entries: readonly RoleEntry[], before: Tags): Tags {
  const installation = before[INSTALLATION]
  return {
    ...foreignTags(before),
    ...(installation === undefined ? {} : { [INSTALLATION]: installation }),
    ...policyTag(entries),
  }
}

function policyTag(entries: readonly RoleEntry[]): Tags {
  const policies = customerPolicies(entries)
  return policies.length === 0 ? {} : { [POLICIES]: policies.map(asTagValue).join(' ') }
}

/** Names of the customer-managed policies that integrations have parts in. */
function customerPolicies(entries: readonly RoleEntry[]): string[] {
  const names = entries.flatMap(({ part }) => (part.in === 'CustomerPolicy' ? [part.policy] : []))
  return [...new Set(names)].sort()
}

function generatedIn(entries: readonly RoleEntry[]): string | undefined {
  return entries.flatMap(({ part }) => (part.in === 'Trust' ? (part.generated ?? []) : []))[0]
}
