import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { isJsonObject, type Json } from '../../plan/json.ts'
import { type AccessToken, KeptTokens } from '../kept-tokens.ts'
import type { TokenParts } from './credentials.ts'
import type { GcpCall } from './gcp-call.ts'
import type { ServiceAccountKey } from './key-file.ts'
import { SCOPE, type TokenSource } from './token-source.ts'

/** The longest that Google accepts. */
const ASSERTION_SECONDS = 3_600
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/**
 * Tokens for a service account key: a signed assertion is exchanged at the key's own token address. Google's library knows
 * one address only, which no emulator has. https://developers.google.com/identity/protocols/oauth2/service-account#httprest
 *
 * @throws FaultError CredentialsRejected when the private key is none.
 */
export function keyTokens(key: ServiceAccountKey, parts: TokenParts): TokenSource {
  const signer = signerOf(key)
  const { projectId, http, caller, closing } = parts
  const { email: identity, tokenUri } = key
  const host = new URL(tokenUri).host
  const call: GcpCall = { service: 'oauth2', operation: 'LoadCredentials', host, projectId, identity }
  const kept = new KeptTokens(async () => {
    const body = new URLSearchParams({ grant_type: GRANT_TYPE, assertion: assertionOf(key, signer) })
    const send = () => http.send({ method: 'POST', url: tokenUri, body }, closing)
    return tokenIn(await caller.run(call, send, closing), host)
  })
  return {
    token: (signal) => kept.token(signal),
    forget: (token) => kept.forget(token),
    identity: async () => identity,
  }
}

function signerOf({ privateKey }: ServiceAccountKey): KeyObject {
  try {
    return createPrivateKey(privateKey)
  } catch {
    throw refused('the private_key in credentials.json is not a key in PEM form')
  }
}

function assertionOf({ email, privateKeyId, tokenUri }: ServiceAccountKey, signer: KeyObject): string {
  const now = Math.floor(Date.now() / 1_000)
  const claims = { iss: email, scope: SCOPE, aud: tokenUri, iat: now, exp: now + ASSERTION_SECONDS }
  const text = [{ alg: 'RS256', typ: 'JWT', kid: privateKeyId }, claims].map(encoded).join('.')
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), signer).toString('base64url')}`
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function tokenIn(answer: Json | undefined, host: string): AccessToken {
  const { access_token: token, expires_in: seconds } = isJsonObject(answer) ? answer : {}
  if (typeof token !== 'string' || token === '') throw refused(`${host} answered without an access token`)
  return { token, expiresAt: typeof seconds === 'number' ? Date.now() + seconds * 1_000 : undefined }
}

function refused(message: string): FaultError {
  return new FaultError({
    reason: 'CredentialsRejected',
    message: `${message}.`,
    retry: retryOf('CredentialsRejected'),
  })
}
