import { createHmac, timingSafeEqual } from 'node:crypto'
import type { DocumentName } from './document.ts'
import type { LedgerLines } from './ledger.ts'

/**
 * Whoever may edit an integration may edit its ledger, and a line that somebody made up would have Mooring remove a stranger's
 * entry as its own. So every digest carries a seal that takes the operator's key to make: `digest.seal`.
 */
export function sealed(lines: LedgerLines, document: DocumentName, key: string): LedgerLines {
  return mapped(lines, (mark, said) => [`${said}.${sealOf(document, mark, said, key)}`])
}

/** The lines whose seals are right, without them; others say nothing. */
export function unsealed(lines: LedgerLines, document: DocumentName, key: string): LedgerLines {
  return mapped(lines, (mark, text) => {
    const [said = '', seal = ''] = text.split('.')
    return isEqual(seal, sealOf(document, mark, said, key)) ? [said] : []
  })
}

function sealOf(document: DocumentName, mark: string, said: string, key: string): string {
  const text = JSON.stringify(['ledger', document, mark, said])
  return createHmac('sha256', key).update(text).digest('hex').slice(0, 32)
}

function isEqual(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Marks of which nothing is left are left out. */
function mapped(lines: LedgerLines, map: (mark: string, text: string) => string[]): LedgerLines {
  return Object.fromEntries(
    Object.entries(lines)
      .map(([mark, texts]) => [mark, texts.flatMap((text) => map(mark, text))] as const)
      .filter(([, texts]) => texts.length > 0),
  )
}
