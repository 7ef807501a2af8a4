/** Entra ID's directory: applications, their service principals in tenants, and the tokens that were given out. */
import { createHmac, randomBytes, randomUUID } from 'node:crypto'

export interface Application {
  readonly appId: string
  readonly displayName: string
  /** The tenant that registered it; elsewhere it is somebody else's multi-tenant application. */
  readonly homeTenant: string
  readonly secrets: Set<string>
  readonly federations: { readonly issuer: string; readonly subject: string }[]
}

export interface ServicePrincipal {
  readonly id: string
  readonly tenantId: string
  readonly appId: string
  readonly displayName: string
  readonly appOwnerOrganizationId: string
  notes: string | null
  tags: string[]
  accountEnabled?: boolean
}

export type Audience = 'arm' | 'graph' | 'storage'

export interface Caller {
  readonly tenantId: string
  readonly clientId: string
  readonly objectId: string
  readonly audience: Audience
}

export interface TokenRequest {
  readonly tenantId: string
  readonly clientId: string
  readonly audience: Audience
  /** Default: an hour. */
  readonly seconds?: number
}

export interface Directory {
  readonly tenants: Set<string>
  readonly applications: Map<string, Application>
  readonly principals: Map<string, ServicePrincipal>
  register(appId: string, displayName: string, homeTenant: string): Application
  principalOf(tenantId: string, appId: string): ServicePrincipal | undefined
  addPrincipal(tenantId: string, app: Application): ServicePrincipal
  token(request: TokenRequest): string
  revokeTokens(clientId: string): void
  /** Whose token it is; undefined for one that is not known, or over. */
  callerOf(token: string): Caller | undefined
}

export function makeDirectory(): Directory {
  const key = randomBytes(32)
  const tokens = new Map<string, Caller & { readonly until: number }>()
  const [tenants, applications, principals] = [new Set<string>(), new Map(), new Map()]
  const principalOf = (tenantId: string, appId: string) =>
    [...principals.values()].find((one) => one.tenantId === tenantId && one.appId === appId)
  return {
    ...{ tenants, applications, principals, principalOf },
    register(appId, displayName, homeTenant) {
      const app = { appId, displayName, homeTenant, secrets: new Set<string>(), federations: [] }
      applications.set(appId, app)
      return app
    },
    addPrincipal(tenantId, { appId, displayName, homeTenant }) {
      const about = { tenantId, appId, displayName, appOwnerOrganizationId: homeTenant }
      const principal = { id: randomUUID(), ...about, notes: null, tags: [] }
      principals.set(principal.id, principal)
      return principal
    },
    token({ tenantId, clientId, audience, seconds = 3_600 }) {
      const objectId = principalOf(tenantId, clientId)?.id
      if (!objectId) throw new Error(`${clientId} has no service principal in ${tenantId}.`)
      const until = Date.now() + seconds * 1_000
      const caller = { tenantId, clientId, objectId, audience, until }
      const token = signed(claimsOf(caller), key)
      tokens.set(token, caller)
      return token
    },
    revokeTokens(clientId) {
      for (const [token, caller] of tokens) if (caller.clientId === clientId) tokens.delete(token)
    },
    callerOf(token) {
      const caller = tokens.get(token)
      return caller && caller.until > Date.now() && principals.has(caller.objectId) ? caller : undefined
    },
  }
}

/** https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference */
function claimsOf({ tenantId, clientId, objectId, audience, until }: Caller & { readonly until: number }) {
  const now = Math.floor(Date.now() / 1_000) - 5
  const times = { iat: now, nbf: now, exp: Math.max(Math.floor(until / 1_000), now + 1) }
  const who = { appid: clientId, oid: objectId, sub: objectId, tid: tenantId }
  return {
    ...{
      aud: AUDIENCES[audience],
      iss: `https://sts.windows.net/${tenantId}/`,
      ver: '1.0',
      uti: randomUUID(),
    },
    ...{ ...times, ...who },
  }
}

const AUDIENCES: Readonly<Record<Audience, string>> = {
  arm: 'https://management.azure.com',
  graph: 'https://graph.microsoft.com',
  storage: 'https://storage.azure.com',
}

/** A JSON Web Token with a signature that nobody outside can make. */
export function signed(claims: object, key: Buffer): string {
  const parts = [{ alg: 'HS256', typ: 'JWT' }, claims]
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`
}
