import type { AuthClient } from 'google-auth-library'
import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import type { Json } from '../../plan/json.ts'
import { socketCode } from '../caller.ts'
import type { AccessToken } from '../kept-tokens.ts'
import type { TokenParts } from './credentials.ts'
import type { GcpCall } from './gcp-call.ts'
import { toFaultError } from './gcp-errors.ts'
import { GoogleError } from './google-error.ts'

/** What is needed of a client of Google's library. */
export type LibraryClient = Pick<AuthClient, 'getAccessToken' | 'credentials'>

/** A new token of the client; the library keeps its own, too, until it ends. */
export async function tokenOf(client: LibraryClient): Promise<AccessToken> {
  const { token } = await client.getAccessToken()
  if (!token)
    throw new FaultError({
      reason: 'CredentialsRejected',
      message: 'the ambient Google identity gave no access token.',
      retry: retryOf('CredentialsRejected'),
    })
  return { token, expiresAt: client.credentials.expiry_date ?? undefined }
}

/**
 * Runs a loading by Google's library, its errors translated. The library asks again by itself, a few times within seconds;
 * that cannot be turned off for all of its requests. They are neither paced nor counted.
 *
 * @throws FaultError
 */
export async function loadWithLibrary<T>(
  host: string,
  { projectId }: TokenParts,
  load: () => Promise<T>,
): Promise<T> {
  const call: GcpCall = {
    service: 'oauth2',
    operation: 'LoadCredentials',
    host,
    projectId,
    identity: 'the given credentials',
  }
  try {
    return await load()
  } catch (error) {
    const known =
      error instanceof FaultError ? error : (fileFault(error) ?? toFaultError(answered(error), call))
    throw known ?? error
  }
}

/** The library's errors carry the answer; what was sent, tokens among it, is left behind. */
function answered(error: unknown): unknown {
  const { response } = (error ?? {}) as { readonly response?: { status?: unknown; data?: unknown } }
  return typeof response?.status === 'number'
    ? new GoogleError(response.status, response.data as Json)
    : error
}

/** The file of a credential_source, or of GOOGLE_APPLICATION_CREDENTIALS. */
function fileFault(error: unknown): FaultError | undefined {
  const code = socketCode(error)
  if (!/^E(?:NOENT|ACCES|PERM|ISDIR)$/.test(code)) return undefined
  return new FaultError({
    reason: 'CredentialsRejected',
    message: `a file that the Google credentials speak of cannot be read (${code}). See that the token of the workload identity is mounted into the pod.`,
    retry: retryOf('CredentialsRejected'),
  })
}

/**
 * Google's library for signing in, loaded when it is first needed. It is a CommonJS module, whose names a bundle offers by
 * `default` alone.
 */
export async function googleLibrary(): Promise<typeof import('google-auth-library')> {
  const { default: library } = await import('google-auth-library')
  return library
}
