/** Who asks, and what that principal may do in the projects of the test cloud. */
import { randomBytes } from 'node:crypto'

/** `everything`, or the permissions by name. */
export type Rights = 'everything' | readonly string[]

export interface TokenOptions {
  /** An email address, or a full `principal://…` of workload identity federation. */
  readonly principal: string
  /** Default: an hour. Below zero, the token has expired already. */
  readonly seconds?: number
  /** Default: the scope that covers all of Google Cloud. */
  readonly scopes?: readonly string[]
}

/** Whoever sent a request. */
export interface Caller {
  readonly principal: string
  readonly scopes: readonly string[]
}

export interface People {
  token(options: TokenOptions): string
  /** Takes all tokens of a principal back at once. */
  revokeTokens(principal: string): void
  callerOf(token: string): Caller | undefined
  /** Gives rights in a whole project; what was given before stays. */
  allow(principal: string, projectId: string, rights: Rights): void
  /** Takes permissions away everywhere, whatever a role says, as a deny policy does. */
  deny(principal: string, permissions: readonly string[]): void
  /** Ends what `deny` began. */
  undeny(principal: string): void
  mayInProject(principal: string, projectId: string, permission: string): boolean
  isDenied(principal: string, permission: string): boolean
}

export const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform'

interface Given extends Caller {
  readonly expiresAt: number
}

export function makePeople(): People {
  const tokens = new Map<string, Given>()
  const rights = new Map<string, Rights[]>()
  const denied = new Map<string, ReadonlySet<string>>()
  const keyOf = (principal: string, projectId: string) => `${principal} in ${projectId}`
  return {
    token({ principal, seconds = 3600, scopes = [cloudPlatform] }) {
      const token = `ya29.${randomBytes(24).toString('base64url')}`
      tokens.set(token, { principal, scopes, expiresAt: Date.now() + seconds * 1000 })
      return token
    },
    revokeTokens(principal) {
      for (const [token, given] of tokens) if (given.principal === principal) tokens.delete(token)
    },
    callerOf(token) {
      const given = tokens.get(token)
      return given && given.expiresAt > Date.now() ? given : undefined
    },
    allow(principal, projectId, more) {
      const key = keyOf(principal, projectId)
      rights.set(key, [...(rights.get(key) ?? []), more])
    },
    deny: (principal, permissions) => denied.set(principal, new Set(permissions)),
    undeny: (principal) => denied.delete(principal),
    mayInProject(principal, projectId, permission) {
      const all = rights.get(keyOf(principal, projectId)) ?? []
      return all.some((some) => some === 'everything' || some.includes(permission))
    },
    isDenied: (principal, permission) => denied.get(principal)?.has(permission) ?? false,
  }
}
