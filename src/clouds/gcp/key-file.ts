import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import { assertSafeConfiguration } from './federation-config.ts'
import { isLoopback } from './loopback.ts'

/** What a Secret's `credentials.json` is. */
export type KeyFile = ServiceAccountKey | FederationConfig

/** https://docs.cloud.google.com/iam/docs/keys-create-delete */
export interface ServiceAccountKey {
  readonly type: 'service_account'
  readonly email: string
  readonly privateKey: string
  readonly privateKeyId: string
  readonly tokenUri: string
}

/** Workload identity federation. https://docs.cloud.google.com/iam/docs/workload-identity-federation */
export interface FederationConfig {
  readonly type: 'external_account'
  readonly config: JsonObject
  /** For people: the service account that it becomes, or the pool. */
  readonly identity: string
}

/** https://docs.cloud.google.com/iam/docs/keys-create-delete ("token_uri" of a key) */
const TOKEN_URI = 'https://oauth2.googleapis.com/token'
const GOOGLE_TOKEN_HOSTS: ReadonlySet<string> = new Set([
  'oauth2.googleapis.com',
  'www.googleapis.com',
  'accounts.google.com',
])

/**
 * Takes `credentials.json` apart. Whoever can write the Secret chooses what is in it, so nothing in it may make the operator
 * run a program, or send a signed assertion, a token or a file of its pod to any other place than Google.
 *
 * @throws FaultError CredentialsRejected, without a word of the file.
 */
export function parseKeyFile(text: string): KeyFile {
  const file = parsedOrUndefined(text)
  if (!isJsonObject(file)) throw refused('credentials.json is not a JSON object')
  const universe = file.universe_domain
  if (universe !== undefined && universe !== 'googleapis.com')
    throw refused('its universe_domain is not googleapis.com, and other clouds of Google are not supported')
  if (file.type === 'service_account') return serviceAccountKey(file)
  if (file.type !== 'external_account') throw refused(UNKNOWN_TYPE)
  assertSafeConfiguration(file, refused)
  return { type: 'external_account', config: file, identity: identityOf(file) }
}

const UNKNOWN_TYPE =
  'its type is neither service_account nor external_account. To act as another service account, set spec.gcp.impersonateServiceAccount'

function serviceAccountKey(file: JsonObject): ServiceAccountKey {
  const field = (name: string): string => {
    const value = file[name]
    if (typeof value === 'string' && value.trim() !== '') return value
    throw refused(`it has no ${name}`)
  }
  const { token_uri: uri = TOKEN_URI } = file
  if (typeof uri !== 'string' || !isTokenAddress(uri))
    throw refused('its token_uri is neither of Google nor of this machine')
  return {
    type: 'service_account',
    email: field('client_email'),
    privateKey: field('private_key'),
    privateKeyId: field('private_key_id'),
    tokenUri: uri,
  }
}

function isTokenAddress(uri: string): boolean {
  const url = URL.parse(uri)
  if (url === null || isLoopback(url)) return url !== null
  const isPlain = url.username === '' && url.password === '' && url.port === ''
  return isPlain && url.protocol === 'https:' && GOOGLE_TOKEN_HOSTS.has(url.hostname)
}

function identityOf({ service_account_impersonation_url: url, audience }: JsonObject): string {
  const email = typeof url === 'string' ? /serviceAccounts\/([^:/]+):/.exec(url)?.[1] : undefined
  return email === undefined ? `a workload of ${String(audience)}` : decodeURIComponent(email)
}

function parsedOrUndefined(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refused(why: string): FaultError {
  return new FaultError({
    reason: 'CredentialsRejected',
    message: `the Secret in spec.gcp.credentialsSecretRef cannot be used: ${why}.`,
    retry: retryOf('CredentialsRejected'),
  })
}
