import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { isJsonObject, type Json } from '../../plan/json.ts'
import { type AccessToken, KeptTokens } from '../kept-tokens.ts'
import type { TokenParts } from './credentials.ts'
import { SCOPE, type TokenSource } from './token-source.ts'

/**
 * Tokens of a service account that `own` may act as.
 * https://docs.cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 *
 * @param base https://iamcredentials.googleapis.com, or another place of it.
 */
export function impersonatedTokens(
  serviceAccount: string,
  base: string,
  own: TokenSource,
  { projectId, http, caller, closing }: TokenParts,
): TokenSource {
  const url = `${base}/v1/projects/-/serviceAccounts/${encodeURIComponent(serviceAccount)}:generateAccessToken`
  const { host } = new URL(base)
  const kept = new KeptTokens(async () => {
    const identity = await own.identity(closing)
    const call = {
      service: 'iamcredentials',
      operation: 'GenerateAccessToken',
      host,
      projectId,
      identity,
      serviceAccount,
    } as const
    const send = async () => {
      const headers = { authorization: `Bearer ${await own.token(closing)}` }
      return http.send({ method: 'POST', url, headers, body: { scope: [SCOPE] } }, closing)
    }
    return tokenIn(await caller.run(call, send, closing), host)
  })
  return {
    token: (signal) => kept.token(signal),
    forget: (token) => kept.forget(token),
    identity: async () => serviceAccount,
  }
}

function tokenIn(answer: Json | undefined, host: string): AccessToken {
  const { accessToken: token, expireTime } = isJsonObject(answer) ? answer : {}
  if (typeof token !== 'string' || token === '')
    throw new FaultError({
      reason: 'CredentialsRejected',
      message: `${host} answered GenerateAccessToken without an access token.`,
      retry: retryOf('CredentialsRejected'),
    })
  const expiresAt = typeof expireTime === 'string' ? Date.parse(expireTime) : Number.NaN
  return { token, expiresAt: Number.isNaN(expiresAt) ? undefined : expiresAt }
}
