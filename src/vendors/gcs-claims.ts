import type {
  VendorCustomRole,
  VendorGcs,
  VendorGcsCorsRule,
  VendorGrant,
  VendorLifecycleRule,
} from '../api/generated/storage-vendor.ts'
import type { CorsPreflight, CustomRoleTarget, Probe } from '../clouds/cloud.ts'
import { digest } from '../plan/mark.ts'
import type { ClaimedEntry } from '../plan/plan-target.ts'
import { type Asked, isWanted } from './asked.ts'
import { prefixCondition } from './gcs-condition.ts'
import { fill, type PlaceholderValues } from './placeholders.ts'
import { customRoleTarget } from './places.ts'
import type { GcsLocation } from './spec.ts'

/** What one integration claims at its bucket, how that is verified, and the full names of the roles that it grants. */
export interface GcsClaims {
  readonly entries: readonly ClaimedEntry[]
  readonly probes: readonly Probe[]
  readonly used: readonly string[]
}

/** @param roleNamed the full name of a custom role of the recipe. */
export function gcsClaims(
  recipe: VendorGcs,
  location: GcsLocation,
  asked: Asked,
  roleNamed: (name: string) => string,
): GcsClaims {
  const { values } = asked
  const grants = recipe.grants
    .filter((grant) => isWanted(grant, asked))
    .map((grant) => {
      const role = grant.role ?? roleNamed(grant.customRole ?? '')
      return { name: grant.name, role, member: fill(grant.member, values), lists: canList(recipe, grant) }
    })
  const rules = (recipe.cors?.rules ?? []).filter((rule) => isWanted(rule, asked))
  const lifecycle = (recipe.lifecycle?.rules ?? []).filter((rule) => isWanted(rule, asked))
  const used = [...new Set(grants.map(({ role }) => role))].sort()
  const given = grants.map(({ name, role, member, lists }) => {
    const condition = prefixCondition(location, lists)
    return { name, part: { role, member, ...(condition === undefined ? {} : { condition }) } }
  })
  const { prefix } = location
  return {
    used,
    entries: [
      ...given.map(({ name, part }): ClaimedEntry => ({ document: 'BucketIam', name, body: { part } })),
      ...rules.map((rule) => corsEntry(rule, values)),
      ...lifecycle.flatMap((rule) => lifecycleEntries(rule, values)),
    ],
    probes: [
      ...rules.flatMap((rule) => preflightOf(rule, values)),
      ...(grants.length === 0
        ? []
        : [{ kind: 'GcsGrant', grants: given.map(({ part }) => part), prefix } as const]),
    ],
  }
}

/** A custom role says what it permits; of Google's own storage roles all but the one for uploads and the legacy reader list. */
function canList({ customRoles = [] }: VendorGcs, { role, customRole }: VendorGrant): boolean {
  if (role !== undefined)
    return !['roles/storage.objectCreator', 'roles/storage.legacyObjectReader'].includes(role)
  const permissions = customRoles.find(({ name }) => name === customRole)?.permissions ?? []
  return permissions.includes('storage.objects.list')
}

/**
 * The role's target. All integrations of one vendor in a project share it, and other installations of Mooring do not.
 * https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.roles/create (roleId: 3 to 64 characters)
 */
export function customRoleOf(
  location: GcsLocation,
  installation: string,
  vendor: string,
  { idPrefix, name }: VendorCustomRole,
): CustomRoleTarget {
  const digits = digest(8, 'custom role', installation, vendor, name)
  return customRoleTarget(location, `${idPrefix}_${digits}`)
}

/** The role and its permissions. Its description ends with the tag that proves who made it. */
export function customRoleClaims(
  { title, permissions }: VendorCustomRole,
  vendor: string,
  tag: string,
): ClaimedEntry[] {
  const description = `What ${vendor} may do in buckets that grant it this role. Made by Mooring; people’s changes to title and description are undone. [mooring:${tag}]`
  return [
    { document: 'CustomRole', name: 'role', body: { part: { in: 'Role' } } },
    { document: 'CustomRole', name: 'texts', body: { part: { in: 'Texts', title, description } } },
    ...permissions.map(
      (permission): ClaimedEntry => ({
        document: 'CustomRole',
        name: permission,
        body: { part: { in: 'Permission', permission } },
      }),
    ),
  ]
}

function corsEntry(rule: VendorGcsCorsRule, values: PlaceholderValues): ClaimedEntry {
  const part = {
    origin: rule.allowedOrigins.map((origin) => fill(origin, values)),
    method: rule.allowedMethods,
    responseHeader: rule.responseHeaders ?? [],
    ...(rule.maxAgeSeconds === undefined ? {} : { maxAgeSeconds: rule.maxAgeSeconds }),
  }
  return { document: 'Cors', name: rule.name, body: { part } }
}

function preflightOf({ preflight }: VendorGcsCorsRule, values: PlaceholderValues): CorsPreflight[] {
  if (preflight === undefined) return []
  const { origin, method, requestHeaders = [] } = preflight
  return [{ kind: 'CorsPreflight', origin: fill(origin, values), method, requestHeaders }]
}

/**
 * One rule of a recipe is up to three here, since a rule of Cloud Storage has one action and one set of conditions.
 * https://docs.cloud.google.com/storage/docs/lifecycle
 */
function lifecycleEntries(rule: VendorLifecycleRule, values: PlaceholderValues): ClaimedEntry[] {
  const { name, expirationDays, noncurrentExpirationDays, abortIncompleteMultipartDays } = rule
  const prefix = fill(rule.prefix ?? `\${prefix}`, values)
  const where = prefix === '' ? {} : { matchesPrefix: [prefix] }
  const entry = (suffix: string, type: string, condition: object): ClaimedEntry => ({
    document: 'Lifecycle',
    name: `${name}${suffix}`,
    body: { part: { action: { type }, condition: { ...condition, ...where } } },
  })
  return [
    ...(expirationDays === undefined ? [] : [entry('', 'Delete', { age: expirationDays, isLive: true })]),
    ...(noncurrentExpirationDays === undefined
      ? []
      : [
          entry('-noncurrent', 'Delete', {
            daysSinceNoncurrentTime: noncurrentExpirationDays,
            isLive: false,
          }),
        ]),
    ...(abortIncompleteMultipartDays === undefined
      ? []
      : [entry('-uploads', 'AbortIncompleteMultipartUpload', { age: abortIncompleteMultipartDays })]),
  ]
}
