/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import type { StorageVendorSpec, VendorPrincipal, VendorS3 } from '../api/generated/storage-vendor.ts'
import { managesBucket, managesKey } from './managing-actions.ts'
import { isPlaceholder, placeholdersIn } from './placeholders.ts'
import { azureFaults } from './recipe-azure-faults.ts'
import { gcsFaults } from './recipe-gcs-faults.ts'
import { roleFaults } from './recipe-role-faults.ts'

/** Recipes are read only and stay in the cache until they change, and every pass over an integration asks about its own. */
const KNOWN = new WeakMap<StorageVendorSpec, readonly string[]>()

/**
 * Why nothing may be made from this recipe, each fault with the field it is in; none for a sound recipe.
 * The API server has checked the form (crds/); this checks what a schema cannot: placeholders, open principals,
 * resources outside the bucket, patterns that do not compile.
 */
export function recipeFaults(spec: StorageVendorSpec): readonly string[] {
  const known = KNOWN.get(spec)
  if (known !== undefined) return known
  const faults = faultsOf(spec)
  KNOWN.set(spec, faults)
  return faults
}

function faultsOf(spec: StorageVendorSpec): string[] {
  const patterns = patternFaults(spec)
  if (patterns.length > 0) return patterns
  return [
    ...placeholderFaults(spec),
    ...roleFaults(spec),
    ...keyFaults(spec.s3),
    ...lifecycleFaults(spec.s3),
    ...gcsFaults(spec.gcs),
    ...azureFaults(spec.azureBlob),
    ...(spec.s3 === undefined ? [] : s3Faults(spec.s3)),
  ]
}

function placeholderFaults(spec: StorageVendorSpec): string[] {
  const parameters = (spec.parameters ?? []).map(({ name }) => name)
  const sensitive = (spec.parameters ?? [])
    .filter((p) => p.sensitive === true)
    .map(({ name }) => `parameters.${name}`)
  return textsIn(spec, 'spec').flatMap(({ path, text }) =>
    placeholdersIn(text).flatMap((name) => {
      if (!isKnown(name, path, parameters))
        return [`${path}: \${${name}} is not a placeholder that Mooring knows`]
      const shown = sensitive.includes(name) && isShown(path)
      return shown ? [`${path}: \${${name}} is sensitive and would be shown in status, events and logs`] : []
    }),
  )
}

/** Parameters whose values status, events and logs show: in names, ARNs, principals, origins. Outputs can leave them out. */
export function shownParameters(spec: StorageVendorSpec): string[] {
  const shown = textsIn(spec, 'spec').filter(({ path }) => isShown(path) && !isTold(path))
  const names = shown.flatMap(({ text }) => placeholdersIn(text))
  return names.flatMap((name) => /^parameters\.(.+)$/.exec(name)?.[1] ?? [])
}

/** Names that exist only once a cloud has answered, or in other clouds; legal in the parts named. */
const LATER: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^spec\.s3\.(outputs|nextStep|role|keyPolicy)/, ['role.arn', 'role.name']],
  [/^spec\.gcs\./, ['projectId', 'serviceAccount.email']],
  [/^spec\.gcs\.(outputs|nextStep)/, ['projectNumber', 'location']],
  [
    /^spec\.azureBlob\./,
    ['tenantId', 'subscriptionId', 'resourceGroup', 'storageAccount', 'container', 'blobEndpoint'],
  ],
]

/** Names without a value on other clouds. */
const AWS_ONLY: readonly string[] = ['partition', 'accountId', 'region']
const BUCKETS_ONLY: readonly string[] = ['bucket', 'prefix']

function isKnown(name: string, path: string, parameters: readonly string[]): boolean {
  if (/^spec\.(gcs|azureBlob)\./.test(path) && AWS_ONLY.includes(name)) return false
  if (/^spec\.azureBlob\./.test(path) && BUCKETS_ONLY.includes(name)) return false
  return (
    isPlaceholder(name, parameters) ||
    LATER.some(([where, names]) => where.test(path) && names.includes(name))
  )
}

/** Of a recipe's fields only these are told to nobody: conditions and external IDs are left out wherever entries are summed up. */
function isShown(path: string): boolean {
  return !/\.(externalIds|conditions)\b/.test(path)
}

function isTold(path: string): boolean {
  return /\.(outputs|nextStep)\b/.test(path)
}

