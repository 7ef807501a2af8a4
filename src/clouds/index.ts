import { FaultError } from '../api/fault.ts'
import type { AwsAccountSpec } from './aws/account.ts'
import type { AzureAccountSpec } from './azure/account.ts'
import type { CloudSession } from './cloud.ts'
import { discreet } from './discreet-session.ts'
import type { GcpAccountSpec } from './gcp/account.ts'
import type { SessionHooks } from './session-hooks.ts'

/** What a session needs of CloudAccount.spec. */
export interface SessionSpec {
  readonly aws?: AwsAccountSpec | undefined
  readonly gcp?: GcpAccountSpec | undefined
  readonly azure?: AzureAccountSpec | undefined
  /** Requests a second that the account may make; absent: 20. */
  readonly requestsPerSecond?: number | undefined
}

/** The decoded keys of the Secret in `credentialsSecretRef`; absent: the ambient identity. */
export type Credentials = Readonly<Record<string, string>>

/**
 * Opens a session with the account's cloud. A cloud's SDK is loaded by its first session, so that a cloud nobody
 * uses costs no memory. Nothing is sent yet.
 *
 * @throws FaultError NotSupported for a cloud that this version cannot reach; CredentialsRejected for a Secret
 * that lacks a key.
 */
export async function openSession(
  spec: SessionSpec,
  credentials: Credentials | undefined,
  hooks: SessionHooks,
): Promise<CloudSession> {
  const session = await openedSession(spec, credentials, hooks)
  return credentials === undefined ? session : discreet(session, credentials)
}

async function openedSession(
  spec: SessionSpec,
  credentials: Credentials | undefined,
  hooks: SessionHooks,
): Promise<CloudSession> {
  if (spec.aws !== undefined) {
    const { openAwsSession } = await import('./aws/session.ts')
    return openAwsSession(spec.aws, spec.requestsPerSecond, credentials, hooks)
  }
  if (spec.gcp !== undefined) {
    const { openGcpSession } = await import('./gcp/session.ts')
    return openGcpSession(spec.gcp, spec.requestsPerSecond, credentials, hooks)
  }
  if (spec.azure !== undefined) {
    const { openAzureSession } = await import('./azure/session.ts')
    return openAzureSession(spec.azure, spec.requestsPerSecond, credentials, hooks)
  }
  throw notSupported()
}

function notSupported(): FaultError {
  return new FaultError({
    reason: 'NotSupported',
    message:
      'the CloudAccount has none of spec.aws, spec.gcp and spec.azure, so this version of Mooring cannot reach it.',
    retry: 'OnChange',
  })
}
