import { FaultError } from '../../api/fault.ts'
import { type Reason, retryOf } from '../../api/reasons.ts'
import { InvalidPrincipalError, WrongRegionError } from './aws-faults.ts'
import { type AwsOperation, iamActionOf } from './iam-action.ts'
import { redact } from './redact.ts'
import { readSdkError, type SdkError } from './sdk-error.ts'

/** What was asked when an error came; the known parts that messages are built of. */
export interface AwsCall {
  readonly service: 's3' | 'sts'
  readonly operation: AwsOperation
  /** The host that was asked: s3.eu-west-1.amazonaws.com. */
  readonly host: string
  readonly accountId: string
  /** Who asks, in words that stay the same after a restart. */
  readonly identity: string
  readonly bucket?: string
  readonly region?: string
  /** The role that AssumeRole asks for. */
  readonly roleArn?: string
}

type Translate = (error: SdkError, call: AwsCall) => FaultError

/**
 * The one place where an error of the AWS SDK becomes a fault. Messages are built from known parts; AWS' own words
 * take part only where they help, redacted. The SDK's error is not kept as cause: it carries keys and request ids.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
export function toFaultError(thrown: unknown, call: AwsCall): FaultError {
  if (thrown instanceof FaultError) return thrown
  const error = readSdkError(thrown)
  const translate = BY_CODE.get(error.code) ?? byStatus(error)
  return translate(error, call)
}

/** True for S3's way to say that the bucket exists and has no such document. */
export function isAbsentDocument(thrown: unknown): boolean {
  return ['NoSuchBucketPolicy', 'NoSuchCORSConfiguration'].includes(readSdkError(thrown).code)
}

const BY_CODE: ReadonlyMap<string, Translate> = new Map([
  ...codes(bucketNotFound, ['NoSuchBucket']),
  ...codes(accessDenied, ['AccessDenied', 'AccessDeniedException', 'AllAccessDisabled', 'AccountProblem']),
  ...codes(accessDenied, ['UnauthorizedAccess', 'Forbidden']),
  ...codes(malformed, ['MalformedPolicy', 'MalformedXML', 'InvalidRequest', 'InvalidArgument', 'InvalidTag']),
  ...codes(tooLarge, ['PolicyTooLarge', 'EntityTooLarge', 'MaxMessageLengthExceeded']),
  ...codes(conflict, ['OperationAborted', 'ConflictException', 'ConditionalRequestConflict']),
  ...codes(throttled, [
    'SlowDown',
    'Throttling',
    'ThrottlingException',
    'ThrottledException',
    'TooManyRequests',
  ]),
  ...codes(throttled, ['TooManyRequestsException', 'RequestLimitExceeded', 'RequestThrottled', 'Throttled']),
  ...codes(throttled, ['RequestThrottledException', 'BandwidthLimitExceeded', 'ServiceUnavailable']),
  ...codes(rejected, ['ExpiredToken', 'ExpiredTokenException', 'InvalidToken', 'TokenRefreshRequired']),
  ...codes(rejected, [
    'InvalidAccessKeyId',
    'SignatureDoesNotMatch',
    'InvalidClientTokenId',
    'InvalidSecurity',
  ]),
  ...codes(rejected, ['UnrecognizedClient', 'UnrecognizedClientException', 'AuthFailure', 'NotSignedUp']),
  ...codes(rejected, ['IncompleteSignature', 'MissingAuthenticationToken', 'MissingSecurityHeader']),
  ...codes(rejected, ['InvalidIdentityToken', 'IDPRejectedClaim', 'IDPCommunicationError']),
  ...codes(noCredentials, ['CredentialsProviderError', 'ProviderError', 'TokenProviderError']),
  ...codes(skewed, ['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture']),
  ...codes(wrongRegion, [
    'PermanentRedirect',
    'TemporaryRedirect',
    'AuthorizationHeaderMalformed',
    'Redirect',
  ]),
  ...codes(wrongRegion, ['IllegalLocationConstraint', 'IllegalLocationConstraintException']),
  ...codes(notImplemented, ['NotImplemented', 'InvalidAction', 'UnsupportedOperation']),
  ...codes(otherOwner, ['MethodNotAllowed']),
  ...codes(unavailable, ['InternalError', 'InternalFailure', 'RequestTimeout', 'TimeoutError']),
])

