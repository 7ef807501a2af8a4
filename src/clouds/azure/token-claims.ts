import { isJsonObject, type Json } from '../../plan/json.ts'

/** Who a token speaks for, as far as it says so. */
export interface TokenClaims {
  /** For people; the same after a restart. */
  readonly identity: string
  readonly objectId: string | undefined
  readonly tenantId: string | undefined
}

/**
 * What an access token says of its owner. Azure is free to make tokens that cannot be read, so nothing but words depends on it,
 * and the tenant where it is told. https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
 */
export function claimsIn(token: string): TokenClaims {
  const claims = payloadOf(token)
  const application = textOf(claims.appid) ?? textOf(claims.azp)
  const objectId = textOf(claims.oid)
  const name = textOf(claims.upn) ?? textOf(claims.unique_name)
  return {
    identity: identityOf(name, application, objectId),
    objectId,
    tenantId: textOf(claims.tid)?.toLowerCase(),
  }
}

function identityOf(
  name: string | undefined,
  application: string | undefined,
  objectId: string | undefined,
): string {
  if (name !== undefined) return name
  const object = objectId === undefined ? '' : ` (object ${objectId})`
  if (application !== undefined) return `application ${application}${object}`
  return objectId === undefined ? 'the given Azure identity' : `the principal with object id ${objectId}`
}

function payloadOf(token: string): Readonly<Record<string, Json>> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return isJsonObject(claims) ? claims : {}
  } catch {
    return {}
  }
}

/** Only what is safe to print. */
function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && /^[\w@.#-]{1,254}$/.test(value) ? value : undefined
}
