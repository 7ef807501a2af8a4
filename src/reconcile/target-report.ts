import type { Fault } from '../api/fault.ts'
import type { CheckResult, Probe } from '../clouds/cloud.ts'
import type { DocumentName } from '../plan/document.ts'
import { canonicalJson } from '../plan/json.ts'
import type { Change } from '../plan/plan-document.ts'
import type { Party } from './party.ts'

/** How one document of the target serves one integration, as read back. */
export interface DocumentOutcome {
  readonly document: DocumentName
  /** For people: "bucket policy". */
  readonly label: string
  readonly state: 'Applied' | 'Adopted' | 'Missing'
  /** Why it is missing. */
  readonly fault?: Fault | undefined
}

/** A change that mode Plan shows, with the name of its target. */
export interface PendingChange extends Change {
  readonly target: string
}

/** What a target pass found out for one integration. */
export interface OwnerReport {
  /** What this answers; see {@link questionOf}. A report for another question says nothing. */
  readonly question: string
  /** Why the target could not be brought to what was asked; absent when it was. */
  readonly fault?: Fault | undefined
  readonly documents: readonly DocumentOutcome[]
  /** True while the cloud shows an entry of this owner. */
  readonly present: boolean
  /** What Enforce would change; for mode Plan. */
  readonly pending: readonly PendingChange[]
  readonly checks: readonly CheckResult[]
  /** What only the cloud knows, for outputs: the bucket's region. */
  readonly facts: Readonly<Record<string, string>>
  /** True shortly after a write: a failing check may be the cloud’s delay. */
  readonly settling: boolean
  /** The look failed before it found anything otherwise than asked for. */
  readonly blind?: true
}

/** What is known of one target. */
export interface TargetReport {
  readonly owners: Map<string, OwnerReport>
  /** Marks of entries whose integration does not exist, by CloudAccount. */
  readonly orphans: ReadonlyMap<string, readonly string[]>
}

/** What an integration asks of a target, as a text: equal texts get equal answers. */
export function questionOf({ uid, stance, planned, account, entries, probes, requirement }: Party): string {
  return canonicalJson({ uid, stance, planned, account, entries, probes, requirement })
}

/** Equal for probes that need to be tried only once. */
export function probeKey(probe: Probe): string {
  return canonicalJson(probe)
}
