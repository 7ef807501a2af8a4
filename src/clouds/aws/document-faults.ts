import { FaultError } from '../../api/fault.ts'
import { redact } from '../redact.ts'
import { type AwsCall, isWrite, serviceName, subjectOf } from './aws-call.ts'
import { fault } from './fault-parts.ts'
import type { SdkError } from './sdk-error.ts'
import { unknown } from './service-faults.ts'

/**
 * S3, IAM or KMS refuses the document for its form, or for a principal that does not exist.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html ("MalformedPolicy")
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html ("MalformedPolicyDocument")
 */
export function malformed(error: SdkError, call: AwsCall): FaultError {
  if (!isWrite(call)) return unknown(error, call)
  if (/invalid principal/i.test(error.text)) return invalidPrincipal(error, call)
  if (TOO_MUCH.test(error.text)) return tooLarge(error, call)
  const detail = error.detail === undefined ? '' : ` (${redact(error.detail)})`
  const message = `${serviceName(call)} refuses ${call.operation} for ${subjectOf(call)} (${error.code}): ${redact(error.text)}${detail}`
  return fault('InvalidDocument', message)
}

/** "exceeds the maximum size …"; of rules "The number of lifecycle rules must not exceed the allowed limit of 1000". */
const TOO_MUCH = /(?:exceeds|size|number of).*(?:maximum|max|limit)/i

/** S3's <Detail>, and the end of IAM's text, is the pair as in the policy: "AWS" : "arn:aws:iam::111122223333:role/gone". */
function invalidPrincipal({ detail, text }: SdkError, call: AwsCall): FaultError {
  const principal = /"([^"]*)"\s*$/.exec(detail ?? text)?.[1]
  const who = principal === undefined ? 'a principal' : `principal "${principal}"`
  const message = `${serviceName(call)} refuses the policy of ${subjectOf(call)} because ${who} in it does not exist. Correct or remove the statement that names it; nothing was written.`
  return new FaultError({
    reason: 'InvalidPrincipal',
    message,
    retry: 'Slow',
    principal,
  })
}

/** S3 has no room for the document; our own limits should have said so before. */
export function tooLarge(_error: SdkError, call: AwsCall): FaultError {
  const policy = /Policy/.test(call.operation)
  const lifecycle = call.operation === 'PutBucketLifecycleConfiguration'
  const what = policy ? 'policy' : lifecycle ? 'lifecycle configuration' : 'CORS configuration'
  const message = `${serviceName(call)} refuses the ${what} of ${subjectOf(call)} as too large; nothing was written. Remove entries that are no longer needed.`
  return fault(policy ? 'PolicyTooLarge' : 'TooManyRules', message)
}

/**
 * Another change to the same bucket is under way.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html ("OperationAborted … Try again")
 */
export function conflict(error: SdkError, call: AwsCall): FaultError {
  const message = `another change to ${subjectOf(call)} is under way, so S3 refused ${call.operation} (${error.code}). It is tried again by itself.`
  return fault('LostRace', message, error)
}
