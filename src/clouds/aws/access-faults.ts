import type { FaultError } from '../../api/fault.ts'
import { redact } from '../redact.ts'
import { type AwsCall, subjectOf } from './aws-call.ts'
import { fault, nameOf } from './fault-parts.ts'
import { iamActionOf } from './iam-action.ts'
import type { SdkError } from './sdk-error.ts'
import { notImplemented } from './service-faults.ts'

/** The identity lacks a permission, a policy denies it, or the bucket is someone else's. */
export function accessDenied(error: SdkError, call: AwsCall): FaultError {
  if (call.service === 'sts') return stsDenied(error, call)
  if (/BlockPublicPolicy|block public access|public policies are (?:blocked|prevented)/i.test(error.text)) {
    return publicAccessBlocked(error, call)
  }
  const action = iamActionOf(call.operation)
  if (call.service !== 's3') return denied(error, call)
  const message = `${call.identity} may not ${action} on ${subjectOf(call)}${because(error)}. Allow ${action} on that bucket for it; if the bucket belongs to another account than ${call.accountId}, use a CloudAccount of that account.`
  return fault('AccessDenied', message)
}

/** A request may need more than its own action: CreatePolicy with tags needs iam:TagPolicy, which AWS names in its text. */
function denied(error: SdkError, call: AwsCall): FaultError {
  const named = /\bnot authorized to perform: ([a-z0-9-]+:[A-Za-z0-9]+)/.exec(error.text)?.[1]
  const action = named ?? iamActionOf(call.operation)
  const message = `${call.identity} may not ${action} on ${subjectOf(call)}${because(error)}. Allow ${action} on it (docs/aws-permissions.md); nothing more was written.`
  return fault('AccessDenied', message)
}

function stsDenied(error: SdkError, call: AwsCall): FaultError {
  const action = iamActionOf(call.operation)
  const role = call.roleArn === undefined ? 'its role' : `role ${call.roleArn}`
  const what =
    call.operation === 'GetCallerIdentity' ? `may not ${action}` : `may not take on ${role} (${action})`
  const message = `${call.identity} ${what}${because(error)}. Allow ${action} for it, and see that the role's trust policy names it and the same external ID.`
  return fault('AccessDenied', message)
}

function publicAccessBlocked(_error: SdkError, call: AwsCall): FaultError {
  const message = `S3 Block Public Access refuses the policy of ${subjectOf(call)} as public (BlockPublicPolicy). Mooring writes no public statement: find the one in the bucket policy that is, and narrow it.`
  return fault('PublicAccessBlocked', message)
}

/** The part of AWS' own words that says which policy refuses; newer answers have it. */
export function because({ text }: SdkError): string {
  const clause = /\bbecause (.+)$/s.exec(text)?.[1] ?? /\bwith (an explicit deny.*)$/s.exec(text)?.[1]
  return clause === undefined ? '' : `: ${redact(clause).replace(/\.$/, '')}`
}

/**
 * S3 answers 405 to an identity that has the permission and is not of the bucket owner's account.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
 */
export function otherOwner(error: SdkError, call: AwsCall): FaultError {
  if (call.service === 'sts') return notImplemented(error, call)
  const message = `${call.host} does not allow ${call.operation} on ${subjectOf(call)} (${nameOf(error)}): ${call.identity} is not of the account that owns the bucket. Use a CloudAccount of that account.`
  return fault('AccessDenied', message)
}