function codes(translate: Translate, names: readonly string[]): [string, Translate][] {
  return names.map((name) => [name, translate])
}

/** For answers without a code that we know: a proxy's page, an empty body, a socket error. */
function byStatus({ status, text }: SdkError): Translate {
  if (status === undefined) return unavailable
  if (status === 301 || status === 307) return wrongRegion
  if (status === 401) return rejected
  if (status === 403) return accessDenied
  if (status === 429 || status === 503) return throttled
  if (status === 501) return notImplemented
  if (status >= 500) return unavailable
  return /XML parse error/.test(text) ? unreadable : unknown
}

function fault(reason: Reason, message: string, error?: SdkError): FaultError {
  const retryAfterMs = error?.retryAfterMs
  const retry = retryOf(reason)
  return new FaultError(
    retryAfterMs === undefined ? { reason, message, retry } : { reason, message, retry, retryAfterMs },
  )
}

function bucketNotFound(_error: SdkError, call: AwsCall): FaultError {
  const message = `${bucketOf(call)} does not exist in account ${call.accountId} or is not readable by ${call.identity} (${iamActionOf(call.operation)}). Create it, or correct spec.s3.bucket.`
  return fault('BucketNotFound', message)
}

function accessDenied(error: SdkError, call: AwsCall): FaultError {
  if (call.service === 'sts') return stsDenied(error, call)
  if (/BlockPublicPolicy|block public access|public policies are (?:blocked|prevented)/i.test(error.text)) {
    return publicAccessBlocked(error, call)
  }
  const action = iamActionOf(call.operation)
  const message = `${call.identity} may not ${action} on ${bucketOf(call)}${because(error)}. Allow ${action} on that bucket for it; if the bucket belongs to another account than ${call.accountId}, use a CloudAccount of that account.`
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
  const message = `S3 Block Public Access refuses the policy of ${bucketOf(call)} as public (BlockPublicPolicy). Mooring writes no public statement: find the one in the bucket policy that is, and narrow it.`
  return fault('PublicAccessBlocked', message)
}

/** The part of AWS' own words that says which policy refuses; newer answers have it. */
function because({ text }: SdkError): string {
  const clause = /\bbecause (.+)$/s.exec(text)?.[1] ?? /\bwith (an explicit deny.*)$/s.exec(text)?.[1]
  return clause === undefined ? '' : `: ${redact(clause).replace(/\.$/, '')}`
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshooting-bucket-policy.html */
function malformed(error: SdkError, call: AwsCall): FaultError {
  if (/invalid principal/i.test(error.text)) return invalidPrincipal(error, call)
  if (/(?:exceeds|size).*(?:maximum|max|limit)/i.test(error.text)) return tooLarge(error, call)
  const detail = error.detail === undefined ? '' : ` (${redact(error.detail)})`
  const message = `S3 refuses ${call.operation} for ${bucketOf(call)} (${error.code}): ${redact(error.text)}${detail}`
  return fault('InvalidDocument', message)
}

/** S3's <Detail> is the pair as in the policy: "AWS" : "arn:aws:iam::111122223333:role/gone". */
function invalidPrincipal({ detail }: SdkError, call: AwsCall): FaultError {
  const principal = /"([^"]*)"\s*$/.exec(detail ?? '')?.[1]
  const who = principal === undefined ? 'a principal' : `principal "${principal}"`
  const message = `S3 refuses the policy of ${bucketOf(call)} because ${who} in it does not exist. Correct or remove the statement that names it; nothing was written.`
  return new InvalidPrincipalError(message, principal)
}

