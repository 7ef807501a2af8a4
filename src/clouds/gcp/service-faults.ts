import { FaultError } from '../../api/fault.ts'
import { fault, nameOf, wordsOf } from './fault-parts.ts'
import { type GcpCall, serviceName, subjectOf } from './gcp-call.ts'
import { isWrite, permissionOf } from './gcp-operation.ts'
import type { GoogleError } from './google-error.ts'

/** A bucket, role or project that does not exist. */
export function notFound(error: GoogleError, call: GcpCall): FaultError {
  if (call.service === 'iamcredentials') return noServiceAccount(call)
  if (call.role !== undefined) return roleGone(call)
  if (call.bucket === undefined) return projectNotFound(error, call)
  if (!isBucketMissing(error)) return unexpected(error, call)
  const message = `${subjectOf(call)} does not exist, or is not readable by ${call.identity} (${permissionOf(call.operation)}). Create it in project ${call.projectId}, or correct spec.gcs.bucket.`
  return fault('BucketNotFound', message)
}

/** A bare 404 may be anyone's, and a missing bucket settles a departure: only Google's own words count. */
function isBucketMissing({ code, text }: GoogleError): boolean {
  return code === 'notFound' || code === 'NOT_FOUND' || /bucket does not exist/i.test(text)
}

function noServiceAccount({ serviceAccount = '' }: GcpCall): FaultError {
  const message = `service account ${serviceAccount} does not exist. Correct spec.gcp.impersonateServiceAccount, or create it.`
  return fault('CredentialsRejected', message)
}

/** IAM answers from many copies. https://docs.cloud.google.com/iam/docs/access-change-propagation */
function roleGone(call: GcpCall): FaultError {
  const message = `IAM does not know ${subjectOf(call)} yet, or no more (${call.operation}). It is looked at again by itself.`
  return fault('Propagating', message)
}

function projectNotFound(error: GoogleError, call: GcpCall): FaultError {
  if (error.code === '') return unexpected(error, call)
  const { projectId } = call
  const message = `project "${projectId}" does not exist. Correct spec.gcp.projectId (create the CloudAccount anew, since it cannot change).`
  return new FaultError({ reason: 'InvalidSpec', message, retry: 'Slow' })
}

/** Too many requests, or the service is busy. */
export function throttled(error: GoogleError, call: GcpCall): FaultError {
  const message = `${call.host} asks for fewer requests (${nameOf(error)} to ${call.operation} on ${subjectOf(call)}). It is tried again by itself; if it lasts, lower requestsPerSecond of the CloudAccount.`
  return fault('Throttled', message, error)
}

/** An error of the other side. */
export function unavailable(error: GoogleError, call: GcpCall): FaultError {
  const message = `${call.host} could not do ${call.operation} on ${subjectOf(call)}: ${nameOf(error)}. It is tried again by itself; if it lasts, see the status page of Google Cloud.`
  return fault('CloudUnavailable', message, error)
}

/** No answer. */
export function unreachable(code: string, call: GcpCall): FaultError {
  const message = `${call.host} could not be asked for ${call.operation} on ${subjectOf(call)}: ${code}. It is tried again by itself; if it lasts, check network and endpoint.`
  return fault('CloudUnavailable', message)
}

/** An answer that is not Google's. */
export function unreadableAnswer(call: GcpCall): FaultError {
  const message = `${call.host} answered ${call.operation} on ${subjectOf(call)} with something that is not Google’s answer. Check the endpoint of the CloudAccount and any proxy on the way.`
  return fault('CloudUnavailable', message)
}

/** A bucket whose requests the caller pays for. https://docs.cloud.google.com/storage/docs/requester-pays */
export function requesterPays(_error: GoogleError, call: GcpCall): FaultError {
  const message = `${subjectOf(call)} lets the caller pay (Requester Pays), so a request must name a project. Set spec.gcp.quotaProjectId of the CloudAccount.`
  return new FaultError({ reason: 'AccessDenied', message, retry: 'Slow' })
}

/** https://docs.cloud.google.com/iam/quotas ("Custom roles for a project") */
export function quotaExceeded(error: GoogleError, call: GcpCall): FaultError {
  const message = `a quota of project ${call.projectId} leaves no room for ${subjectOf(call)} (${call.operation})${wordsOf(error)}. Remove what is no longer needed; deleted roles count until they are gone for good.`
  return fault('QuotaExceeded', message)
}

/** An error that this version has no words for. */
export function unexpected(error: GoogleError, call: GcpCall): FaultError {
  const message = `${serviceName(call)} refuses ${call.operation} on ${subjectOf(call)} (${nameOf(error)})${wordsOf(error)}.`
  return fault(isWrite(call.operation) ? 'InvalidDocument' : 'CloudUnavailable', message)
}
