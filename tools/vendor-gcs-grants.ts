/** What a recipe grants in Google Cloud Storage, entry by entry, in words. */
import type {
  VendorCustomRole,
  VendorGcs,
  VendorGcsCorsRule,
  VendorGrant,
  VendorServiceAccount,
} from '../src/api/generated/storage-vendor.ts'
import { code, codes } from './markdown.ts'
import { type GrantRow, lifecycleOf, objectRows, whenOf } from './vendor-grants.ts'

/** Every entry of a recipe, in the recipe's order. */
export function gcsGrantRows(gcs: VendorGcs): GrantRow[] {
  const { customRoles, serviceAccount, grants, cors, lifecycle, proofObjects } = gcs
  return [
    ...(customRoles ?? []).map(customRoleRow),
    ...(serviceAccount === undefined ? [] : [serviceAccountRow(serviceAccount)]),
    ...grants.map((grant): GrantRow => [placeOf(grant), grantOf(grant, customRoles ?? []), whenOf(grant)]),
    ...(cors?.rules ?? []).map((rule): GrantRow => ['CORS', corsOf(rule), whenOf(rule)]),
    ...(lifecycle?.rules ?? []).map((rule): GrantRow => ['Lifecycle', lifecycleOf(rule), whenOf(rule)]),
    ...objectRows(proofObjects),
  ]
}

function customRoleRow({ idPrefix, title, permissions }: VendorCustomRole): GrantRow {
  return [
    'Custom role of the project',
    `“${title}”, ID begins with ${code(`${idPrefix}_`)}: ${codes(permissions)}; all integrations of the project share it`,
    'while a grant names it',
  ]
}

function serviceAccountRow({ id = {}, email, workloadIdentity }: VendorServiceAccount): GrantRow {
  const { exact, prefix, contains } = id
  const named = exact ?? prefix ?? contains ?? email ?? ''
  const federated =
    workloadIdentity === undefined
      ? ''
      : `, as which tokens may act that fulfil ${code(workloadIdentity.attributeCondition)}`
  return ['Service account of yours', `${code(named)}${federated}`, 'always']
}

const PLACES = {
  Bucket: 'IAM policy of the bucket',
  Project: 'IAM policy of the project',
  ServiceAccount: 'IAM policy of the service account',
} as const

function placeOf({ scope = 'Bucket' }: VendorGrant): string {
  return PLACES[scope]
}

function grantOf(
  { member, role, customRole, scope }: VendorGrant,
  roles: readonly VendorCustomRole[],
): string {
  const title = roles.find(({ name }) => name === customRole)?.title ?? customRole ?? ''
  const named = role === undefined ? `the custom role “${title}”` : code(role)
  const where = scope === undefined || scope === 'Bucket' ? ', below the prefix if there is one' : ''
  return `${code(member)} gets ${named}${where}`
}

function corsOf({
  allowedMethods,
  allowedOrigins,
  responseHeaders,
  maxAgeSeconds,
}: VendorGcsCorsRule): string {
  return [
    `${codes(allowedMethods)} from ${codes(allowedOrigins)}`,
    ...(responseHeaders === undefined ? [] : [`response headers ${codes(responseHeaders)}`]),
    ...(maxAgeSeconds === undefined ? [] : [`remembered ${maxAgeSeconds} seconds`]),
  ].join('; ')
}
