/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import type {
  StorageVendorSpec,
  VendorParameter,
  VendorPrincipal,
  VendorRole,
  VendorRoleStatement,
  VendorS3,
} from '../api/generated/storage-vendor.ts'
import { managesBucket, managesKey } from './managing-actions.ts'
import { placeholdersIn } from './placeholders.ts'
import { matchesWhole } from './requirements.ts'

/** Services that a vendor's role may use: storage, and the keys that it is encrypted with. */
const SERVICES = /^(?:s3|kms):/i

/** Names that differ between integrations that share one role. */
const INDIVIDUAL = ['bucket', 'prefix', 'namespace', 'name', 'region']

/** Why no role may be made from this recipe, each fault with the field it is in. */
export function roleFaults({ s3, parameters = [] }: StorageVendorSpec): string[] {
  if (s3?.role === undefined)
    return [...withoutRole(s3), ...attachedFaults(s3), ...generatedFaults(parameters, s3)]
  const { role } = s3
  const path = 'spec.s3.role'
  return [
    ...role.trust.statements.flatMap(({ name, principal }) =>
      principalFaults(`${path}.trust.statements[${name}]`, principal),
    ),
    ...role.trust.statements
      .filter(({ webIdentity }) => webIdentity?.subjects.some((subject) => /[*?]/.test(subject)))
      .map(
        ({ name }) =>
          `${path}.trust.statements[${name}].webIdentity.subjects: a wildcard would let strangers in; name the vendor’s subjects`,
      ),
    ...permissionsOf(role).flatMap((found) => permissionFaults(found, s3)),
    ...(role.managedPolicies ?? [])
      .filter(({ arn }) => !arn.includes(':${accountId}:'))
      .map(
        ({ arn }) =>
          `${path}.managedPolicies: ${arn} would give far more than one bucket: AWS' own policies speak of all. Write the actions that the vendor needs into inlinePolicies or customerPolicies`,
      ),
    ...sharedFaults(role),
    ...generatedFaults(parameters, s3),
  ]
}

/** A role that somebody else made gets no more than one that Mooring makes. */
function attachedFaults(s3: VendorS3 | undefined): string[] {
  if (s3?.attachToRole === undefined) return []
  const { inlinePolicies } = s3.attachToRole
  return permissionsIn('spec.s3.attachToRole.inlinePolicies', inlinePolicies).flatMap((found) =>
    permissionFaults(found, s3),
  )
}

function withoutRole(s3: VendorS3 | undefined): string[] {
  if (s3?.attachToRole !== undefined) return []
  const texts = JSON.stringify([s3?.outputs, s3?.nextStep, s3?.keyPolicy] satisfies unknown[])
  const named = placeholdersIn(texts).find((name) => name.startsWith('role.'))
  return named === undefined ? [] : [`spec.s3: \${${named}} is named, but there is no spec.s3.role`]
}

function principalFaults(path: string, principal: VendorPrincipal | undefined): string[] {
  if (principal === undefined) return []
  const { aws = [], canonicalUser = [], service = [], federated = [], retiring = [] } = principal
  const names = [...aws, ...service, ...federated]
  return [
    ...[...names, ...retiring.map((former) => former.aws)]
      .filter((name) => name.includes('*'))
      .map(
        (name) =>
          `${path}.principal: ${name} would let everybody take the role; name the vendor’s own principal`,
      ),
    ...canonicalUser.map(
      () => `${path}.principal.canonicalUser: a role trusts accounts, users and roles, not canonical users`,
    ),
    ...(names.length === 0 && canonicalUser.length === 0
      ? [`${path}.principal: names nobody whom a role can trust`]
      : []),
  ]
}

interface Permission {
  readonly path: string
  readonly statement: VendorRoleStatement
}

function permissionsOf({ inlinePolicies = [], customerPolicies = [] }: VendorRole): Permission[] {
  return [
    ...permissionsIn('spec.s3.role.inlinePolicies', inlinePolicies),
    ...permissionsIn('spec.s3.role.customerPolicies', customerPolicies),
  ]
}

function permissionsIn(
  field: string,
  policies: readonly { readonly name: string; readonly statements: readonly VendorRoleStatement[] }[],
): Permission[] {
  return policies.flatMap(({ name, statements }) =>
    statements.map((statement) => ({ path: `${field}[${name}].statements[${statement.name}]`, statement })),
  )
}

