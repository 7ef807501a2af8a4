import type { Document, DocumentKind, LimitBreach } from './document.ts'
import { assertForeignUntouched } from './guard.ts'
import type { Ownership } from './ownership.ts'

/** One entry that an owner wants in a document. */
export interface WantedEntry<Entry = unknown> {
  readonly owner: string
  /** The entry's name in the vendor's recipe. */
  readonly name: string
  readonly mark: string
  readonly body: Entry
}

/** One change of one entry; what people read in status.plan, events and logs. */
export interface Change {
  /** For people: "bucket policy". */
  readonly document: string
  readonly action: 'Add' | 'Replace' | 'Remove'
  readonly owner: string
  readonly mark: string
  readonly summary: string
}

/** What to do with one document; plain data. Empty `changes` means: do not write. */
export interface DocumentPlan<Entry = unknown> {
  readonly kind: DocumentKind<Entry>
  readonly before: Document<Entry>
  readonly after: Document<Entry>
  readonly changes: readonly Change[]
  /** Owners that the cloud's limits leave no room for, with the limit. Their entries stay as they are. */
  readonly refused: ReadonlyMap<string, LimitBreach>
  /** Owners of wanted entries (by mark) that a stranger's equal entry satisfies already. */
  readonly adopted: ReadonlyMap<string, string>
  /** Marks of this installation whose integration is not at this target. */
  readonly orphans: readonly string[]
}

/**
 * The plan for one document: pure, deterministic, and idempotent (planning again from `after` changes nothing).
 *
 * 1. Entries of departed owners, and entries that their owner no longer wants, go.
 * 2. Owner by owner, those with entries in the document first (who fits what the others have before one who changed its
 *    mind), then in the order given (oldest first), wanted entries are replaced in place, or appended unless an equal foreign entry satisfies them. An owner whose entries would break a
 *    limit, or clash with what somebody before it has or wants, is refused whole.
 *    Where equal entries are one in the cloud, an entry whose new form a stranger has already goes instead of being replaced.
 * 3. The result is refused if it would change any entry that is not ours to change.
 *
 * @throws FaultError with reason PlanRefused when step 3 finds a change (a bug of ours, never the user's fault).
 */
export function planDocument<Entry>(
  kind: DocumentKind<Entry>,
  before: Document<Entry>,
  wanted: readonly WantedEntry<Entry>[],
  ownership: Ownership,
): DocumentPlan<Entry> {
  const removal = withoutDeparted(kind, before, wanted, ownership)
  const placement = placeOwners(kind, removal.document, wanted, ownership)
  assertForeignUntouched(kind, before, placement.document, ownership)
  return {
    kind,
    before,
    after: placement.document,
    changes: [...removal.changes, ...placement.changes],
    refused: placement.refused,
    adopted: placement.adopted,
    orphans: orphansIn(kind, before, ownership),
  }
}

/** Marks of owners that have entries in the document, whatever their stance. */
export function ownersIn<Entry>(
  kind: DocumentKind<Entry>,
  document: Document<Entry>,
  ownership: Ownership,
): Set<string> {
  const owners = document.entries.map((entry) => ownership(kind.mark(entry)))
  return new Set(owners.flatMap((standing) => ('owner' in standing ? [standing.owner] : [])))
}

interface Step<Entry> {
  readonly document: Document<Entry>
  readonly changes: readonly Change[]
}

function withoutDeparted<Entry>(
  kind: DocumentKind<Entry>,
  before: Document<Entry>,
  wanted: readonly WantedEntry<Entry>[],
  ownership: Ownership,
): Step<Entry> {
  const marks = new Set(wanted.map((entry) => entry.mark))
  const seen = new Set<string>()
  const entries: Entry[] = []
  const changes: Change[] = []
  for (const entry of before.entries) {
    const mark = kind.mark(entry) ?? ''
    const standing = ownership(mark)
    const goes =
      standing.kind === 'Departed' || (standing.kind === 'Wanted' && (!marks.has(mark) || seen.has(mark)))
    seen.add(mark)
    if (goes)
      changes.push({
        document: kind.label,
        action: 'Remove',
        owner: standing.owner,
        mark,
        summary: kind.summary(entry),
      })
    else entries.push(entry)
  }
  return { document: { entries, envelope: before.envelope }, changes }
}

interface Placement<Entry> extends Step<Entry> {
  readonly refused: ReadonlyMap<string, LimitBreach>
  readonly adopted: ReadonlyMap<string, string>
}

/**
 * Whether a document fits its limits is dear to ask (it is written out), so all owners are placed before it is asked
 * once; only where not all fit is it asked owner by owner.
 */
function placeOwners<Entry>(
  kind: DocumentKind<Entry>,
  start: Document<Entry>,
  wanted: readonly WantedEntry<Entry>[],
  ownership: Ownership,
): Placement<Entry> {
  const all = placeFitting(kind, start, wanted, ownership, () => undefined)
  if (all.changes.length === 0 || kind.breach(all.document) === undefined) return all
  return placeFitting(kind, start, wanted, ownership, (document) => kind.breach(document))
}

function placeFitting<Entry>(
  kind: DocumentKind<Entry>,
  start: Document<Entry>,
  wanted: readonly WantedEntry<Entry>[],
  ownership: Ownership,
  breachOf: (document: Document<Entry>) => LimitBreach | undefined,
): Placement<Entry> {
  const satisfying = meaningsOfOthers(kind, start, ownership)
  const refused = new Map<string, LimitBreach>()
  const adopted = new Map<string, string>()
  let document = start
  const changes: Change[] = []
  const standing = standingIn(kind, start, ownership)
  for (const [owner, entries] of inOrder(kind, start, wanted, ownership)) {
    const step = placeEntries(kind, document, entries, satisfying, adopted)
    const breach =
      clashIn(kind, entries, standing) ??
      clashWithin(kind, entries) ??
      (step.changes.length > 0 ? breachOf(step.document) : undefined)
    if (breach !== undefined) {
      refused.set(owner, breach)
      continue
    }
    document = step.document
    changes.push(...step.changes)
    standing.push(...entries)
  }
  return { document, changes, refused, adopted }
}

