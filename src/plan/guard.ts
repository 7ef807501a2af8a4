import { FaultError } from '../api/fault.ts'
import type { Document, DocumentKind } from './document.ts'
import { canonicalJson } from './json.ts'
import type { Ownership } from './ownership.ts'

/**
 * The last word before a write: entries that are not ours to change are the same, in the same order, and so is
 * everything around them. It knows nothing of how the plan was made, so that a fault there cannot pass here.
 *
 * @throws FaultError with reason PlanRefused.
 */
export function assertForeignUntouched<Entry>(
  kind: DocumentKind<Entry>,
  before: Document<Entry>,
  after: Document<Entry>,
  ownership: Ownership,
): void {
  const untouchable = (document: Document<Entry>): string =>
    canonicalJson(
      document.entries
        .filter((entry) => ['Foreign', 'Orphan', 'Kept'].includes(ownership(kind.mark(entry)).kind))
        .map((entry) => kind.identity(entry)),
    )
  const same =
    untouchable(before) === untouchable(after) &&
    canonicalJson(before.envelope) === canonicalJson(after.envelope)
  if (same) return
  throw new FaultError({
    reason: 'PlanRefused',
    message: `the plan for the ${kind.label} would change a ${kind.entryLabel} that Mooring did not make; nothing was written. Please report this as a bug.`,
    retry: 'Slow',
  })
}
