import type { Document, DocumentKind } from './document.ts'
import { digest, installationTag, ownerTag, parseMark } from './mark.ts'
import type { Claimed } from './plan-target.ts'

/**
 * What one owner has in one document that has no room for marks: by mark, the digests of what its entry says. Two digests
 * stand at a mark while its entry is being replaced, so that neither the old nor the new one is ever without its owner.
 */
export type LedgerLines = Readonly<Record<string, readonly string[]>>

/**
 * The document with its owners' marks: an entry that ledgers list stands once for each owner, in its place. Of equal entries
 * only the first one is ours, since Mooring never makes a second one; what no ledger lists is a stranger's.
 */
export function attributed<Entry>(
  kind: DocumentKind<Entry>,
  document: Document<Entry>,
  ledgers: readonly LedgerLines[],
): Document<Entry> {
  const { entries, envelope } = document
  const isOurs = (entry: Entry, mark: string) => kind.proves?.(entry, mark, entry, document) ?? true
  const marks = marksByDigest(ledgers)
  const seen = new Set<string>()
  const standing = new Set(entries.map((entry) => saidBy(kind, entry)))
  const owned = entries.flatMap((entry) => {
    const former = formerly(kind, entry)
    const said = standing.has(former) ? saidBy(kind, entry) : former
    const mine = seen.has(said) ? [] : (marks.get(said) ?? []).filter((mark) => isOurs(entry, mark))
    seen.add(said)
    return mine.length === 0 ? [entry] : mine.map((mark) => kind.withMark(entry, mark))
  })
  return { entries: owned, envelope }
}

/**
 * The document with the marks of those claims that it proves itself, though no ledger lists them: a ledger can be lost. An entry
 * that somebody has already is nobody else's. It is all theirs who want it or keep what they have, mode Plan left out, since there
 * nothing was applied; and only without them it is one's who leaves.
 */
export function withProven<Entry>(
  kind: DocumentKind<Entry>,
  document: Document<Entry>,
  claimed: readonly Claimed[],
): Document<Entry> {
  const marks = new Set(document.entries.map((entry) => kind.mark(entry)))
  const open = claimed.filter(
    (claim) => claim.document === kind.name && !marks.has(claim.mark) && claim.planned === undefined,
  )
  const entries = document.entries.flatMap((entry) => {
    const proven = kind.mark(entry) === undefined ? open.filter(isProven(kind, entry, document)) : []
    const staying = proven.filter(({ stance }) => stance !== 'Leaves')
    const theirs = staying.length > 0 ? staying : proven.slice(0, 1)
    return theirs.length === 0 ? [entry] : theirs.map(({ mark }) => kind.withMark(entry, mark))
  })
  return { ...document, entries }
}

function isProven<Entry>(
  kind: DocumentKind<Entry>,
  found: Entry,
  document: Document<Entry>,
): (claim: Claimed) => boolean {
  return ({ body, mark }) => {
    const wanted = kind.complete?.(body as Entry, document, '') ?? (body as Entry)
    return kind.proves?.(wanted, mark, found, document) === true
  }
}

/** The lines of every marked entry, by mark. What the cloud rewrote stays listed as it was written. */
export function linesIn<Entry>(kind: DocumentKind<Entry>, document: Document<Entry>): LedgerLines {
  const entries = [...document.entries, ...(kind.alongside?.(document) ?? [])]
  return joinedLines(
    ...entries.map((entry): LedgerLines => {
      const mark = kind.mark(entry)
      return mark === undefined ? {} : { [mark]: [formerly(kind, entry)] }
    }),
  )
}

/** All of them together. */
export function joinedLines(...lists: readonly LedgerLines[]): LedgerLines {
  const groups = Map.groupBy(
    lists.flatMap((lines) => Object.entries(lines)),
    ([mark]) => mark,
  )
  const marks = [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    marks.map(([mark, list]) => [mark, [...new Set(list.flatMap(([, digests]) => digests))].sort()]),
  )
}

/** The lines that are this owner's own here: a copy of its ledger on another object, or for another target, says nothing. */
export function ownLines(
  lines: LedgerLines,
  installation: string,
  target: string,
  owner: string,
): LedgerLines {
  const here = [installationTag(installation, target), ownerTag(installation, target, owner)].join()
  return Object.fromEntries(
    Object.entries(lines).filter(([text]) => {
      const mark = parseMark(text)
      return mark !== undefined && [mark.installation, mark.owner].join() === here
    }),
  )
}

function marksByDigest(ledgers: readonly LedgerLines[]): ReadonlyMap<string, string[]> {
  const lines = ledgers.flatMap((ledger) =>
    Object.entries(ledger).flatMap(([mark, digests]) => digests.map((said) => ({ mark, said }))),
  )
  const groups = Map.groupBy(lines, ({ said }) => said)
  return new Map([...groups].map(([said, list]) => [said, [...new Set(list.map(({ mark }) => mark))]]))
}

/** What the entry said before the cloud rewrote it. */
function formerly<Entry>(kind: DocumentKind<Entry>, entry: Entry): string {
  return saidBy(kind, kind.former?.(entry) ?? entry)
}

/** Sixteen digits of what an entry says, its mark left out. */
function saidBy<Entry>(kind: DocumentKind<Entry>, entry: Entry): string {
  return digest(16, 'entry', kind.meaning(entry))
}
