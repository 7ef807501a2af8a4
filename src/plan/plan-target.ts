import type { Document, DocumentKind, DocumentName, LimitBreach } from './document.ts'
import { markOf } from './mark.ts'
import { type Ownership, ownershipAt, type Stance } from './ownership.ts'
import { type DocumentPlan, planDocument, type WantedEntry } from './plan-document.ts'

/** One entry that an integration claims in one document of a target. */
export interface ClaimedEntry {
  readonly document: DocumentName
  /** The entry's name in the vendor's recipe; part of the ownership mark. */
  readonly name: string
  readonly body: unknown
  /** Former principals of the vendor, kept where Mooring's own entry names them already (DocumentKind.retain). */
  readonly retiring?: readonly string[] | undefined
}

/** What one integration asks of one target. Entries count only while the stance is `Wants`. */
export interface Participant {
  /** namespace/name */
  readonly owner: string
  readonly stance: Stance
  /** In mode Plan: the stance that Enforce would give. */
  readonly planned?: Stance | undefined
  readonly entries: readonly ClaimedEntry[]
}

/** A claimed entry as drivers are told of it. */
export interface Claimed extends ClaimedEntry {
  readonly mark: string
  /** What becomes of it: of what leaves, less has to be known than of what is wanted. */
  readonly stance: Stance
  /** In mode Plan: the stance that Enforce would give. */
  readonly planned?: Stance | undefined
}

/** One document as observed, with its kind. */
export interface ObservedDocument {
  readonly kind: DocumentKind
  readonly document: Document
}

/** What a target pass knows when it decides. */
export interface TargetInput {
  readonly installation: string
  /** The cloud's own name of the target: s3://street-scenes. */
  readonly target: string
  readonly documents: readonly ObservedDocument[]
  /** For what is chosen once and then kept, such as an external ID; see DocumentKind.complete. */
  readonly fresh: string
  /** In order of age: where room is scarce, the older integration has it. */
  readonly participants: readonly Participant[]
}

/** The decision for a whole target. */
export interface TargetPlan {
  readonly documents: readonly DocumentPlan[]
  /** Owners that a limit refuses, in all documents alike, with the document and the limit. */
  readonly refused: ReadonlyMap<string, Refusal>
}

/** A limit that left no room for an owner. */
export interface Refusal extends LimitBreach {
  /** "bucket policy" */
  readonly document: string
}

/**
 * Plans every document of a target. An owner refused in one document is refused in all (nothing is left half-done):
 * the plan is made again with that owner keeping what it has, until nobody new is refused.
 */
export function planTarget(input: TargetInput): TargetPlan {
  const refused = new Map<string, Refusal>()
  for (;;) {
    const documents = planOnce(withKeepers(input, refused))
    const news = documents.flatMap((plan) =>
      [...plan.refused].map(([owner, breach]) => [owner, { ...breach, document: plan.kind.label }] as const),
    )
    for (const [owner, refusal] of news) refused.set(owner, refusal)
    if (news.length === 0) return { documents, refused }
  }
}

/** What all participants claim of the target. */
export function claimedIn({
  installation,
  target,
  participants,
}: Pick<TargetInput, 'installation' | 'target' | 'participants'>): Claimed[] {
  return participants.flatMap(({ owner, stance, planned, entries }) =>
    entries.map((entry) => ({
      ...entry,
      mark: markOf(installation, target, owner, entry.name),
      stance,
      planned,
    })),
  )
}

/** The input with these owners keeping what they have: refused, held back, or barred. */
export function withKeepers(input: TargetInput, owners: ReadonlyMap<string, unknown>): TargetInput {
  const participants = input.participants.map((participant) =>
    owners.has(participant.owner) ? { ...participant, stance: 'Keeps' as const } : participant,
  )
  return { ...input, participants }
}

/** To whom the entries at this target belong. */
export function ownershipIn({ installation, target, participants }: TargetInput): Ownership {
  return ownershipAt(installation, target, new Map(participants.map(({ owner, stance }) => [owner, stance])))
}

function planOnce(input: TargetInput): DocumentPlan[] {
  const ownership = ownershipIn(input)
  return input.documents.map(({ kind, document }) =>
    planDocument(kind, document, wantedIn(kind, document, input), ownership),
  )
}

function wantedIn(kind: DocumentKind, document: Document, input: TargetInput): WantedEntry[] {
  return input.participants
    .filter(({ stance }) => stance === 'Wants')
    .flatMap(({ owner, entries }) =>
      entries
        .filter((entry) => entry.document === kind.name)
        .map((entry) => {
          const mark = markOf(input.installation, input.target, owner, entry.name)
          return { owner, name: entry.name, mark, body: bodyOf(kind, document, entry, mark, input.fresh) }
        }),
    )
}

function bodyOf(
  kind: DocumentKind,
  document: Document,
  { body, retiring }: ClaimedEntry,
  mark: string,
  fresh: string,
): unknown {
  const whole = kind.complete?.(body, document, fresh) ?? body
  return retiring === undefined ? whole : (kind.retain?.(whole, document, mark, retiring) ?? whole)
}
