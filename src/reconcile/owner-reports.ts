import type { Fault } from '../api/fault.ts'
import { type Reason, retryOf } from '../api/reasons.ts'
import type { CheckResult, Target } from '../clouds/cloud.ts'
import type { DocumentKind } from '../plan/document.ts'
import type { DocumentPlan } from '../plan/plan-document.ts'
import type { Refusal } from '../plan/plan-target.ts'
import type { Applied } from './apply-plan.ts'
import type { Party } from './party.ts'
import {
  type DocumentOutcome,
  type OwnerReport,
  type PendingChange,
  probeKey,
  questionOf,
} from './target-report.ts'

/** Everything that a pass with one account found at one target. */
export interface Findings {
  readonly target: Target
  readonly applied: Applied
  /** Owners that are not repaired now because somebody keeps undoing them. */
  readonly held: ReadonlyMap<string, Fault>
  /** Owners whose bucket is not as their vendor demands it; what they have is not looked at. */
  readonly unmet: ReadonlyMap<string, Fault>
  /** Owners for whom the first look found something otherwise than asked for. */
  readonly changed: ReadonlySet<string>
  readonly checks: ReadonlyMap<string, readonly CheckResult[]>
  readonly settling: boolean
  /** Owners for whom something was written a moment ago and who were not seen going since. */
  readonly late: ReadonlySet<string>
  /** What only the cloud knows of the target. */
  readonly facts: Readonly<Record<string, string>>
  /** For integrations in mode Plan, and for those that leave. */
  readonly whatIfs: ReadonlyMap<string, WhatIf>
}

/** What would be, if an integration were served that is not. */
export interface WhatIf {
  readonly changes: readonly PendingChange[]
  readonly refusal: Refusal | undefined
  /** Documents in which a stranger's equal entry satisfies it. */
  readonly adoptedIn: readonly DocumentKind[]
}

/** The findings as they concern each integration. */
export function ownerReports(people: readonly Party[], findings: Findings): Map<string, OwnerReport> {
  return new Map(people.map((person) => [person.owner, ownerReport(person, findings)]))
}

/** The target itself is gone, and with it everything that was in it. */
const GONE: readonly Reason[] = ['BucketNotFound', 'KeyNotFound', 'StorageAccountNotFound']

/**
 * The same fault for everyone at the target; nothing else is known. Only a target that is gone settles a departure:
 * there is nothing left to take away.
 *
 * @param changed owners for whom something was found otherwise than asked for before it failed.
 */
export function failedReports(
  people: readonly Party[],
  fault: Fault,
  changed: ReadonlySet<string>,
): Map<string, OwnerReport> {
  return new Map(
    people.map((person) => {
      const gone = person.stance === 'Leaves' && GONE.includes(fault.reason)
      const nothing = { documents: [], pending: [], checks: [], facts: {}, settling: false }
      return [
        person.owner,
        {
          question: questionOf(person),
          ...nothing,
          fault: gone ? undefined : fault,
          present: !gone,
          ...(changed.has(person.owner) ? {} : { blind: true }),
        },
      ]
    }),
  )
}

function ownerReport(person: Party, findings: Findings): OwnerReport {
  const { owner, stance } = person
  const report = {
    question: questionOf(person),
    present: findings.applied.present.has(owner),
    pending: [],
    checks: [],
    facts: findings.facts,
    settling: false,
  }
  if (stance === 'Wants')
    return {
      ...report,
      ...servedReport(person, findings),
      ...(isBlindFor(owner, findings) ? { blind: true } : {}),
    }
  const whatIf = findings.whatIfs.get(owner)
  if (stance === 'Leaves')
    return { ...report, fault: leavingFault(owner, findings), documents: stillThere(whatIf) }
  return {
    ...report,
    fault: findings.unmet.get(owner) ?? refusedFault(whatIf?.refusal),
    documents: [],
    pending: findings.unmet.has(owner) ? [] : (whatIf?.changes ?? []),
    checks: plannedChecks(person, findings),
  }
}

/** What the vendor demands could not be looked at, and all else was as asked for. */
function isBlindFor(owner: string, { unmet, changed }: Findings): boolean {
  return unmet.has(owner) && !changed.has(owner)
}

/** What needs no write to be tried: whether the grant would be worth anything. */
function plannedChecks(person: Party, findings: Findings): CheckResult[] {
  if (person.planned !== 'Wants') return []
  return probeChecks(
    { ...person, probes: person.probes.filter(({ kind }) => kind !== 'CorsPreflight') },
    findings,
  )
}

function servedReport(
  person: Party,
  findings: Findings,
): Pick<OwnerReport, 'fault' | 'documents' | 'checks' | 'settling'> {
  const documents = findings.applied.remaining.documents.flatMap((plan) => outcomeOf(person, plan, findings))
  const checks = [
    targetAnswers(findings.target),
    ...(findings.unmet.has(person.owner) ? [] : documents.map(readBackCheck)),
    ...probeChecks(person, findings),
  ]
  return {
    fault: documents.find(({ fault }) => fault)?.fault,
    documents,
    checks,
    settling: findings.settling && checks.some(({ result }) => result !== 'Passed'),
  }
}

