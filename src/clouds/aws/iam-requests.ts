import type { IAMClient } from '@aws-sdk/client-iam'
import type { AwsCall } from './aws-call.ts'
import type { AwsCaller } from './aws-caller.ts'
import type { Identity } from './identity.ts'
import { readSdkError } from './sdk-error.ts'

/** Who and where, for every request of a session to IAM. */
export interface IamAccess {
  readonly client: IAMClient
  readonly caller: AwsCaller
  readonly host: string
  readonly region: string
  readonly accountId: string
  readonly partition: string
  readonly identity: (signal: AbortSignal) => Promise<Identity>
}

/** Sends one request: who we are is checked before, errors are translated. */
export async function sendToIam<T>(
  { client, caller, host, region, accountId, identity }: IamAccess,
  call: Pick<AwsCall, 'operation'> & { readonly role: string; readonly policy?: string },
  request: (client: IAMClient, abort: { abortSignal: AbortSignal }) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const { name } = await identity(signal)
  const whole: AwsCall = { service: 'iam', host, region, accountId, identity: name, ...call }
  return caller.run(whole, () => request(client, { abortSignal: signal }), signal)
}

/** For `catch`: undefined where IAM says that there is no such thing. */
export function absentAsUndefined(error: unknown): undefined {
  if (/^NoSuchEntity/.test(readSdkError(error).code)) return undefined
  throw error
}

/** For `catch`: undefined where IAM says that there is such a thing already. */
export function takenAsUndefined(error: unknown): undefined {
  if (/^EntityAlreadyExists/.test(readSdkError(error).code)) return undefined
  throw error
}
