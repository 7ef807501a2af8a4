import { FaultError } from '../../api/fault.ts'
import { redact } from '../redact.ts'
import { because } from './access-faults.ts'
import { type AwsCall, isWrite, subjectOf } from './aws-call.ts'
import { fault } from './fault-parts.ts'
import { iamActionOf } from './iam-action.ts'
import type { SdkError } from './sdk-error.ts'
import { unavailable, unknown } from './service-faults.ts'

/**
 * What KMS answers, where it means something else than the same words of S3.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html#API_PutKeyPolicy_Errors
 */
export const KMS_CODES: ReadonlyMap<string, (error: SdkError, call: AwsCall) => FaultError> = new Map([
  ['NotFoundException', keyNotFound],
  ['InvalidArnException', invalidArn],
  ['AccessDeniedException', keyDenied],
  ['AccessDenied', keyDenied],
  ['MalformedPolicyDocumentException', malformed],
  ['KMSInvalidStateException', unusable],
  ['DisabledException', unusable],
  ['LimitExceededException', tooLarge],
  ['KMSInternalException', unavailable],
  ['DependencyTimeoutException', unavailable],
])

function keyNotFound(_error: SdkError, call: AwsCall): FaultError {
  const message = `${subjectOf(call)} does not exist in account ${call.accountId}. Correct the key's ARN, or restore the key.`
  return fault('KeyNotFound', message)
}

/** Not the same as a key that is gone: that would settle a departure. */
function invalidArn(error: SdkError, call: AwsCall): FaultError {
  const message = `KMS does not take the ARN of ${subjectOf(call)} (${error.code}): ${redact(error.text)}`
  return fault('InvalidParameter', message)
}

/**
 * KMS asks the key policy first: without a statement for the account or the identity no IAM policy helps.
 * https://docs.aws.amazon.com/kms/latest/developerguide/control-access-overview.html
 */
function keyDenied(error: SdkError, call: AwsCall): FaultError {
  const action = iamActionOf(call.operation)
  const message = `${call.identity} may not ${action} on ${subjectOf(call)}${because(error)}. Allow ${action} on that key for it, and see that the key policy lets it, or IAM policies of account ${call.accountId}, decide.`
  return fault('AccessDenied', message)
}

/** KMS says no more than "Policy contains a statement with one or more invalid principals." */
function malformed(error: SdkError, call: AwsCall): FaultError {
  if (/invalid principal/i.test(error.text)) return invalidPrincipal(error, call)
  if (/not allow you to update the key policy/i.test(error.text)) {
    const message = `KMS refuses the policy of ${subjectOf(call)}, because with it ${call.identity} could not change that policy again (its lockout safety check). Allow kms:PutKeyPolicy for it in the key policy; nothing was written.`
    return fault('InvalidDocument', message)
  }
  const message = `KMS refuses ${call.operation} for ${subjectOf(call)} (${error.code}): ${redact(error.text)}`
  return fault('InvalidDocument', message)
}

/**
 * A principal that was just made can be unknown to KMS for a while.
 * https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html ("might need to enforce a delay")
 */
function invalidPrincipal({ text }: SdkError, call: AwsCall): FaultError {
  const principal = /\b(arn:aws[a-z-]*:(?:iam|sts)::\d{12}:[^\s"',\]]+)/.exec(text)?.[1]
  return invalidPrincipalFault(principal, principal !== undefined, call)
}

/** @param isCertain KMS itself named the principal. */
export function invalidPrincipalFault(
  principal: string | undefined,
  isCertain: boolean,
  call: AwsCall,
): FaultError {
  const who = principal === undefined ? 'a principal' : `principal "${principal}"`
  const doubt = isCertain || principal === undefined ? '' : ', most likely'
  const message = `KMS refuses the policy of ${subjectOf(call)} because ${who} in it does not exist${doubt}. Correct or remove the statement that names it; nothing was written.`
  return new FaultError({ reason: 'InvalidPrincipal', message, retry: 'Slow', principal })
}

/** https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html */
function unusable(error: SdkError, call: AwsCall): FaultError {
  const message = `${subjectOf(call)} is in a state in which KMS refuses ${call.operation} (${error.code}): ${redact(error.text)} Enable it, or cancel its deletion.`
  return fault('KeyNotUsable', message)
}

function tooLarge(error: SdkError, call: AwsCall): FaultError {
  if (!isWrite(call)) return unknown(error, call)
  const message = `KMS refuses the policy of ${subjectOf(call)} as too large; nothing was written. Remove statements that are no longer needed.`
  return fault('PolicyTooLarge', message)
}
