import { DOCUMENT_NAMES, type DocumentName } from '../plan/document.ts'
import type { LedgerLines } from '../plan/ledger.ts'

/**
 * What an integration has in documents that have no room for marks, as a JSON object: target key, document, mark, digests.
 * It is written before the cloud is, and a backup restores it with the object.
 */
export const LEDGER_ANNOTATION = 'mooring.dev/ledger'

type Pages = Readonly<Record<string, Readonly<Partial<Record<DocumentName, LedgerLines>>>>>

/** The lines of one document of one target; none where the text is none of ours. */
export function linesOf(text: string | undefined, target: string, document: DocumentName): LedgerLines {
  return pagesIn(text)[target]?.[document] ?? {}
}

/** Whether there are lines for a target. */
export function hasPage(text: string | undefined, target: string): boolean {
  return text?.includes(JSON.stringify(target)) === true && pagesIn(text)[target] !== undefined
}

/** The text with these lines for that document, and everything else as it was; undefined for a ledger without lines. */
export function withLines(
  text: string | undefined,
  target: string,
  document: DocumentName,
  lines: LedgerLines,
): string | undefined {
  const pages = pagesIn(text)
  const { [document]: _, ...others } = pages[target] ?? {}
  const page = Object.keys(lines).length === 0 ? others : { ...others, [document]: lines }
  const { [target]: __, ...rest } = pages
  const all = Object.keys(page).length === 0 ? rest : { ...rest, [target]: page }
  return Object.keys(all).length === 0 ? undefined : JSON.stringify(sorted(all))
}

function pagesIn(text: string | undefined): Pages {
  const value = parsed(text)
  return Object.fromEntries(entriesOf(value).map(([target, page]) => [target, pageIn(page)]))
}

function pageIn(value: unknown): Partial<Record<DocumentName, LedgerLines>> {
  const known = entriesOf(value).filter(([name]) => (DOCUMENT_NAMES as readonly string[]).includes(name))
  return Object.fromEntries(known.map(([name, lines]) => [name, linesIn(lines)]))
}

function linesIn(value: unknown): LedgerLines {
  return Object.fromEntries(
    entriesOf(value).flatMap(([mark, digests]) =>
      Array.isArray(digests) ? [[mark, digests.filter((one) => typeof one === 'string')]] : [],
    ),
  )
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '{}')
  } catch {
    return {}
  }
}

function sorted(pages: Pages): Pages {
  return Object.fromEntries(Object.entries(pages).sort(([a], [b]) => (a < b ? -1 : 1)))
}