function patternFaults(spec: StorageVendorSpec): string[] {
  const patterns = [
    ...(spec.parameters ?? []).map(
      ({ name, pattern }) => [`spec.parameters[${name}].pattern`, pattern] as const,
    ),
    ['spec.s3.requirements.bucketNamePattern', spec.s3?.requirements?.bucketNamePattern] as const,
    ['spec.gcs.requirements.bucketNamePattern', spec.gcs?.requirements?.bucketNamePattern] as const,
  ]
  return patterns.flatMap(([path, pattern]) =>
    pattern === undefined || compiles(pattern) ? [] : [`${path}: ${pattern} is not a regular expression`],
  )
}

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') !== null
  } catch {
    return false
  }
}

/** Rules delete objects, so they keep to what the integration was allowed. */
function lifecycleFaults(s3: VendorS3 | undefined): string[] {
  if (s3?.requirements?.prefix === 'Unsupported') return []
  return (s3?.lifecycle?.rules ?? [])
    .filter(({ prefix }) => prefix !== undefined && !prefix.startsWith('${prefix}'))
    .map(
      ({ name, prefix }) =>
        `spec.s3.lifecycle.rules[${name}].prefix: ${prefix} must begin with \${prefix}, or it would speak of objects that the integration does not`,
    )
}

function keyFaults(s3: VendorS3 | undefined): string[] {
  return (s3?.keyPolicy?.statements ?? []).flatMap(({ name, principal, actions }) => {
    const path = `spec.s3.keyPolicy.statements[${name}]`
    const { canonicalUser } = principal
    return [
      ...awsNames(principal)
        .filter(isOpen)
        .map(
          (p) => `${path}.principal: ${p} would open the key to everyone; name the vendor’s own principal`,
        ),
      ...(canonicalUser === undefined
        ? []
        : [`${path}.principal.canonicalUser: a key policy knows none; name the account`]),
      ...actions
        .filter((action) => !/^kms:/i.test(action) || managesKey(action))
        .map(
          (action) =>
            `${path}.actions: ${action} would let the vendor manage the key; name what it needs to read and write objects`,
        ),
    ]
  })
}

function s3Faults(s3: VendorS3): string[] {
  return (s3.bucketPolicy?.statements ?? []).flatMap((statement) => {
    const path = `spec.s3.bucketPolicy.statements[${statement.name}]`
    const { canonicalUser = [], service = [], federated = [] } = statement.principal
    const principals = [...awsNames(statement.principal), ...canonicalUser, ...service, ...federated]
    return [
      ...principals
        .filter(isOpen)
        .map(
          (p) => `${path}.principal: ${p} would open the bucket to everyone; name the vendor’s own principal`,
        ),
      ...statement.actions
        .filter(managesBucket)
        .map(
          (action) =>
            `${path}.actions: ${action} would let the vendor manage the bucket; name what it needs of objects`,
        ),
      ...statement.resources
        .filter(isOutside)
        .map(
          (r) =>
            `${path}.resources: ${r} must be arn:\${partition}:s3:::\${bucket} or begin with arn:\${partition}:s3:::\${bucket}/\${prefix}`,
        ),
    ]
  })
}

/** The present AWS principals and the former ones. */
function awsNames({ aws = [], retiring = [] }: VendorPrincipal): string[] {
  return [...aws, ...retiring.map((former) => former.aws)]
}

function isOpen(principal: string): boolean {
  return principal.includes('*')
}

const BUCKET = 'arn:${partition}:s3:::${bucket}'

function isOutside(resource: string): boolean {
  return resource !== BUCKET && !resource.startsWith(`${BUCKET}/\${prefix}`)
}

interface FoundText {
  readonly path: string
  readonly text: string
}

/** Every text in a value, with its path. */
function textsIn(value: unknown, path: string): FoundText[] {
  if (typeof value === 'string') return [{ path, text: value }]
  if (typeof value !== 'object' || value === null) return []
  const inList = Array.isArray(value)
  return Object.entries(value).flatMap(([key, inner]) =>
    textsIn(inner, inList ? `${path}[${nameOf(inner) ?? key}]` : `${path}.${key}`),
  )
}

function nameOf(value: unknown): string | undefined {
  const name = typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined
  return typeof name === 'string' ? name : undefined
}
