import type { Document, DocumentKind } from '../plan/document.ts'
import { canonicalJson } from '../plan/json.ts'

/**
 * A part of a document that has no room for marks, e.g. a CORS rule of a Google bucket. The mark comes from the ledger of
 * the integration that it belongs to; a part that several integrations need stands in the document once for each of them,
 * and once in the cloud.
 */
export interface LedgerEntry<Part> {
  readonly mark?: string
  readonly part: Part
}

/** What differs from kind to kind. */
export interface LedgerForm<Part>
  extends Pick<
    DocumentKind<LedgerEntry<Part>>,
    'name' | 'label' | 'entryLabel' | 'breach' | 'clash' | 'complete' | 'reclaims' | 'proves' | 'alongside'
  > {
  /** Canonical text of the part. */
  meaning(part: Part): string
  summary(part: Part): string
  /** What the part was before the cloud rewrote it; see DocumentKind.former. */
  former?(part: Part): Part | undefined
}

/** The kind of a document without room for marks. */
export function ledgerKind<Part>({
  meaning,
  summary,
  former,
  ...form
}: LedgerForm<Part>): DocumentKind<LedgerEntry<Part>> {
  return {
    ...form,
    mark: ({ mark }) => mark,
    withMark: ({ part }, mark) => ({ mark, part }),
    meaning: ({ part }) => meaning(part),
    identity: canonicalJson,
    summary: ({ part }) => summary(part),
    ...(former === undefined ? {} : { former: (entry) => withPart(entry, former(entry.part)) }),
    ledger: true,
    shares: true,
  }
}

function withPart<Part>(entry: LedgerEntry<Part>, part: Part | undefined): LedgerEntry<Part> | undefined {
  return part === undefined ? undefined : { ...entry, part }
}

/** Parts as read: none has a mark yet. */
export function unmarked<Part>(parts: readonly Part[]): LedgerEntry<Part>[] {
  return parts.map((part) => ({ part }))
}

/**
 * The parts to write, in order. Parts without a mark stay each as they were. Marked parts of equal meaning are one, and
 * none where parts without a mark say the same as often as the cloud did before: then ours was never beside them.
 *
 * @param before the parts as read.
 */
export function partsToWrite<Part>(
  { entries }: Pick<Document<LedgerEntry<Part>>, 'entries'>,
  before: readonly Part[],
  meaning: (part: Part) => string,
): Part[] {
  const had = counted(before.map(meaning))
  const strangers = counted(entries.filter(({ mark }) => mark === undefined).map(({ part }) => meaning(part)))
  const written = new Set<string>()
  return entries.flatMap(({ mark, part }) => {
    if (mark === undefined) return [part]
    const text = meaning(part)
    const others = strangers.get(text) ?? 0
    if (written.has(text) || (others > 0 && others >= (had.get(text) ?? 0))) return []
    written.add(text)
    return [part]
  })
}

function counted(texts: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...Map.groupBy(texts, (text) => text)].map(([text, list]) => [text, list.length]))
}
