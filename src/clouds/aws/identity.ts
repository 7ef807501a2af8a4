import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts'
import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import type { AwsCall } from './aws-call.ts'
import type { AwsCaller } from './aws-caller.ts'
import { readSdkError } from './sdk-error.ts'

/** Who the credentials belong to. */
export interface Identity {
  /** `arn:aws:sts::123456789012:assumed-role/mooring/session`, or `unknown: …` where there is no STS. */
  readonly text: string
  /** As messages name it; the same after every restart. */
  readonly name: string
}

/**
 * Asks STS who we are and checks that it is the account that spec names. It needs no permission.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 *
 * A store behind a custom endpoint may have no STS; then who we are is unknown and work goes on: requests still name
 * the account that the bucket must belong to.
 *
 * @throws FaultError WrongAccount, CredentialsRejected, CloudUnavailable, …
 */
export async function whoAmI(
  sts: STSClient,
  caller: AwsCaller,
  call: AwsCall,
  isCustomEndpoint: boolean,
  signal: AbortSignal,
): Promise<Identity> {
  const ask = async () => {
    try {
      return await sts.send(new GetCallerIdentityCommand({}), { abortSignal: signal })
    } catch (error) {
      if (isCustomEndpoint && hasNoSts(error)) return undefined
      throw error
    }
  }
  const answer = await caller.run(call, ask, signal)
  if (answer?.Account === undefined || answer.Arn === undefined)
    return unknownIdentity(call, isCustomEndpoint)
  if (answer.Account !== call.accountId) throw wrongAccount(answer.Account, answer.Arn, call.accountId)
  return { text: answer.Arn, name: stableName(answer.Arn) }
}

/** What stores without STS answer to its requests: S3's own errors, or a page that is no XML. */
function hasNoSts(error: unknown): boolean {
  const { code, status } = readSdkError(error)
  if (['InvalidAction', 'NotImplemented', 'MethodNotAllowed', 'UnsupportedOperation'].includes(code))
    return true
  return status === 404 || status === 405 || status === 501
}

function unknownIdentity(call: AwsCall, isCustomEndpoint: boolean): Identity {
  if (isCustomEndpoint) {
    return { text: `unknown: ${call.host} has no STS`, name: 'the identity of this CloudAccount' }
  }
  throw new FaultError({
    reason: 'CloudUnavailable',
    message: `${call.host} answered GetCallerIdentity without an account; check any proxy on the way. Nothing was written.`,
    retry: retryOf('CloudUnavailable'),
  })
}

function wrongAccount(found: string, arn: string, wanted: string): FaultError {
  return new FaultError({
    reason: 'WrongAccount',
    message: `the credentials belong to account ${found} (${stableName(arn)}), spec.aws.accountId says ${wanted}; nothing was written. Correct the credentials; if it is the id, create the CloudAccount anew, since spec.aws.accountId cannot change.`,
    retry: retryOf('WrongAccount'),
  })
}

/**
 * The role instead of its session, whose name differs from pod to pod.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
 */
export function stableName(arn: string): string {
  return arn.replace(/^(arn:[^:]+):sts::(\d+):assumed-role\/([^/]+)\/.*$/, '$1:iam::$2:role/$3')
}
