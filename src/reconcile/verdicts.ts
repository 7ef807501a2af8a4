import type { Verdict } from '../api/conditions.ts'
import type { Fault } from '../api/fault.ts'
import type { Reason } from '../api/reasons.ts'
import type { DocumentName } from '../plan/document.ts'
import type { Hold, Resolution } from '../vendors/resolve.ts'
import type { DocumentOutcome, OwnerReport } from './target-report.ts'

/** The condition that speaks of each kind of document. */
const CONDITION_OF = {
  IamRole: 'AccessGranted',
  RolePolicies: 'AccessGranted',
  CustomRole: 'AccessGranted',
  KeyPolicy: 'AccessGranted',
  BucketPolicy: 'AccessGranted',
  BucketIam: 'AccessGranted',
  ServicePrincipal: 'AccessGranted',
  RoleAssignments: 'AccessGranted',
  Cors: 'CorsConfigured',
  Lifecycle: 'LifecycleConfigured',
} as const satisfies Readonly<Record<DocumentName, string>>

/**
 * The conditions of one integration. `Ready` is computed from the others here and nowhere else: True only when every
 * document is applied as read back and every check passed, for this very resolution.
 */
export function verdicts(resolution: Resolution, answer: OwnerReport | undefined): Verdict[] {
  const held = heldVerdicts(resolution, answer)
  if (held !== undefined) return held
  if (answer === undefined) return unknown('Progressing', 'The target is about to be looked at.')
  if (answer.documents.length === 0 && answer.fault !== undefined) return stopped(answer.fault)
  const documents = worstOfEach([
    ...awaitedVerdicts(resolution),
    ...answer.documents.filter(speaksOfAccess).map(documentVerdict),
    ...elsewhere(answer),
  ])
  const verified = verifiedVerdict(answer)
  const ready = readyVerdict([...documents, verified])
  return [ready, ...documents, verified, ...stalled(resolution.awaiting ?? answer.fault)]
}

/** What stands is safe but closed while the vendor has yet to hand out a value. */
function awaitedVerdicts({ awaiting }: Resolution): Verdict[] {
  if (awaiting === undefined) return []
  return [{ type: 'AccessGranted', status: 'False', reason: awaiting.reason, message: awaiting.message }]
}

/** A fault that none of the documents carries: at a target that the integration leaves while it stays at others. */
function elsewhere({ fault, documents }: OwnerReport): Verdict[] {
  if (fault === undefined || documents.some((document) => document.fault !== undefined)) return []
  return [{ type: 'AccessGranted', status: 'False', reason: fault.reason, message: fault.message }]
}

/** One verdict of each type: several documents speak for one condition, and the worst of them counts. */
function worstOfEach(verdicts: readonly Verdict[]): Verdict[] {
  return [...Map.groupBy(verdicts, ({ type }) => type).values()].flatMap((list) => worst(list) ?? [])
}

function worst(list: readonly Verdict[]): Verdict | undefined {
  return (
    list.find(({ status }) => status === 'False') ??
    list.find(({ status }) => status === 'Unknown') ??
    list[0]
  )
}

/** Verdicts of an integration that asks for nothing now: held, faulty, or on its way out. */
function heldVerdicts(resolution: Resolution, answer: OwnerReport | undefined): Verdict[] | undefined {
  const { hold, fault } = resolution
  if (hold === 'Expired' || hold === 'Revoking') return departing(hold, fault ?? answer?.fault, answer)
  if (fault !== undefined) return stopped(fault, 'Anything applied earlier stays as it is.')
  if (hold === 'Suspended')
    return unknown(
      'Suspended',
      'spec.suspend is true: nothing is read, written or repaired; what was applied stays.',
    )
  if (hold === 'Planned') return planned(answer)
  return undefined
}

function departing(hold: Hold, fault: Fault | undefined, answer: OwnerReport | undefined): Verdict[] {
  if (fault !== undefined) {
    return stopped(
      fault,
      'Until then not all of it is taken away; to let go of it instead, set spec.deletionPolicy to Retain.',
    )
  }
  if (answer === undefined || answer.present) return unknown('Revoking', 'The access is being taken away.')
  const reason = hold === 'Expired' ? 'Expired' : 'Revoking'
  const left = answer.documents.find(
    (outcome) =>
      CONDITION_OF[outcome.document] === 'AccessGranted' &&
      outcome.state === 'Adopted' &&
      speaksOfAccess(outcome),
  )
  const message =
    left === undefined
      ? 'The access was taken away: the cloud shows no entry of this integration.'
      : `No entry of this integration is left, but an equal one that somebody else made in the ${left.label} still grants the same. It is not Mooring’s to remove.`
  return [
    { type: 'Ready', status: 'False', reason, message },
    { type: 'AccessGranted', status: left === undefined ? 'False' : 'True', reason, message },
  ]
}