/**
 * Who has entries in the document is served before those who have none, so that a newcomer takes nobody's place; and of
 * the former, who fits what the others have is served before one who changed its mind.
 */
function inOrder<Entry>(
  kind: DocumentKind<Entry>,
  start: Document<Entry>,
  wanted: readonly WantedEntry<Entry>[],
  ownership: Ownership,
): (readonly [string, WantedEntry<Entry>[]])[] {
  const owners = [...Map.groupBy(wanted, (entry) => entry.owner)]
  const present = start.entries.flatMap((body) => {
    const standing = ownership(kind.mark(body))
    return 'owner' in standing ? [{ owner: standing.owner, body }] : []
  })
  const rank = ([owner, entries]: (typeof owners)[number]): number => {
    if (!present.some((entry) => entry.owner === owner)) return 2
    const others = present.filter((entry) => entry.owner !== owner)
    return clashIn(kind, entries, others) === undefined ? 0 : 1
  }
  const ranks = new Map(owners.map((entry) => [entry, rank(entry)]))
  return owners.toSorted((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0))
}

/** An entry that stays, and whose it is; undefined for a stranger's. */
interface Standing<Entry> {
  readonly owner?: string | undefined
  readonly body: Entry
}

/** Entries of the document that no plan changes. */
function standingIn<Entry>(
  kind: DocumentKind<Entry>,
  { entries }: Document<Entry>,
  ownership: Ownership,
): Standing<Entry>[] {
  return entries.flatMap((body) => {
    const standing = ownership(kind.mark(body))
    if (standing.kind === 'Departed' || standing.kind === 'Wanted') return []
    return [{ body, owner: standing.kind === 'Kept' ? standing.owner : undefined }]
  })
}

function clashIn<Entry>(
  kind: DocumentKind<Entry>,
  wanted: readonly WantedEntry<Entry>[],
  standing: readonly Standing<Entry>[],
): LimitBreach | undefined {
  for (const { owner, body } of standing) {
    const clash = wanted.map((entry) => kind.clash?.(entry.body, body)).find((why) => why !== undefined)
    const who = owner === undefined ? 'somebody else' : `StorageIntegration ${owner}`
    if (clash !== undefined) return { reason: 'Conflict', detail: `${who} ${clash}` }
  }
  return undefined
}

/** An integration that asks for two things of which one would overwrite the other: written, they would never settle. */
function clashWithin<Entry>(
  kind: DocumentKind<Entry>,
  wanted: readonly WantedEntry<Entry>[],
): LimitBreach | undefined {
  for (const [n, { name, mark, body }] of wanted.entries()) {
    for (const other of wanted.slice(n + 1)) {
      const sameMark = mark === other.mark && kind.meaning(body) !== kind.meaning(other.body)
      const clash = sameMark
        ? `wants "${name}" and "${other.name}" under one mark`
        : kind.clash?.(body, other.body)
      if (clash !== undefined) return { reason: 'Conflict', detail: `this integration itself ${clash}` }
    }
  }
  return undefined
}

function placeEntries<Entry>(
  kind: DocumentKind<Entry>,
  document: Document<Entry>,
  wanted: readonly WantedEntry<Entry>[],
  satisfying: ReadonlySet<string>,
  adopted: Map<string, string>,
): Step<Entry> {
  const entries = [...document.entries]
  const changes: Change[] = []
  for (const { owner, mark, body } of wanted) {
    const change = { document: kind.label, owner, mark, summary: kind.summary(body) }
    const at = entries.findIndex((entry) => kind.mark(entry) === mark)
    const present = entries[at]
    if (present !== undefined) {
      if (kind.meaning(present) === kind.meaning(body)) continue
      if (kind.ledger === true && satisfying.has(kind.meaning(body))) {
        entries.splice(at, 1)
        changes.push({ ...change, action: 'Remove', summary: kind.summary(present) })
        adopted.set(mark, owner)
        continue
      }
      entries[at] = kind.withMark(body, mark)
      changes.push({ action: 'Replace', ...change })
    } else if (satisfying.has(kind.meaning(body)) && kind.reclaims?.(body) !== true) {
      adopted.set(mark, owner)
    } else {
      entries.push(kind.withMark(body, mark))
      changes.push({ action: 'Add', ...change })
    }
  }
  return { document: { entries, envelope: document.envelope }, changes }
}

/** Meanings of entries that nobody of this installation answers for: they satisfy a want, and stay. */
function meaningsOfOthers<Entry>(
  kind: DocumentKind<Entry>,
  document: Document<Entry>,
  ownership: Ownership,
): ReadonlySet<string> {
  const others = document.entries.filter((entry) => {
    const { kind: standing } = ownership(kind.mark(entry))
    return standing === 'Foreign' || (standing === 'Orphan' && kind.shares !== true)
  })
  return new Set(others.map((entry) => kind.meaning(entry)))
}

function orphansIn<Entry>(
  kind: DocumentKind<Entry>,
  document: Document<Entry>,
  ownership: Ownership,
): string[] {
  return document.entries
    .map((entry) => kind.mark(entry) ?? '')
    .filter((mark) => ownership(mark).kind === 'Orphan')
    .sort()
}
