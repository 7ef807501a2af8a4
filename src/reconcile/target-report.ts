import type { Fault } from '../api/fault.ts'
import type { CheckResult, Probe } from '../clouds/cloud.ts'
import type { DocumentName } from '../plan/document.ts'
import { canonicalJson } from '../plan/json.ts'
import type { Change } from '../plan/plan-document.ts'
import type { Resolution } from '../vendors/resolve.ts'

/** How one document of the target serves one integration, as read back. */
export interface DocumentOutcome {
  readonly document: DocumentName
  /** For people: "bucket policy". */
  readonly label: string
  readonly state: 'Applied' | 'Adopted' | 'Missing'
  /** Why it is missing. */
  readonly fault?: Fault | undefined
}

/** What a target pass found out for one integration. */
export interface OwnerReport {
  /** The resolution that this answers; see {@link questionOf}. A report for another question says nothing. */
  readonly question: string
  /** Why the target could not be brought to what was asked; absent when it was. */
  readonly fault?: Fault | undefined
  readonly documents: readonly DocumentOutcome[]
  /** True while the cloud shows an entry of this owner. */
  readonly present: boolean
  /** What Enforce would change; for mode Plan. */
  readonly pending: readonly Change[]
  readonly checks: readonly CheckResult[]
  /** True shortly after a write: a failing check may be the cloud’s delay. */
  readonly settling: boolean
}

/** What is known of one target. */
export interface TargetReport {
  readonly owners: ReadonlyMap<string, OwnerReport>
  /** Marks of entries whose integration does not exist, by CloudAccount. */
  readonly orphans: ReadonlyMap<string, readonly string[]>
}

/** What a resolution asks of its target, as a text: equal texts get equal answers. */
export function questionOf({ uid, stance, planned, account, entries, probes }: Resolution): string {
  return canonicalJson({ uid, stance, planned, account, entries, probes })
}

/** Equal for probes that need to be tried only once. */
export function probeKey(probe: Probe): string {
  return canonicalJson(probe)
}
