import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import { asList, unreadable } from '../unreadable.ts'

/** One member of one binding; what a recipe claims, and what a policy falls apart into. */
export interface MemberPart {
  /** `roles/storage.objectViewer`, `projects/perception-prod/roles/mooring_reader` */
  readonly role: string
  /** `serviceAccount:reader@vendor.iam.gserviceaccount.com` */
  readonly member: string
  readonly condition?: Condition | undefined
}

/** https://docs.cloud.google.com/iam/docs/reference/rest/Shared.Types/Expr */
export interface Condition extends JsonObject {
  readonly title: string
  readonly expression: string
}

/** One binding as read, and its members as parts. */
export interface Binding {
  readonly binding: JsonObject
  readonly parts: readonly MemberPart[]
}

/**
 * The bindings of a policy.
 *
 * @throws FaultError UnreadableDocument when one of them has not the form of a binding.
 */
export function bindingsIn(policy: JsonObject, label: string): readonly Binding[] {
  const known = taken.get(policy)
  if (known !== undefined) return known
  const bindings = takenApart(policy, label)
  taken.set(policy, bindings)
  return bindings
}

/** Policies taken apart and members' meanings, once for each object: with many integrations a policy is looked at many times. */
const taken = new WeakMap<JsonObject, readonly Binding[]>()
const meanings = new WeakMap<MemberPart, string>()

function takenApart(policy: JsonObject, label: string): Binding[] {
  return asList(policy.bindings, label).map((binding) => {
    if (!isJsonObject(binding)) throw unreadable(label, 'it holds something that is no binding')
    const { role, condition } = binding
    if (typeof role !== 'string') throw unreadable(label, 'a binding has no role')
    if (condition !== undefined && condition !== null && !isJsonObject(condition))
      throw unreadable(label, `the condition of a binding of ${role} is not an object`)
    const head = condition ? { role, condition: condition as Condition } : { role }
    const parts = asList(binding.members, label).map((member) => {
      if (typeof member !== 'string') throw unreadable(label, `a member of ${role} is not a text`)
      return { ...head, member }
    })
    return { binding, parts }
  })
}

/**
 * Canonical text of a member of a binding. Two conditions are one only with the same title and description, as for IAM
 * itself: else a stranger's like condition could be taken for ours.
 */
export function meaningOfMember(part: MemberPart): string {
  const known = meanings.get(part)
  if (known !== undefined) return known
  const { role, member, condition } = part
  const meaning = canonicalJson([role, canonicalMember(member), canonicalCondition(condition)])
  meanings.set(part, meaning)
  return meaning
}

/**
 * The member whose account is alive, for one that was deleted: IAM itself writes `deleted:` and a `uid` into bindings, and
 * takes them out again when the account is brought back.
 * https://docs.cloud.google.com/iam/docs/principal-identifiers ("Deleted service account")
 */
export function livingMember(part: MemberPart): MemberPart | undefined {
  const member = /^deleted:(.+)\?uid=\d+$/.exec(part.member)?.[1]
  return member === undefined ? undefined : { ...part, member }
}

/** IAM writes e-mail addresses and domains in small letters. https://docs.cloud.google.com/iam/docs/principal-identifiers */
function canonicalMember(member: string): string {
  return /^(?:user|serviceAccount|group|domain):/.test(member)
    ? member.replace(/:.*$/s, (rest) => rest.toLowerCase())
    : member
}

/** Fields that are empty and fields that are not there are the same. */
function canonicalCondition(condition: Condition | undefined): JsonObject | null {
  if (condition === undefined) return null
  return Object.fromEntries(
    Object.entries(condition).filter(([, value]) => value !== '' && value !== null && value !== undefined),
  )
}

/**
 * The bindings with what `entries` say: members that stay keep their places, and so do all bindings; a binding that loses
 * its last member goes; what comes is added to the first plain binding of the same role and condition, else as a binding
 * of its own behind the others.
 */
export function bindingsAfter(
  entries: readonly LedgerEntry<MemberPart>[],
  before: readonly Binding[],
): Json[] {
  const wanted = Map.groupBy(entries, ({ part }) => meaningOfMember(part))
  const had = Map.groupBy(
    before.flatMap(({ parts }) => parts),
    meaningOfMember,
  )
  const goes = (meaning: string, nth: number): boolean =>
    nth < (had.get(meaning)?.length ?? 0) - copies(wanted.get(meaning), had.get(meaning)?.length ?? 0)
  const kept = keptBindings(before, goes)
  const added = [...wanted]
    .filter(([meaning]) => !had.has(meaning))
    .flatMap(([, [entry]]) => (entry === undefined ? [] : [entry.part]))
  return withAdded(kept, added)
}

/**
 * How many copies of a member are written where the cloud had so many: strangers' each, and one for all owners, unless
 * ours was never beside the strangers'.
 */
function copies(entries: readonly LedgerEntry<MemberPart>[] | undefined, had: number): number {
  const strangers = (entries ?? []).filter(({ mark }) => mark === undefined).length
  const isOwned = (entries ?? []).length > strangers
  return isOwned && strangers < Math.max(had, 1) ? strangers + 1 : strangers
}

/** Of copies of one member the first is ours, as the ledger has it, so the first ones go. */
function keptBindings(
  before: readonly Binding[],
  goes: (meaning: string, nth: number) => boolean,
): JsonObject[] {
  const seen = new Map<string, number>()
  return before.flatMap(({ binding, parts }) => {
    const members = parts.filter((part) => {
      const meaning = meaningOfMember(part)
      const nth = seen.get(meaning) ?? 0
      seen.set(meaning, nth + 1)
      return !goes(meaning, nth)
    })
    if (members.length === parts.length) return [binding]
    return members.length === 0 ? [] : [{ ...binding, members: members.map(({ member }) => member) }]
  })
}

function withAdded(kept: readonly JsonObject[], added: readonly MemberPart[]): JsonObject[] {
  if (added.length === 0) return [...kept]
  const bindings = [...kept]
  const places = placesOf(kept)
  for (const part of added) {
    const binding = bindingOf(part)
    const head = headOf(binding)
    const at = places.get(head) ?? bindings.length
    bindings[at] = withMember(bindings[at] ?? binding, part.member)
    places.set(head, at)
  }
  return bindings
}

/** Where the first plain binding of each role and condition stands. */
function placesOf(bindings: readonly JsonObject[]): Map<string, number> {
  const plain = [...bindings.entries()].filter(([, binding]) => isPlain(binding))
  return new Map(plain.reverse().map(([at, binding]) => [headOf(binding), at]))
}

function bindingOf({ role, condition }: MemberPart): JsonObject {
  return { role, members: [], ...(condition === undefined ? {} : { condition }) }
}

function withMember(binding: JsonObject, member: string): JsonObject {
  return { ...binding, members: [...((binding.members ?? []) as readonly Json[]), member] }
}

function headOf({ role, condition }: JsonObject): string {
  return canonicalJson([role, canonicalCondition((condition ?? undefined) as Condition | undefined)])
}

/** A binding with fields that we do not know may mean more than its role; one without members would not come back empty. */
function isPlain(binding: JsonObject): boolean {
  const isKnown = Object.keys(binding).every((key) => ['role', 'members', 'condition'].includes(key))
  return isKnown && Array.isArray(binding.members) && binding.members.length > 0
}
