import { FaultError } from '../../api/fault.ts'
import type { AwsCall } from './aws-call.ts'
import { fault, nameOf } from './fault-parts.ts'
import type { SdkError } from './sdk-error.ts'

/** AWS does not accept the keys or the token. */
export function rejected(error: SdkError, call: AwsCall): FaultError {
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

/** Nothing that could give credentials did. */
export function noCredentials(): FaultError {
  const message =
    'no AWS credentials were found: the CloudAccount has no credentialsSecretRef, and the pod has no ambient identity (IRSA, EKS Pod Identity, instance role, AWS_* variables). Give one of them.'
  return fault('CredentialsRejected', message)
}

/**
 * The request's time is too far from AWS'.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html ("RequestTimeTooSkewed")
 */
export function skewed(error: SdkError, call: AwsCall): FaultError {
  const message = `${call.host} rejects the request because this machine's clock is wrong by more than AWS allows (${nameOf(error)}). Set the node's clock (NTP); the credentials may be right.`
  return new FaultError({ reason: 'CredentialsRejected', message, retry: 'Backoff' })
}
