import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { FaultError } from '../../api/fault.ts'
import { Remembered } from '../remembered.ts'
import { type AwsAccountSpec, DEFAULT_SESSION_NAME } from './account.ts'

/** Resolves to keys for signing; the clients ask before every request. */
export type CredentialProvider = Extract<NonNullable<S3ClientConfig['credentials']>, () => unknown>
type Keys = Awaited<ReturnType<CredentialProvider>>

/** How the STS clients inside the credential providers are made. */
export type StsOptions = NonNullable<ProviderInit['clientConfig']>
type ProviderInit = NonNullable<Parameters<Providers['fromNodeProviderChain']>[0]>
type Providers = typeof import('@aws-sdk/credential-providers')

/** Runs one loading of credentials: AssumeRole paced and counted, the errors of both translated. */
export type RunLoading = (
  operation: 'AssumeRole' | 'LoadCredentials',
  load: () => Promise<Keys>,
) => Promise<Keys>

/** Keys are renewed this long before they expire, as the SDK does. */
const RENEW_EARLY_MS = 300_000

/**
 * Keys from the Secret, or else the ambient identity (IRSA, EKS Pod Identity, instance role, AWS_* variables); and on
 * top of either the role of `assumeRole`. Nothing is sent before the first use; keys are kept until shortly before
 * they expire, once for all clients of the session. Session names are constant, so that our ARN is.
 *
 * @throws FaultError CredentialsRejected when the Secret lacks a key.
 */
export function credentialsOf(
  account: AwsAccountSpec,
  secret: Readonly<Record<string, string>> | undefined,
  sts: StsOptions,
  run: RunLoading,
): CredentialProvider {
  const base = secret === undefined ? ambient(sts, run) : fixed(keysIn(secret))
  return account.assumeRole === undefined ? base : assumed(account.assumeRole, base, sts, run)
}

function keysIn(secret: Readonly<Record<string, string>>): Keys {
  const accessKeyId = required(secret, 'AWS_ACCESS_KEY_ID')
  const secretAccessKey = required(secret, 'AWS_SECRET_ACCESS_KEY')
  const sessionToken = secret.AWS_SESSION_TOKEN?.trim()
  return sessionToken ? { accessKeyId, secretAccessKey, sessionToken } : { accessKeyId, secretAccessKey }
}

/** White space around a value is what `echo` and editors leave in Secrets; no key has any. */
function required(secret: Readonly<Record<string, string>>, key: string): string {
  const value = secret[key]?.trim()
  if (value) return value
  throw new FaultError({
    reason: 'CredentialsRejected',
    message: `the Secret in spec.aws.credentialsSecretRef has no value under ${key}; it needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN for temporary keys).`,
    retry: 'Slow',
  })
}

function fixed(keys: Keys): CredentialProvider {
  return async () => keys
}

function ambient(clientConfig: StsOptions, run: RunLoading): CredentialProvider {
  const chain = new Remembered(async () => {
    const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
    return fromNodeProviderChain({ roleSessionName: DEFAULT_SESSION_NAME, clientConfig })
  })
  return renewing(async () => {
    const load = await chain.get()
    return run('LoadCredentials', load)
  })
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
function assumed(
  role: NonNullable<AwsAccountSpec['assumeRole']>,
  masterCredentials: CredentialProvider,
  clientConfig: StsOptions,
  run: RunLoading,
): CredentialProvider {
  const params = {
    RoleArn: role.roleArn,
    RoleSessionName: role.sessionName ?? DEFAULT_SESSION_NAME,
    ...(role.externalId === undefined ? {} : { ExternalId: role.externalId }),
  }
  const provider = new Remembered(async () => {
    const { fromTemporaryCredentials } = await import('@aws-sdk/credential-providers')
    return fromTemporaryCredentials({ params, masterCredentials, clientConfig })
  })
  return renewing(async () => {
    const load = await provider.get()
    return run('AssumeRole', load)
  })
}

function renewing(load: () => Promise<Keys>): CredentialProvider {
  const keys = new Remembered(
    load,
    ({ expiration }) => expiration === undefined || expiration.getTime() - Date.now() > RENEW_EARLY_MS,
  )
  return () => keys.get()
}
