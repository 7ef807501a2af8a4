import type { AwsClientOptions, IdentityPoolClientOptions } from 'google-auth-library'
import { isJsonObject } from '../../plan/json.ts'
import { KeptTokens } from '../kept-tokens.ts'
import { Remembered } from '../remembered.ts'
import type { TokenParts } from './credentials.ts'
import type { FederationConfig } from './key-file.ts'
import { googleLibrary, type LibraryClient, loadWithLibrary, tokenOf } from './library-tokens.ts'
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

/** By class, since the library's `fromJSON` writes a warning to the console that the configuration is not checked; ours is. */
async function clientOf(config: FederationConfig['config']): Promise<LibraryClient> {
  const { AwsClient, IdentityPoolClient } = await googleLibrary()
  const { credential_source: source } = config
  const options = { ...config, scopes: [SCOPE] } as unknown
  return isJsonObject(source) && source.environment_id !== undefined
    ? new AwsClient(options as AwsClientOptions)
    : new IdentityPoolClient(options as IdentityPoolClientOptions)
}
