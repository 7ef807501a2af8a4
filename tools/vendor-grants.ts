/** What a recipe grants in S3, entry by entry, in words. */
import type {
  VendorCorsRule,
  VendorLifecycleRule,
  VendorPolicyCondition,
  VendorPrincipal,
  VendorProofObject,
  VendorRole,
  VendorRoleName,
  VendorRoleStatement,
  VendorS3,
  VendorTrustStatement,
} from '../src/api/generated/storage-vendor.ts'
import type { Selectable } from '../src/vendors/when.ts'
import { code, codes } from './markdown.ts'

/** Cells of the table: where the entry goes, what it says, when it applies. */
export type GrantRow = readonly [where: string, what: string, when: string]

export const GRANT_HEAD = ['Where', 'What', 'When'] as const

/** Every entry of a recipe, in the recipe's order. */
export function grantRows(s3: VendorS3): GrantRow[] {
  const { bucketPolicy, role, attachToRole, keyPolicy, cors, lifecycle, proofObjects } = s3
  const key = `Policy of the key ${code(keyPolicy?.key ?? '')}`
  return [
    ...(bucketPolicy?.statements ?? []).map(
      (s): GrantRow => ['Bucket policy', `${whoOf(s.principal)} may ${permits(s)}`, whenOf(s)],
    ),
    ...(role === undefined ? [] : roleRows(role)),
    ...(attachToRole?.inlinePolicies ?? []).flatMap((policy) =>
      policyRows(`Inline policy of your role ${code(attachToRole?.roleName ?? '')}`, policy),
    ),
    ...(keyPolicy?.statements ?? []).map(
      (s): GrantRow => [
        key,
        `${whoOf(s.principal)} may ${codes(s.actions)}${onlyIf(s.conditions)}`,
        whenOf(s),
      ],
    ),
    ...(cors?.rules ?? []).map((rule): GrantRow => ['CORS', corsOf(rule), whenOf(rule)]),
    ...(lifecycle?.rules ?? []).map((rule): GrantRow => ['Lifecycle', lifecycleOf(rule), whenOf(rule)]),
    ...objectRows(proofObjects),
  ]
}

/** Empty objects by which the vendor recognises its customer; alike on every cloud. */
export function objectRows(objects: readonly VendorProofObject[] | undefined): GrantRow[] {
  return (objects ?? []).map((o): GrantRow => ['Object', `empty object ${code(o.key)}`, whenOf(o)])
}

/** The condition of an entry in words: access levels, parameter, partitions. */
export function whenOf({ access, when = {} }: Selectable): string {
  const { parameter = '', values, exceptValues, given, partitions } = when
  const parts = [
    ...(access === undefined ? [] : [`at ${codes(access)}`]),
    ...(values === undefined ? [] : [`${code(parameter)} is ${codes(values)}`]),
    ...(exceptValues === undefined ? [] : [`unless ${code(parameter)} is ${codes(exceptValues)}`]),
    ...(given === undefined ? [] : [`${code(parameter)} is ${given ? '' : 'not '}given`]),
    ...(partitions === undefined ? [] : [`in ${codes(partitions)}`]),
  ]
  return parts.join(', ') || 'always'
}

function roleRows(role: VendorRole): GrantRow[] {
  const path = role.path === undefined ? '' : `, path ${code(role.path)}`
  const session = role.maxSessionDurationSeconds
  const hours = session === undefined ? '' : `, sessions of up to ${session} seconds`
  const itself = role.trust.selfAssume === true ? ', may assume itself' : ''
  return [
    ['Role', `${nameOf(role.name)}${path}${hours}${itself}`, whenOf(role)],
    ...role.trust.statements.map((s): GrantRow => ['Trust of the role', trustOf(s), whenOf(s)]),
    ...(role.inlinePolicies ?? []).flatMap((policy) => policyRows('Inline policy of the role', policy)),
    ...(role.customerPolicies ?? []).flatMap((policy) =>
      policyRows('Customer-managed policy of the role', policy),
    ),
    ...(role.managedPolicies ?? []).map(
      (policy): GrantRow => ['Managed policy of the role', code(policy.arn), whenOf(policy)],
    ),
  ]
}

function nameOf(name: VendorRoleName | undefined): string {
  if (name?.exact !== undefined)
    return `${code(name.exact)}, exactly; all integrations of the account share it`
  const beginning = name?.prefix ?? name?.suggested
  const named = beginning === undefined ? 'name chosen by Mooring' : `name begins with ${code(beginning)}`
  return `one for each integration, ${named}`
}

function trustOf({ principal, externalIds, webIdentity, conditions }: VendorTrustStatement): string {
  if (webIdentity !== undefined) {
    const { issuer, audiences, subjects } = webIdentity
    return `tokens of ${code(issuer)} for ${codes(audiences)}, subject ${codes(subjects)}${onlyIf(conditions)}`
  }
  const id =
    externalIds === undefined ? 'without an external ID' : `with the external ID ${codes(externalIds)}`
  return `${whoOf(principal ?? {})} may assume it ${id}${onlyIf(conditions)}`
}

interface Policy {
  readonly policyName?: string
  readonly statements: readonly VendorRoleStatement[]
}

function policyRows(where: string, { policyName, statements }: Policy): GrantRow[] {
  const named = policyName === undefined ? where : `${where}, ${code(policyName)}`
  return statements.map((statement) => [named, permits(statement), whenOf(statement)])
}

interface Permission {
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly conditions?: readonly VendorPolicyCondition[]
}

function permits({ actions, resources, conditions }: Permission): string {
  return `${codes(actions)} on ${codes(resources)}${onlyIf(conditions)}`
}

function onlyIf(conditions: readonly VendorPolicyCondition[] | undefined): string {
  const texts = (conditions ?? []).map(
    ({ operator, key, values }) => `${operator} ${key} ${values.join(' or ')}`,
  )
  return texts.length === 0 ? '' : `, only if ${codes(texts)}`
}

function whoOf({ aws, canonicalUser, service, federated, ownRole }: VendorPrincipal): string {
  const names = [aws, canonicalUser, service, federated].flatMap((list) => list ?? [])
  return [...names.map(code), ...(ownRole === true ? ['your role'] : [])].join(', ')
}

function corsOf(rule: VendorCorsRule): string {
  const { allowedHeaders, exposeHeaders, maxAgeSeconds } = rule
  return [
    `${codes(rule.allowedMethods)} from ${codes(rule.allowedOrigins)}`,
    ...(allowedHeaders === undefined ? [] : [`request headers ${codes(allowedHeaders)}`]),
    ...(exposeHeaders === undefined ? [] : [`exposed headers ${codes(exposeHeaders)}`]),
    ...(maxAgeSeconds === undefined ? [] : [`remembered ${maxAgeSeconds} seconds`]),
  ].join('; ')
}

/** A lifecycle rule in words; recipes have one form for every cloud. */
export function lifecycleOf(rule: VendorLifecycleRule): string {
  const { expirationDays, noncurrentExpirationDays, abortIncompleteMultipartDays } = rule
  const effects = [
    ...(expirationDays === undefined ? [] : [`objects expire after ${expirationDays} days`]),
    ...(noncurrentExpirationDays === undefined
      ? []
      : [`versions that are not current expire after ${noncurrentExpirationDays} days`]),
    ...(abortIncompleteMultipartDays === undefined
      ? []
      : [`unfinished multipart uploads are given up after ${abortIncompleteMultipartDays} days`]),
  ]
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of recipes
  return `below ${code(rule.prefix ?? '${prefix}')}: ${effects.join('; ')}`
}