/** Equal entries of strangers, which go on granting what the departed integration asked for. */
function stillThere(whatIf: WhatIf | undefined): DocumentOutcome[] {
  return (whatIf?.adoptedIn ?? []).map(({ name, label }) => ({ document: name, label, state: 'Adopted' }))
}

/**
 * A departure is done when no entry is left; what keeps one there is the write that failed, or a lost race. A role that was
 * written a moment ago and does not show is not gone for that reason alone: IAM may not show it yet.
 */
function leavingFault(owner: string, findings: Findings): Fault | undefined {
  const { target, late, applied } = findings
  const { present, faults } = applied
  if (!present.has(owner)) {
    return isSlowToShow(target) && late.has(owner)
      ? unlike('the role was written a moment ago and does not show yet', findings)
      : undefined
  }
  return [...faults.values()][0] ?? unlike('an entry to be removed is still there', findings)
}

function outcomeOf(person: Party, plan: DocumentPlan, findings: Findings): DocumentOutcome[] {
  const { kind, changes, adopted } = plan
  if (!person.entries.some(({ document }) => document === kind.name)) return []
  const outcome = { document: kind.name, label: kind.label }
  const fault = findings.held.get(person.owner) ?? faultIn(person, plan, findings)
  if (fault !== undefined) return [{ ...outcome, state: 'Missing', fault }]
  if (changes.some(({ owner }) => owner === person.owner)) {
    return [
      {
        ...outcome,
        state: 'Missing',
        fault: unlike(`the ${kind.label} as read back does not hold what was written`, findings),
      },
    ]
  }
  return [{ ...outcome, state: [...adopted.values()].includes(person.owner) ? 'Adopted' : 'Applied' }]
}

/** Why an owner’s entries are not in a document: its own principal, a limit, or a write that failed. */
function faultIn(
  { owner, ownRole }: Party,
  { kind, changes }: DocumentPlan,
  { applied }: Findings,
): Fault | undefined {
  const barred = applied.barred.get(owner)
  if (barred !== undefined) return barred.principal === ownRole ? justMade(barred) : barred
  const refused = refusedFault(applied.remaining.refused.get(owner))
  if (refused !== undefined) return refused
  const open = changes.some((change) => change.owner === owner)
  return open ? (applied.faults.get(kind.name) ?? [...applied.faults.values()][0]) : undefined
}

function refusedFault(refusal: Refusal | undefined): Fault | undefined {
  if (refusal === undefined) return undefined
  const { reason, document, detail } = refusal
  const message =
    reason === 'PolicyTooLarge' || reason === 'TooManyRules'
      ? `with this integration the ${document} would have ${detail}. Nothing of it was written. Remove entries that are no longer needed.`
      : `${document}: ${detail}. Nothing of this integration was changed; what it had before stays.`
  return { reason, message, retry: retryOf(reason) }
}

/**
 * The role that this integration makes is not known everywhere for some seconds.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
function justMade({ principal }: Fault): Fault {
  const message = `role ${principal} was made a moment ago and is not known everywhere yet. It is written again by itself.`
  return { reason: 'Propagating', message, retry: 'Backoff' }
}

/**
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency,
 * https://docs.cloud.google.com/iam/docs/overview#consistency
 */
function isSlowToShow({ kind }: Target): boolean {
  return kind === 'IamRole' || kind === 'CustomRole'
}

/** IAM answers from many copies, so right after a write an older answer is its own delay, not somebody else. */
function unlike(what: string, { target, settling }: Findings): Fault {
  if (!isSlowToShow(target) || !settling) return lostRace(what)
  const message = `${what}: IAM takes some seconds to show a change everywhere. It is looked at again by itself.`
  return { reason: 'Propagating', message, retry: 'Backoff' }
}

function lostRace(what: string): Fault {
  const message = `${what}: someone else wrote it at the same moment, or the store does not keep what it takes. It is written again by itself.`
  return { reason: 'LostRace', message, retry: 'Backoff' }
}

const ANSWERS = {
  S3Bucket: 'BucketAnswers',
  GcsBucket: 'BucketAnswers',
  IamRole: 'RoleAnswers',
  CustomRole: 'RoleAnswers',
  KmsKey: 'KeyAnswers',
  StorageAccount: 'AccountAnswers',
  ServicePrincipal: 'DirectoryAnswers',
} as const satisfies Readonly<Record<Target['kind'], string>>

function targetAnswers({ kind, name }: Target): CheckResult {
  return { name: ANSWERS[kind], result: 'Passed', message: `${name} answers to Mooring’s credentials` }
}

function readBackCheck({ label, document, state }: DocumentOutcome): CheckResult {
  const name = `${document}ReadBack`
  if (state === 'Missing')
    return { name, result: 'Failed', message: `the ${label} as read back lacks what was asked for` }
  return { name, result: 'Passed', message: `the ${label} as read back holds what was asked for` }
}

function probeChecks({ probes }: Party, { checks }: Findings): CheckResult[] {
  return probes.flatMap((probe) => checks.get(probeKey(probe)) ?? [])
}