function tooLarge(_error: SdkError, call: AwsCall): FaultError {
  const policy = call.operation === 'PutBucketPolicy'
  const what = policy ? 'policy' : 'CORS configuration'
  const message = `S3 refuses the ${what} of ${bucketOf(call)} as too large; nothing was written. Remove entries that are no longer needed.`
  return fault(policy ? 'PolicyTooLarge' : 'TooManyRules', message)
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html ("OperationAborted … Try again") */
function conflict(error: SdkError, call: AwsCall): FaultError {
  const message = `another change to ${bucketOf(call)} is under way, so S3 refused ${call.operation} (${error.code}). It is tried again by itself.`
  return fault('LostRace', message, error)
}

function throttled(error: SdkError, call: AwsCall): FaultError {
  const message = `${call.host} asks for fewer requests (${nameOf(error)} to ${call.operation}${onBucket(call)}). It is tried again by itself; if it lasts, lower requestsPerSecond of the CloudAccount.`
  return fault('Throttled', message, error)
}

function rejected(error: SdkError, call: AwsCall): FaultError {
  if (/expired:|not yet current/i.test(error.text)) return skewed(error, call)
  const message = `${call.host} rejects the credentials (${nameOf(error)} to ${call.operation}): ${remedy(error.code)}`
  return fault('CredentialsRejected', message)
}

function remedy(code: string): string {
  if (code.startsWith('Expired') || code === 'TokenRefreshRequired') return 'they have expired. Renew them.'
  if (code === 'SignatureDoesNotMatch') return 'the secret access key does not belong to the access key id.'
  if (code === 'InvalidIdentityToken') {
    return 'the role does not trust the cluster’s identity provider. Check the IAM OIDC provider and the role’s trust policy.'
  }
  return 'the access key is unknown, disabled, or belongs to another partition or a region that is not enabled.'
}

function noCredentials(): FaultError {
  const message =
    'no AWS credentials were found: the CloudAccount has no credentialsSecretRef, and the pod has no ambient identity (IRSA, EKS Pod Identity, instance role, AWS_* variables). Give one of them.'
  return fault('CredentialsRejected', message)
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html ("RequestTimeTooSkewed") */
function skewed(error: SdkError, call: AwsCall): FaultError {
  const message = `${call.host} rejects the request because this machine's clock is wrong by more than AWS allows (${nameOf(error)}). Set the node's clock (NTP); the credentials may be right.`
  return new FaultError({ reason: 'CredentialsRejected', message, retry: 'Backoff' })
}

function wrongRegion(error: SdkError, call: AwsCall): FaultError {
  const asked = `${bucketOf(call)} is not in region ${call.region} (${nameOf(error)})`
  const message =
    error.region === undefined
      ? `${asked}, and S3 does not say where it is. Correct the region of the CloudAccount.`
      : `${asked} but, as S3 says, in ${error.region}, which did not answer for it either. Correct the region of the CloudAccount.`
  return new WrongRegionError(message, error.region)
}

function notImplemented(error: SdkError, call: AwsCall): FaultError {
  const message = `the store at ${call.host} does not offer ${call.operation} (${nameOf(error)}), which Mooring needs.`
  return new FaultError({ reason: 'NotSupported', message, retry: 'Slow' })
}

/**
 * S3 answers 405 to an identity that has the permission and is not of the bucket owner's account.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html
 */
function otherOwner(error: SdkError, call: AwsCall): FaultError {
  if (call.service === 'sts') return notImplemented(error, call)
  const message = `${call.host} does not allow ${call.operation} on ${bucketOf(call)} (${nameOf(error)}): ${call.identity} is not of the account that owns the bucket. Use a CloudAccount of that account.`
  return fault('AccessDenied', message)
}

function unavailable(error: SdkError, call: AwsCall): FaultError {
  const message = `${call.host} could not be asked for ${call.operation}${onBucket(call)}: ${nameOf(error)}. It is tried again by itself; if it lasts, check network, endpoint and region.`
  return fault('CloudUnavailable', message, error)
}

function unreadable(error: SdkError, call: AwsCall): FaultError {
  const message = `${call.host} answered ${call.operation}${onBucket(call)} with something that is not of AWS' form (${nameOf(error)}). Check the endpoint of the CloudAccount and any proxy on the way.`
  return fault('CloudUnavailable', message)
}

function unknown(error: SdkError, call: AwsCall): FaultError {
  const writes = /^(?:Put|Delete)/.test(call.operation)
  const message = `${call.host} refuses ${call.operation}${onBucket(call)} (${nameOf(error)}): ${redact(error.text)}`
  return fault(writes ? 'InvalidDocument' : 'CloudUnavailable', message)
}

function bucketOf({ bucket }: AwsCall): string {
  return bucket === undefined ? 'the bucket' : `bucket "${bucket}"`
}

function onBucket({ bucket }: AwsCall): string {
  return bucket === undefined ? '' : ` on bucket "${bucket}"`
}

/** The code, or the status where there is no code worth naming. */
function nameOf({ code, status }: SdkError): string {
  const known = code !== 'Unknown' && code !== 'Error'
  if (known) return redact(code)
  return status === undefined ? 'no answer' : `status ${status}`
}
