import { FaultError } from '../../api/fault.ts'
import { accessDenied, otherOwner } from './access-faults.ts'
import type { AwsCall } from './aws-call.ts'
import { noCredentials, rejected, skewed } from './credential-faults.ts'
import { conflict, malformed, tooLarge } from './document-faults.ts'
import { KMS_CODES } from './kms-faults.ts'
import {
  concurrent,
  notFoundYet,
  quotaExceeded,
  refusedInput,
  stillInUse,
  unmodifiable,
} from './role-faults.ts'
import { readSdkError, type SdkError } from './sdk-error.ts'
import {
  bucketNotFound,
  notImplemented,
  throttled,
  unavailable,
  unknown,
  unreadable,
  wrongRegion,
} from './service-faults.ts'

type Translate = (error: SdkError, call: AwsCall) => FaultError

/**
 * The one place where an error of the AWS SDK becomes a fault. Messages are built from known parts; AWS' own words
 * take part only where they help, redacted. The SDK's error is not kept as cause: it carries keys and request ids.
 * Undefined when the error is none of AWS' or the network's, but a bug.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
export function toFaultError(thrown: unknown, call: AwsCall): FaultError | undefined {
  if (thrown instanceof FaultError) return thrown
  const error = readSdkError(thrown)
  const translate =
    (call.service === 'kms' ? KMS_CODES.get(error.code) : undefined) ??
    BY_CODE.get(error.code) ??
    (error.status === undefined ? byNetwork(error, call) : byStatus(error))
  return translate?.(error, call)
}

/** True for S3's way to say that the bucket exists and has no such document. */
export function isAbsentDocument(thrown: unknown): boolean {
  return ABSENT.has(readSdkError(thrown).code)
}

/** True for a store's way to say that it does not know the request at all. */
export function isNotOffered(thrown: unknown): boolean {
  const { code, status } = readSdkError(thrown)
  return NOT_OFFERED.has(code) || status === 501 || status === 405
}

const NOT_OFFERED: ReadonlySet<string> = new Set([
  'NotImplemented',
  'MethodNotAllowed',
  'InvalidAction',
  'UnsupportedOperation',
  'UnknownOperationException',
])

const ABSENT: ReadonlySet<string> = new Set([
  'NoSuchBucketPolicy',
  'NoSuchCORSConfiguration',
  'NoSuchLifecycleConfiguration',
  'ServerSideEncryptionConfigurationNotFoundError',
  'NoSuchPublicAccessBlockConfiguration',
  'OwnershipControlsNotFoundError',
  'ObjectLockConfigurationNotFoundError',
])

const BY_CODE: ReadonlyMap<string, Translate> = new Map([
  ...codes(bucketNotFound, 'NoSuchBucket'),
  ...codes(
    accessDenied,
    'AccessDenied AccessDeniedException AllAccessDisabled AccountProblem UnauthorizedAccess Forbidden',
  ),
  ...codes(otherOwner, 'MethodNotAllowed'),
  ...codes(malformed, 'MalformedPolicy MalformedXML InvalidRequest InvalidArgument'),
  ...codes(tooLarge, 'PolicyTooLarge EntityTooLarge MaxMessageLengthExceeded'),
  ...codes(conflict, 'OperationAborted ConflictException ConditionalRequestConflict'),
  ...codes(
    throttled,
    'SlowDown Throttling ThrottlingException ThrottledException Throttled ServiceUnavailable',
  ),
  ...codes(throttled, 'TooManyRequests TooManyRequestsException RequestThrottled RequestThrottledException'),
  ...codes(throttled, 'RequestLimitExceeded BandwidthLimitExceeded'),
  ...codes(rejected, 'ExpiredToken ExpiredTokenException InvalidToken TokenRefreshRequired'),
  ...codes(rejected, 'InvalidAccessKeyId SignatureDoesNotMatch InvalidClientTokenId InvalidSecurity'),
  ...codes(rejected, 'UnrecognizedClient UnrecognizedClientException AuthFailure NotSignedUp'),
  ...codes(rejected, 'IncompleteSignature MissingAuthenticationToken MissingSecurityHeader'),
  ...codes(rejected, 'InvalidIdentityToken IDPRejectedClaim IDPCommunicationError'),
  ...codes(noCredentials, 'CredentialsProviderError ProviderError TokenProviderError'),
  ...codes(skewed, 'RequestTimeTooSkewed RequestExpired RequestInTheFuture'),
  ...codes(wrongRegion, 'PermanentRedirect TemporaryRedirect Redirect AuthorizationHeaderMalformed'),
  ...codes(wrongRegion, 'IllegalLocationConstraint IllegalLocationConstraintException'),
  ...codes(notImplemented, 'NotImplemented InvalidAction UnsupportedOperation'),
  ...codes(notFoundYet, 'NoSuchEntity NoSuchEntityException'),
  ...codes(concurrent, 'ConcurrentModification ConcurrentModificationException'),
  ...codes(concurrent, 'EntityTemporarilyUnmodifiable EntityTemporarilyUnmodifiableException'),
  ...codes(concurrent, 'EntityAlreadyExists EntityAlreadyExistsException'),
  ...codes(stillInUse, 'DeleteConflict DeleteConflictException'),
  ...codes(unmodifiable, 'UnmodifiableEntity UnmodifiableEntityException'),
  ...codes(quotaExceeded, 'LimitExceeded LimitExceededException'),
  ...codes(refusedInput, 'MalformedPolicyDocument MalformedPolicyDocumentException InvalidInput'),
  ...codes(refusedInput, 'InvalidInputException ValidationError ValidationException'),
  ...codes(unreadable, 'StrangeAnswer'),
  ...codes(unavailable, 'ServiceFailure ServiceFailureException'),
  ...codes(unavailable, 'InternalError InternalFailure RequestTimeout TimeoutError'),
])

function codes(translate: Translate, names: string): [string, Translate][] {
  return names.split(' ').map((name) => [name, translate])
}

/** Errors of sockets, names, TLS and the file system are codes in capitals. https://nodejs.org/api/errors.html */
function byNetwork({ code }: SdkError, { operation }: AwsCall): Translate | undefined {
  if (!/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/.test(code)) return undefined
  return operation === 'LoadCredentials' && /^E(?:NOENT|ACCES|PERM|ISDIR)$/.test(code)
    ? noCredentials
    : unavailable
}

/** For answers without a code that we know: a proxy's page, an empty body. */
function byStatus({ status = 0, text }: SdkError): Translate {
  if (status === 301 || status === 307) return wrongRegion
  if (status === 401) return rejected
  if (status === 403) return accessDenied
  if (status === 429 || status === 503) return throttled
  if (status === 501) return notImplemented
  if (status >= 500) return unavailable
  return /XML parse error/.test(text) ? unreadable : unknown
}
