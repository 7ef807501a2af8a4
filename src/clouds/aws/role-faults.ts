import type { FaultError } from '../../api/fault.ts'
import { redact } from '../redact.ts'
import { type AwsCall, isWrite, subjectOf } from './aws-call.ts'
import { malformed } from './document-faults.ts'
import { fault } from './fault-parts.ts'
import type { SdkError } from './sdk-error.ts'
import { bucketNotFound, unknown } from './service-faults.ts'

/**
 * IAM answers from many copies, and a role that was just made is not known to all of them yet.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
 */
export function notFoundYet(error: SdkError, call: AwsCall): FaultError {
  if (call.service === 's3') return bucketNotFound(error, call)
  const message = `IAM does not know ${subjectOf(call)} yet, or no more (${call.operation}). It is looked at again by itself.`
  return fault('Propagating', message, error)
}

/** Somebody changes the same role at this moment, or made one of this name since it was looked for. */
export function concurrent(error: SdkError, call: AwsCall): FaultError {
  const message = `${subjectOf(call)} is being changed or was made at this moment (${error.code} to ${call.operation}). It is looked at again by itself.`
  return fault('LostRace', message, error)
}

/** Something that Mooring does not know still holds on to a role or policy. */
export function stillInUse(error: SdkError, call: AwsCall): FaultError {
  const message = `${subjectOf(call)} cannot be deleted because something else still uses it: ${redact(error.text)}. Detach it there; then it is tried again by itself.`
  return fault('Conflict', message)
}

/** A role that AWS keeps for a service of its own. */
export function unmodifiable(error: SdkError, call: AwsCall): FaultError {
  const message = `${subjectOf(call)} belongs to an AWS service and cannot be changed: ${redact(error.text)}`
  return fault('Conflict', message)
}

/** A quota of the account, or a size that our own limits should have caught. */
export function quotaExceeded(error: SdkError, call: AwsCall): FaultError {
  const message = `a quota of account ${call.accountId} leaves no room for ${subjectOf(call)} (${call.operation}): ${redact(error.text)}. Remove what is no longer needed, or ask AWS for a higher quota.`
  return fault('QuotaExceeded', message)
}

/** IAM refuses a value for its form. */
export function refusedInput(error: SdkError, call: AwsCall): FaultError {
  return isWrite(call) ? malformed(error, call) : unknown(error, call)
}
