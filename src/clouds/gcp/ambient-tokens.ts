import { abortable } from '../abortable.ts'
import { KeptTokens } from '../kept-tokens.ts'
import { Remembered } from '../remembered.ts'
import { noCredentials } from './credential-faults.ts'
import type { TokenParts } from './credentials.ts'
import { googleLibrary, type LibraryClient, loadWithLibrary, tokenOf } from './library-tokens.ts'
import { SCOPE, type TokenSource } from './token-source.ts'

/**
 * Tokens of the ambient identity: GOOGLE_APPLICATION_CREDENTIALS, gcloud's own, or the metadata server (GKE workload
 * identity). https://docs.cloud.google.com/docs/authentication/application-default-credentials
 */
export function ambientTokens(parts: TokenParts): TokenSource {
  const host = 'the metadata server'
  const found = new Remembered(() => loadWithLibrary(host, parts, find))
  const kept = new KeptTokens(async () => {
    const { client } = await found.get()
    return loadWithLibrary(host, parts, () => tokenOf(client))
  })
  return {
    token: (signal) => kept.token(signal),
    forget: (token) => kept.forget(token),
    identity: async (signal) => {
      const { email } = await abortable(() => found.get(), signal)
      return email
    },
  }
}

async function find(): Promise<{ readonly client: LibraryClient; readonly email: string }> {
  const { GoogleAuth } = await googleLibrary()
  const auth = new GoogleAuth({ scopes: SCOPE })
  const client = await auth.getClient().catch((error: unknown) => {
    throw isNone(error) ? noCredentials() : error
  })
  const { client_email: email } = await auth.getCredentials()
  return { client, email: email ?? 'the ambient Google identity' }
}

/** The library's own words are all that it gives. */
function isNone(error: unknown): boolean {
  return error instanceof Error && /could not load the default credentials/i.test(error.message)
}