function permissionFaults({ path, statement }: Permission, s3: VendorS3): string[] {
  const { actions, resources } = statement
  const onKeys = actions.every((action) => /^kms:/i.test(action))
  return [
    ...actions
      .filter((action) => !SERVICES.test(action) || managesBucket(action) || managesKey(action))
      .map(
        (action) =>
          `${path}.actions: ${action} would let the vendor reach beyond the objects of this integration`,
      ),
    ...resources
      .filter((resource) => (onKeys ? !isKey(resource) : !isNarrow(resource, s3)))
      .map((resource) =>
        onKeys
          ? `${path}.resources: ${resource} must be the ARN of one key, or a parameter that holds it`
          : `${path}.resources: ${resource} must be arn:\${partition}:s3:::\${bucket}, begin with arn:\${partition}:s3:::\${bucket}/\${prefix}, or lie in one bucket of the vendor's own that is named whole`,
      ),
  ]
}

function isKey(resource: string): boolean {
  return /^(?:arn:[^:*]+:kms:[^:*]+:[^:*]+:key\/[^*]+|\$\{parameters\.[A-Za-z0-9]+\})$/.test(resource)
}

/** The integration’s own bucket and prefix, or a bucket that the recipe names without wildcards and parameters. */
function isNarrow(resource: string, { requirements }: VendorS3): boolean {
  const [, bucket = '', key] = /^arn:[^:]+:s3:::([^/]*)(?:\/(.*))?$/.exec(resource) ?? []
  if (bucket === '${bucket}') {
    return key === undefined || key.startsWith('${prefix}') || requirements?.prefix === 'Unsupported'
  }
  return /^[a-z0-9][a-z0-9.-]+$/.test(bucket)
}

/** What integrations that share a role must have alike, and names that must not be shared. */
function sharedFaults({ name, description = '', customerPolicies = [] }: VendorRole): string[] {
  if (name?.exact === undefined) {
    return customerPolicies
      .filter(({ policyName }) => policyName !== undefined)
      .map(
        (policy) =>
          `spec.s3.role.customerPolicies[${policy.name}].policyName: several roles would need the one policy of that name; leave it out, or give the role an exact name`,
      )
  }
  const individual = placeholdersIn(description).find((found) => INDIVIDUAL.includes(found))
  if (individual === undefined) return []
  return [
    `spec.s3.role.description: \${${individual}} differs between integrations that share this role; leave it out`,
  ]
}

/** Mooring makes 32 hexadecimal digits, which must fit, and puts them where an external ID stands alone. */
function generatedFaults(parameters: readonly VendorParameter[], s3: VendorS3 | undefined): string[] {
  const generated = parameters.filter(({ source }) => source === 'Generated')
  const statements = s3?.role?.trust.statements ?? []
  return [
    ...generated.slice(1).map(({ name }) => `spec.parameters[${name}]: only one parameter can be Generated`),
    ...generated.flatMap((parameter) => {
      const path = `spec.parameters[${parameter.name}]`
      const placeholder = `\${parameters.${parameter.name}}`
      const alone = statements.some(({ externalIds = [] }) => externalIds.includes(placeholder))
      const elsewhere = usesOutside(s3, parameter.name)
      return [
        ...(alone
          ? []
          : [`${path}: a Generated parameter must be one of spec.s3.role.trust.statements[].externalIds`]),
        ...(elsewhere
          ? [`${path}: a Generated parameter can stand in externalIds (alone), outputs and nextStep only`]
          : []),
        ...(fits(parameter)
          ? []
          : [`${path}: 32 hexadecimal digits, which Mooring makes, do not fit pattern and length`]),
      ]
    }),
  ]
}

function usesOutside(s3: VendorS3 | undefined, parameter: string): boolean {
  const rest = JSON.stringify(s3 ?? {}, (key, value) =>
    ['outputs', 'nextStep', 'externalIds'].includes(key) ? undefined : value,
  )
  return placeholdersIn(rest).includes(`parameters.${parameter}`)
}

function fits({ pattern, minLength = 1, maxLength = 2_048, allowedValues }: VendorParameter): boolean {
  const sample = '0123456789abcdef'.repeat(2)
  if (allowedValues !== undefined || minLength > sample.length || maxLength < sample.length) return false
  return pattern === undefined || matchesWhole(pattern, sample)
}
