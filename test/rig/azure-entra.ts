/** Entra ID: what a library asks before it signs in, and the token endpoint for secrets and federated assertions. */
import { timingSafeEqual } from 'node:crypto'
import { type Answer, entraError, ok } from './azure-answers.ts'
import type { Application, Audience } from './azure-directory.ts'
import type { Json } from './azure-incoming.ts'
import type { FindTask, World } from './azure-world.ts'

export const entraTask: FindTask = (world, incoming) => {
  const { method, url, body } = incoming
  const [, tenantId = '', rest = ''] = /^\/([^/]+)(\/.*)$/.exec(url.pathname) ?? []
  if (method === 'GET' && rest === '/discovery/instance')
    return { operation: 'discovery', principal: '', serve: () => ok(instanceOf(world, url)) }
  if (method === 'GET' && rest === '/v2.0/.well-known/openid-configuration')
    return { operation: 'discovery', principal: '', serve: () => ok(configurationOf(world, tenantId)) }
  if (method !== 'POST' || rest !== '/oauth2/v2.0/token') return undefined
  const form = new URLSearchParams(body.toString())
  const principal = form.get('client_id') ?? ''
  return { operation: 'token', principal, serve: () => tokenFor(world, tenantId, form) }
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc#fetch-the-openid-configuration-document */
function configurationOf(world: World, tenantId: string): object {
  mustKnowTenant(world, tenantId)
  const base = `${world.endpoints.authority}/${tenantId}`
  return {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    response_types_supported: ['code', 'id_token', 'token'],
    subject_types_supported: ['pairwise'],
    tenant_region_scope: 'EU',
  }
}

function instanceOf(world: World, url: URL): object {
  const host = new URL(world.endpoints.authority).host
  const asked = url.searchParams.get('authorization_endpoint') ?? ''
  const [, tenantId = 'common'] = /^https:\/\/[^/]+\/([^/]+)\//.exec(asked) ?? []
  return {
    tenant_discovery_endpoint: `${world.endpoints.authority}/${tenantId}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  }
}

/** The codes: https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes */
function mustKnowTenant(world: World, tenantId: string): void {
  if (world.directory.tenants.has(tenantId)) return
  const words = `Tenant '${tenantId}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`
  throw entraError(400, 'invalid_request', 90002, words)
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-client-creds-grant-flow */
function tokenFor(world: World, tenantId: string, form: URLSearchParams): Answer {
  mustKnowTenant(world, tenantId)
  if (form.get('grant_type') !== 'client_credentials')
    throw entraError(400, 'unsupported_grant_type', 70003, 'The app requested an unsupported grant type.')
  const clientId = form.get('client_id') ?? ''
  const app = world.directory.applications.get(clientId)
  if (!app || (app.homeTenant !== tenantId && !world.directory.principalOf(tenantId, clientId)))
    throw unknownApplication(clientId, tenantId)
  const assertion = form.get('client_assertion')
  if (assertion === null) mustHaveSecret(app, form.get('client_secret') ?? '')
  else mustBeFederated(app, assertion)
  if (!world.directory.principalOf(tenantId, clientId))
    throw entraError(
      401,
      'invalid_client',
      7000229,
      `The client application '${clientId}' is missing service principal in the tenant '${tenantId}'.`,
    )
  const audience = audienceOf(world, form.get('scope') ?? '')
  const seconds = 3_599
  const access_token = world.directory.token({ tenantId, clientId, audience, seconds })
  return ok({ token_type: 'Bearer', expires_in: seconds, ext_expires_in: seconds, access_token })
}

function unknownApplication(clientId: string, tenantId: string): Error {
  const words = `Application with identifier '${clientId}' was not found in the directory '${tenantId}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.`
  return entraError(400, 'unauthorized_client', 700016, words)
}

function mustHaveSecret({ appId, secrets }: Application, given: string): void {
  const isRight = [...secrets].some((secret) => isSame(secret, given))
  if (isRight) return
  const words = `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${appId}'.`
  throw entraError(401, 'invalid_client', 7000215, words)
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const EXCHANGE = 'api://AzureADTokenExchange'

/** https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity */
function mustBeFederated({ appId, federations }: Application, assertion: string): void {
  const { iss, sub, aud, exp } = claimsIn(assertion)
  if (typeof exp !== 'number' || exp * 1_000 < Date.now())
    throw entraError(401, 'invalid_client', 700024, 'Client assertion is not within its valid time range.')
  if (![aud].flat().includes(EXCHANGE))
    throw entraError(
      401,
      'invalid_client',
      700212,
      `No matching federated identity record found for presented assertion audience '${aud}'.`,
    )
  if (!federations.some(({ issuer }) => issuer === iss))
    throw entraError(
      401,
      'invalid_client',
      700211,
      `No matching federated identity record found for presented assertion issuer '${iss}'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion.`,
    )
  if (!federations.some(({ issuer, subject }) => issuer === iss && subject === sub))
    throw entraError(
      401,
      'invalid_client',
      700213,
      `No matching federated identity record found for presented assertion subject '${sub}'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion (application '${appId}').`,
    )
}

function claimsIn(assertion: string): Json {
  try {
    return JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString())
  } catch {
    throw entraError(401, 'invalid_client', 50027, 'JWT token is invalid or malformed.')
  }
}

/** Which service a scope or resource means. Each is known by the address of the test cloud and by those of Azure's own clouds. */
export function audienceOf(world: World, scope: string): Audience {
  const resource = scope.replace(/\/?\/\.default$/, '').replace(/\/$/, '')
  const { resourceManager, graph, blob } = world.endpoints
  if (resource === resourceManager || MANAGEMENT.test(resource)) return 'arm'
  if (resource === graph || GRAPH.test(resource)) return 'graph'
  if (resource === blob || STORAGE.test(resource)) return 'storage'
  throw entraError(
    400,
    'invalid_resource',
    500011,
    `The resource principal named ${resource} was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.`,
  )
}

/** https://learn.microsoft.com/en-us/azure/azure-government/compare-azure-government-global-azure, https://learn.microsoft.com/en-us/azure/china/resources-developer-guide */
const MANAGEMENT =
  /^https:\/\/management\.(azure\.com|core\.windows\.net|usgovcloudapi\.net|core\.usgovcloudapi\.net|chinacloudapi\.cn|core\.chinacloudapi\.cn)$/
const GRAPH =
  /^https:\/\/(graph\.microsoft\.(com|us)|dod-graph\.microsoft\.us|microsoftgraph\.chinacloudapi\.cn)$/
const STORAGE =
  /^https:\/\/(storage\.azure\.com|[a-z0-9]+\.blob\.core\.(windows\.net|usgovcloudapi\.net|chinacloudapi\.cn))$/
