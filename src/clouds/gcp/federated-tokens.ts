import type { ExternalAccountClientOptions } from 'google-auth-library'
import { Remembered } from '../remembered.ts'
import { noCredentials } from './credential-faults.ts'
import type { TokenParts } from './credentials.ts'
import { KeptTokens } from './kept-tokens.ts'
import type { FederationConfig } from './key-file.ts'
import { type LibraryClient, loadWithLibrary, tokenOf } from './library-tokens.ts'
import { SCOPE, type TokenSource } from './token-source.ts'

/**
 * Tokens by workload identity federation, from a configuration that was found safe (federation-config.ts).
 * https://docs.cloud.google.com/iam/docs/workload-identity-federation-with-kubernetes
 */
export function federatedTokens({ config, identity }: FederationConfig, parts: TokenParts): TokenSource {
  const host = new URL(String(config.token_url)).host
  const client = new Remembered(() => clientOf(config))
  const kept = new KeptTokens(async () => {
    const known = await client.get()
    return loadWithLibrary(host, parts, () => tokenOf(known))
  })
  return {
    token: (signal) => kept.token(signal),
    forget: (token) => kept.forget(token),
    identity: async () => identity,
  }
}

async function clientOf(config: FederationConfig['config']): Promise<LibraryClient> {
  const { ExternalAccountClient } = await import('google-auth-library')
  const options = { ...config, scopes: [SCOPE] } as unknown as ExternalAccountClientOptions
  const client = ExternalAccountClient.fromJSON(options)
  if (client === null) throw noCredentials()
  return client
}
