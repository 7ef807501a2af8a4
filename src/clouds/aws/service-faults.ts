import { FaultError } from '../../api/fault.ts'
import { redact } from '../redact.ts'
import { type AwsCall, isWrite, onSubject, subjectOf } from './aws-call.ts'
import { fault, nameOf } from './fault-parts.ts'
import { iamActionOf } from './iam-action.ts'
import type { SdkError } from './sdk-error.ts'
import { WrongRegionError } from './wrong-region.ts'

/** Only for the code NoSuchBucket: a bare 404 may be anyone's, and a missing bucket settles a departure. */
export function bucketNotFound(_error: SdkError, call: AwsCall): FaultError {
  const message = `${subjectOf(call)} does not exist in account ${call.accountId} or is not readable by ${call.identity} (${iamActionOf(call.operation)}). Create it, or correct spec.s3.bucket.`
  return fault('BucketNotFound', message)
}

/** Too many requests, or S3 is busy. */
export function throttled(error: SdkError, call: AwsCall): FaultError {
  const message = `${call.host} asks for fewer requests (${nameOf(error)} to ${call.operation}${onSubject(call)}). It is tried again by itself; if it lasts, lower requestsPerSecond of the CloudAccount.`
  return fault('Throttled', message, error)
}

/** The bucket is in another region than asked. */
export function wrongRegion(error: SdkError, call: AwsCall): FaultError {
  const asked = `${subjectOf(call)} is not in region ${call.region} (${nameOf(error)})`
  const message =
    error.region === undefined
      ? `${asked}, and S3 does not say where it is. Correct the region of the CloudAccount.`
      : `${asked} but, as S3 says, in ${error.region}, which did not answer for it either. Correct the region of the CloudAccount.`
  return new WrongRegionError(message, error.region)
}

/** An S3-compatible store that lacks what we need. */
export function notImplemented(error: SdkError, call: AwsCall): FaultError {
  const message = `the store at ${call.host} does not offer ${call.operation} (${nameOf(error)}), which Mooring needs.`
  return new FaultError({ reason: 'NotSupported', message, retry: 'Slow' })
}

/** No answer, or one that says it is the other side's fault. */
export function unavailable(error: SdkError, call: AwsCall): FaultError {
  const message = `${call.host} could not be asked for ${call.operation}${onSubject(call)}: ${nameOf(error)}. It is tried again by itself; if it lasts, check network, endpoint and region.`
  return fault('CloudUnavailable', message, error)
}

/** An answer that is not AWS'. */
export function unreadable(error: SdkError, call: AwsCall): FaultError {
  const message = `${call.host} answered ${call.operation}${onSubject(call)} with something that is not of AWS' form (${nameOf(error)}). Check the endpoint of the CloudAccount and any proxy on the way.`
  return fault('CloudUnavailable', message)
}

/** An error that this version has no words for. */
export function unknown(error: SdkError, call: AwsCall): FaultError {
  const message = `${call.host} refuses ${call.operation}${onSubject(call)} (${nameOf(error)}): ${redact(error.text)}`
  return fault(isWrite(call) ? 'InvalidDocument' : 'CloudUnavailable', message)
}
