/** How principals of the test cloud come by tokens: keys of service accounts, impersonation, workload identity. */
import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto'
import { type Answer, iamError, ok } from './gcp-answers.ts'
import { type Caller, cloudPlatform } from './gcp-people.ts'
import { type Call, type Json, type Serve, serviceAccountExists, type World } from './gcp-world.ts'

export const credentialsOperations: Readonly<Record<string, Serve>> = {
  'iamcredentials.projects.serviceAccounts.generateAccessToken': generateAccessToken,
}

/** A key as Google gives it out, as the content of a file. https://cloud.google.com/iam/docs/keys-create-delete */
export interface ServiceAccountKey {
  readonly type: 'service_account'
  readonly project_id: string
  readonly private_key_id: string
  readonly private_key: string
  readonly client_email: string
  readonly client_id: string
  readonly token_uri: string
  readonly universe_domain: string
}

export function makeServiceAccountKey(world: World, email: string): ServiceAccountKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const id = randomBytes(20).toString('hex')
  world.serviceAccounts.keys.set(id, { email, publicKey })
  return {
    type: 'service_account',
    project_id: email.split('@')[1]?.split('.')[0] ?? '',
    private_key_id: id,
    private_key: privateKey,
    client_email: email,
    client_id: '100000000000000000001',
    token_uri: `${world.endpoint}/token`,
    universe_domain: 'googleapis.com',
  }
}

/** `POST /token`: https://developers.google.com/identity/protocols/oauth2/service-account#httprest */
export function exchangeAssertion(world: World, body: Buffer): Answer {
  const form = new URLSearchParams(body.toString())
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
    return refused('unsupported_grant_type', 'Invalid grant_type')
  const claims = verified(world, form.get('assertion') ?? '')
  if (!claims) return refused('invalid_grant', 'Invalid JWT Signature.')
  const audiences = ['https://oauth2.googleapis.com/token', `${world.endpoint}/token`]
  if (!audiences.includes(String(claims.aud)))
    return refused('invalid_grant', 'Invalid JWT: Failed audience check.')
  if (!isTimely(claims))
    return refused(
      'invalid_grant',
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
    )
  if (typeof claims.scope !== 'string' || claims.scope === '')
    return refused('invalid_scope', 'Empty or missing scope not allowed.')
  const token = world.people.token({ principal: String(claims.iss), scopes: claims.scope.split(' ') })
  return ok({ access_token: token, expires_in: 3599, token_type: 'Bearer' })
}

/** A JWT that the service account signed for itself is as good as a token: https://google.aip.dev/auth/4111 */
export function callerOfSelfSigned(world: World, token: string): Caller | undefined {
  const claims = verified(world, token)
  if (!claims || !isTimely(claims) || claims.iss !== claims.sub) return undefined
  const scopes = typeof claims.scope === 'string' ? claims.scope.split(' ') : [cloudPlatform]
  return { principal: String(claims.iss), scopes }
}

/** At most an hour long, begun and not over; clocks may differ by a minute. */
function isTimely({ iat, exp }: Json): boolean {
  const now = Date.now() / 1000
  const [from, until] = [Number(iat), Number(exp)]
  return until > now && from < now + 60 && until - from <= 3600
}

/** The claims of a JWT whose signature is that of a key that was given out, and whose issuer is the key's owner. */
function verified({ serviceAccounts }: World, token: string): Json | undefined {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const { alg, kid } = decoded(header) ?? {}
  const claims = decoded(payload)
  const key = serviceAccounts.keys.get(String(kid))
  if (!key || !claims || alg !== 'RS256' || claims.iss !== key.email || serviceAccounts.gone.has(key.email))
    return undefined
  const signed = Buffer.from(`${header}.${payload}`)
  const isGenuine = verify(
    'RSA-SHA256',
    signed,
    createPublicKey(key.publicKey),
    Buffer.from(signature, 'base64url'),
  )
  return isGenuine ? claims : undefined
}

function decoded(part: string): Json | undefined {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString())
  } catch {
    return undefined
  }
}

/**
 * `POST /v1/token` of the Security Token Service: a token of a workload identity pool's provider becomes one of Google.
 * https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
 * The subject is the `sub` of the JWT, whose signature nobody checks here.
 */
export function exchangeToken(world: World, body: Buffer): Answer {
  const form = new URLSearchParams(body.toString())
  const subject = decoded(form.get('subject_token')?.split('.')[1] ?? '')
  const pool =
    /^\/\/iam\.googleapis\.com\/(projects\/\d+\/locations\/global\/workloadIdentityPools\/[^/]+)\/providers\/[^/]+$/
  const [, found] = pool.exec(form.get('audience') ?? '') ?? []
  if (!found) return refused('invalid_request', 'Invalid value for "audience".')
  if (!subject?.sub || Number(subject.exp ?? Number.POSITIVE_INFINITY) < Date.now() / 1000)
    return refused('invalid_grant', 'The given credential is rejected.')
  const principal = `principal://iam.googleapis.com/${found}/subject/${subject.sub}`
  const scopes = (form.get('scope') ?? cloudPlatform).split(' ')
  return ok({
    access_token: world.people.token({ principal, scopes }),
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3600,
  })
}

const refused = (error: string, words: string): Answer => ({
  status: 400,
  json: { error, error_description: words },
})

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken */
function generateAccessToken(world: World, call: Call): Answer {
  const { serviceAccountsId: email = '', projectsId } = call.parameters
  const { scope, lifetime = '3600s', delegates = [] } = call.json as AccessTokenRequest
  if (projectsId !== '-') throw iamError(400, 'INVALID_ARGUMENT', 'The project must be the wildcard -.')
  if (!scope || scope.length === 0)
    throw iamError(400, 'INVALID_ARGUMENT', 'Request must contain at least one scope.')
  const seconds = Number(/^(\d+)(?:\.\d+)?s$/.exec(lifetime)?.[1] ?? Number.NaN)
  if (!(seconds > 0 && seconds <= 3600))
    throw iamError(400, 'INVALID_ARGUMENT', 'The lifetime must be at most 3600s.')
  const chain = [call.caller.principal, ...delegates.map((name) => name.split('/').at(-1) ?? ''), email]
  chain.slice(1).forEach((next, index) => {
    mayAct(world, chain[index] ?? '', next)
  })
  world.impersonations.push({ by: call.caller.principal, as: email, scopes: scope })
  const accessToken = world.people.token({ principal: email, seconds, scopes: scope })
  const expireTime = new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
  return ok({ accessToken, expireTime })
}

interface AccessTokenRequest {
  readonly scope?: readonly string[]
  readonly lifetime?: string
  readonly delegates?: readonly string[]
}

/** The words: https://cloud.google.com/iam/docs/troubleshooting-workload-identity-federation */
function mayAct(world: World, principal: string, email: string): void {
  const permission = 'iam.serviceAccounts.getAccessToken'
  if (!serviceAccountExists(world, email))
    throw iamError(404, 'NOT_FOUND', `Unknown service account: ${email}`)
  const isAllowed = world.serviceAccounts.actors.has(`${principal} as ${email}`)
  if (isAllowed && !world.people.isDenied(principal, permission)) return
  throw iamError(
    403,
    'PERMISSION_DENIED',
    `Permission '${permission}' denied on resource (or it may not exist).`,
  )
}
