import type { RolePart, TrustPart } from '../clouds/aws/role-parts.ts'
import type { GrantProbe, RoleGrantProbe } from '../clouds/cloud.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../plan/json.ts'
import type { ClaimedEntry } from '../plan/plan-target.ts'

/**
 * What is granted on a bucket, for the checks of what could defeat it: one probe for the vendor's own principals, one for
 * the customer's role.
 *
 * @param bucketArn arn:aws:s3:::street-scenes
 */
export function grantProbes(
  bucketArn: string,
  bucket: readonly ClaimedEntry[],
  role: { readonly arn: string; readonly entries: readonly ClaimedEntry[] } | undefined,
): GrantProbe[] {
  const statements = bucket
    .filter(({ document }) => document === 'BucketPolicy')
    .map(({ body }) => body as Json)
  const direct = [...Map.groupBy(statements, (statement) => canonicalJson(awsPrincipals(statement)))].flatMap(
    ([, list]) => probeFor(bucketArn, awsPrincipals(list[0] ?? null), list),
  )
  const parts = (role?.entries ?? []).map(({ body }) => (body as { readonly part: RolePart }).part)
  const permissions = parts.flatMap((part) =>
    'policy' in part ? [{ ...part.statement, Resource: part.resource ?? '' }] : [],
  )
  return role === undefined ? direct : [...direct, ...probeFor(bucketArn, [role.arn], permissions)]
}

function awsPrincipals(statement: Json): string[] {
  const principal = isJsonObject(statement) ? statement.Principal : undefined
  return isJsonObject(principal) ? texts(principal.AWS) : []
}

/** Actions on other buckets are left out; those on keys stay, since the bucket's encryption may need them. */
function probeFor(
  bucketArn: string,
  principals: readonly string[],
  statements: readonly Json[],
): GrantProbe[] {
  const concerned = statements.filter(isJsonObject).filter(({ Action, Resource }) => {
    const isKeys = texts(Action).some((action) => action.startsWith('kms:'))
    return isKeys || texts(Resource).some((resource) => isOf(bucketArn, resource))
  })
  const actions = [...new Set(concerned.flatMap(({ Action }) => texts(Action)))].sort()
  const named = concerned
    .flatMap(({ Resource }) => texts(Resource))
    .filter((resource) => isOf(bucketArn, resource))
  const resources = [...new Set(named)].sort()
  if (principals.length === 0 || resources.length === 0) return []
  return [{ kind: 'Grant', principals, actions, resources }]
}

function isOf(bucketArn: string, resource: string): boolean {
  return resource === bucketArn || resource.startsWith(`${bucketArn}/`)
}

function texts(value: Json | undefined): string[] {
  if (value === undefined) return []
  return (Array.isArray(value) ? value : [value]).map(String)
}

/** What a role is to be good for, for the checks of what in the role itself could defeat it; none while nobody is to assume it. */
export function roleProbes(entries: readonly ClaimedEntry[]): RoleGrantProbe[] {
  const parts = entries.map(({ body }) => (body as { readonly part: RolePart }).part)
  const trusted = parts.flatMap((part) => (part.in === 'Trust' ? Object.values(principalsIn(part)) : []))
  const principals = [...new Set(trusted.flatMap((names) => texts(names)))].sort()
  const permissions = parts.flatMap((part) => ('policy' in part ? [part] : []))
  const actions = [...new Set(permissions.flatMap(({ statement }) => texts(statement.Action)))].sort()
  const resources = [...new Set(permissions.flatMap(({ resource }) => resource ?? []))].sort()
  return principals.length === 0 ? [] : [{ kind: 'RoleGrant', principals, actions, resources }]
}

function principalsIn({ statement }: TrustPart): JsonObject {
  return isJsonObject(statement.Principal) ? statement.Principal : {}
}
