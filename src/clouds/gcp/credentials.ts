import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import type { JsonHttp } from '../json-http.ts'
import type { GcpAccountSpec, GcpBases } from './account.ts'
import { ambientTokens } from './ambient-tokens.ts'
import { federatedTokens } from './federated-tokens.ts'
import type { GcpCaller } from './gcp-caller.ts'
import { impersonatedTokens } from './impersonated-tokens.ts'
import { parseKeyFile } from './key-file.ts'
import { keyTokens } from './key-tokens.ts'
import type { TokenSource } from './token-source.ts'

/** What sources of tokens are made of. Loading ends with `closing`, not with the pass that happens to need a token. */
export interface TokenParts {
  readonly projectId: string
  readonly http: JsonHttp
  readonly caller: GcpCaller
  readonly closing: AbortSignal
}

/**
 * Tokens of the Secret, or else of the ambient identity (GKE workload identity, metadata server,
 * GOOGLE_APPLICATION_CREDENTIALS); and by either those of `impersonateServiceAccount`. Nothing is sent before the first use.
 *
 * @throws FaultError CredentialsRejected when the Secret lacks a key, or holds something that is not safe to use.
 */
export function tokensOf(
  { impersonateServiceAccount }: GcpAccountSpec,
  bases: GcpBases,
  secret: Readonly<Record<string, string>> | undefined,
  parts: TokenParts,
): TokenSource {
  const own = secret === undefined ? ambientTokens(parts) : secretTokens(secret, parts)
  return impersonateServiceAccount === undefined
    ? own
    : impersonatedTokens(impersonateServiceAccount, bases.iamCredentials, own, parts)
}

/** White space around a value is what `echo` and editors leave in Secrets; no token has any. */
function secretTokens(secret: Readonly<Record<string, string>>, parts: TokenParts): TokenSource {
  const file = secret['credentials.json']?.trim()
  const accessToken = secret.accessToken?.trim()
  if (file) {
    const key = parseKeyFile(file)
    return key.type === 'service_account' ? keyTokens(key, parts) : federatedTokens(key, parts)
  }
  if (accessToken) return fixedToken(accessToken)
  throw unusable(
    'the Secret in spec.gcp.credentialsSecretRef has no value under credentials.json (a service account key or a configuration of workload identity federation) and none under accessToken.',
  )
}

function unusable(message: string): FaultError {
  return new FaultError({ reason: 'CredentialsRejected', message, retry: retryOf('CredentialsRejected') })
}

/** Whose it is, a token does not say; asking Google would send it to one more place. */
function fixedToken(token: string): TokenSource {
  if (!/^[\x21-\x7e]+$/.test(token))
    throw unusable(
      'accessToken in the Secret in spec.gcp.credentialsSecretRef is no token: it has a line break, a blank or another letter that no request can carry. Put it there in one line.',
    )
  return {
    token: async () => token,
    forget: () => undefined,
    identity: async () => 'the owner of the access token in the Secret',
  }
}