function planned(answer: OwnerReport | undefined): Verdict[] {
  if (answer === undefined) return unknown('Progressing', 'The plan is being made.')
  if (answer.fault !== undefined) return stopped(answer.fault)
  const count = answer.pending.length
  const failed = answer.checks.find(({ result }) => result === 'Failed')
  const obstacle = failed === undefined ? '' : ` It would not work as things are: ${failed.message}.`
  const plan =
    count === 0
      ? 'Nothing to change: the cloud is as spec asks. mode is Plan: nothing is written or repaired.'
      : `${count} change${count === 1 ? '' : 's'} pending, see status.plan. mode is Plan: nothing was written; set spec.mode to Enforce to apply.`
  const message = `${plan}${obstacle}`
  return [
    { type: 'Ready', status: 'False', reason: 'Planned', message },
    { type: 'AccessGranted', status: 'Unknown', reason: 'Planned', message },
  ]
}

/** A service principal gives access to nothing; only its absence does, by keeping access from being given. */
function speaksOfAccess({ document, fault }: DocumentOutcome): boolean {
  return document !== 'ServicePrincipal' || fault !== undefined
}

function documentVerdict({ document, label, state, fault }: DocumentOutcome): Verdict {
  const type = CONDITION_OF[document]
  if (fault !== undefined) return { type, status: 'False', reason: fault.reason, message: fault.message }
  if (state === 'Adopted') {
    const message = `The ${label} held an equal entry already; it stays when this integration goes.`
    return { type, status: 'True', reason: 'Adopted', message }
  }
  return {
    type,
    status: 'True',
    reason: 'Applied',
    message: `The ${label} holds what the vendor asks for, as read back.`,
  }
}

function verifiedVerdict({ checks, settling, documents }: OwnerReport): Verdict {
  const type = 'Verified'
  const missing = documents.find(({ fault }) => fault !== undefined)?.fault
  if (missing !== undefined)
    return { type, status: 'False', reason: missing.reason, message: missing.message }
  const failures = checks.filter(({ result }) => result === 'Failed')
  const failed = failures.find(({ reason }) => reason !== undefined) ?? failures[0]
  const untried = checks.find(({ result }) => result === 'Unknown')
  if (failed !== undefined && failed.reason === undefined && settling) {
    return {
      type,
      status: 'Unknown',
      reason: 'Propagating',
      message: `Written a moment ago; ${failed.message}. It is checked again by itself.`,
    }
  }
  if (failed !== undefined)
    return { type, status: 'False', reason: failed.reason ?? 'PreflightRefused', message: failed.message }
  if (untried !== undefined || checks.length === 0) {
    return {
      type,
      status: 'Unknown',
      reason: 'VerificationIncomplete',
      message: untried?.message ?? 'there was nothing to check',
    }
  }
  return {
    type,
    status: 'True',
    reason: 'Verified',
    message: `${checks.length} checks passed, see status.checks. The vendor’s own read cannot be tried from here.`,
  }
}

/** The first condition that is not True speaks; if all are, Ready is True and says Verified. */
function readyVerdict(others: readonly Verdict[]): Verdict {
  const worst =
    others.find(({ status }) => status === 'False') ?? others.find(({ status }) => status === 'Unknown')
  const speaker = worst ?? others.find(({ type }) => type === 'Verified')
  if (speaker === undefined)
    return { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'Nothing is known yet.' }
  return { ...speaker, type: 'Ready' }
}

function unknown(reason: Reason, message: string): Verdict[] {
  return ['Ready', 'AccessGranted', 'Verified'].map((type) => ({ type, status: 'Unknown', reason, message }))
}

function stopped(fault: Fault, stays = ''): Verdict[] {
  const message = [fault.message, stays].filter(Boolean).join(fault.message.endsWith('.') ? ' ' : '\n')
  return [
    { type: 'Ready', status: 'False', reason: fault.reason, message },
    { type: 'AccessGranted', status: 'Unknown', reason: fault.reason, message },
    { type: 'Verified', status: 'Unknown', reason: fault.reason, message },
    ...stalled(fault),
  ]
}

/** Stalled stands only while a person must act; kstatus then says Failed instead of InProgress. */
function stalled(fault: Fault | undefined): Verdict[] {
  if (fault === undefined || fault.retry === 'Backoff') return []
  return [{ type: 'Stalled', status: 'True', reason: fault.reason, message: fault.message }]
}
