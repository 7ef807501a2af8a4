import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { needsUniformAccess } from './bucket-iam.ts'
import { fault, wordsOf } from './fault-parts.ts'
import { type GcpCall, serviceName, subjectOf } from './gcp-call.ts'
import { isWrite } from './gcp-operation.ts'
import type { GoogleError } from './google-error.ts'
import { unexpected } from './service-faults.ts'

/** 400 and 412: the document is refused for its form, for what it names, or because its guard did not hold. */
export function refusedDocument(error: GoogleError, call: GcpCall): FaultError {
  if (!isWrite(call.operation)) return unexpected(error, call)
  if (NEEDS_UNIFORM.test(error.text)) return uniformAccessNeeded(call)
  if (NO_SUCH_PRINCIPAL.test(error.text)) return invalidPrincipal(error, call)
  if (NO_SUCH_ROLE.test(error.text)) return roleNotKnown(error, call)
  if (TOO_MUCH.test(error.text)) return tooLarge(error, call)
  return error.status === 412 && GUARD.test(error.text) ? lostRace(error, call) : unexpected(error, call)
}

/**
 * A guard that did not hold, in Google's words; with others a 412 speaks of something else, such as public access
 * prevention. https://docs.cloud.google.com/storage/docs/json_api/v1/status-codes#412-precondition-failed
 */
const GUARD = /^\s*$|pre-?conditions? .*(?:did not hold|fail)|^precondition failed|conditionNotMet|\betag\b/i

/** Our own limits should have said so before. */
const TOO_MUCH =
  /(?:principals|members|bindings|policy).*(?:at most|too (?:large|many)|exceeds?|maximum|limit)/i

function tooLarge(error: GoogleError, call: GcpCall): FaultError {
  return fault(
    'PolicyTooLarge',
    `${serviceName(call)} refuses the policy of ${subjectOf(call)} as too large${wordsOf(error)}; nothing was written.`,
  )
}

/**
 * The guard of a write did not hold: Cloud Storage answers 412 (conditionNotMet), IAM 409 (ABORTED). For both nothing was
 * written. https://docs.cloud.google.com/storage/docs/request-preconditions, https://docs.cloud.google.com/iam/docs/allow-policies#etag
 */
export function lostRace(_error: GoogleError, call: GcpCall): FaultError {
  return raceFault(
    `somebody else changed ${subjectOf(call)} at this moment, so ${serviceName(call)} refused ${call.operation}`,
  )
}

/** Seen by ourselves, right before the write. */
export function lostRaceOn(bucket: string): FaultError {
  return raceFault(`somebody else changed bucket "${bucket}" at this moment`)
}

function raceFault(what: string): FaultError {
  return new FaultError({
    reason: 'LostRace',
    message: `${what}; nothing was written. It is planned anew and written again by itself.`,
    retry: retryOf('LostRace'),
    notWritten: true,
  })
}

/** Seen by https://github.com/googleapis/python-storage/issues/52: a condition on such a bucket is a failed precondition. */
const NEEDS_UNIFORM = /uniform bucket-?level access|bucket policy only/i

function uniformAccessNeeded(call: GcpCall): FaultError {
  return fault(
    'UniformAccessNeeded',
    `${subjectOf(call)}: ${needsUniformAccess(call.bucket ?? '')}; nothing was written.`,
  )
}

/**
 * `Service account x@y.iam.gserviceaccount.com does not exist.`, `User x does not exist.`, `Unknown service account`,
 * `The member x is of an unknown type`; see https://github.com/kestra-io/plugin-gcp/issues/318 for the last.
 */
const NO_SUCH_PRINCIPAL =
  /\b(?:service account|user|group|domain|principal|identity|member)s?\b.*(?:does not exist|unknown type|not found|is not valid)|unknown (?:service account|user)|invalid (?:principal|member)/i

function invalidPrincipal({ text }: GoogleError, call: GcpCall): FaultError {
  const email = /[\w.%+-]+@[\w-]+(?:\.[\w-]+)+/.exec(text)?.[0]
  const principal = email === undefined ? undefined : memberOf(email, text)
  const who = principal === undefined ? 'a member' : `member "${principal}"`
  return new FaultError({
    reason: 'InvalidPrincipal',
    message: `${serviceName(call)} refuses the policy of ${subjectOf(call)} because ${who} in it does not exist. Correct the vendor's service account in spec.parameters, or remove the binding that names it; nothing was written.`,
    retry: retryOf('InvalidPrincipal'),
    ...(principal === undefined ? {} : { principal }),
  })
}

/** As a member is written in a policy. */
function memberOf(email: string, text: string): string {
  const kind =
    email.endsWith('.gserviceaccount.com') || /service account/i.test(text)
      ? 'serviceAccount'
      : /\bgroup\b/i.test(text)
        ? 'group'
        : 'user'
  return `${kind}:${email}`
}

/**
 * `Role projects/p/roles/x is not supported for this resource.` or `… does not exist`: also said of a custom role that was
 * made a moment ago. https://github.com/hashicorp/terraform-provider-google/issues/9130
 */
const NO_SUCH_ROLE =
  /\brole ?['"(]?([\w./-]*roles\/[\w.]+)['")]?.*(?:not supported|does not exist|not found|invalid)/i

function roleNotKnown(error: GoogleError, call: GcpCall): FaultError {
  const role = NO_SUCH_ROLE.exec(error.text)?.[1] ?? 'a role'
  if (role.startsWith('roles/')) return unexpected(error, call)
  const message = `Cloud Storage does not know ${role} yet, or no more, so it refuses it in the policy of ${subjectOf(call)}; nothing was written. A role that was just made is known everywhere after a few minutes; it is written again by itself.`
  return fault('Propagating', message)
}
