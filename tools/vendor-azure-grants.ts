/** What a recipe grants in Azure Blob Storage, entry by entry, in words. */
import type {
  VendorApplication,
  VendorAzureBlob,
  VendorAzureCorsRule,
  VendorRoleAssignment,
} from '../src/api/generated/storage-vendor.ts'
import { code, codes, prose } from './markdown.ts'
import { type GrantRow, objectRows, whenOf } from './vendor-grants.ts'

/** Every entry of a recipe, in the recipe's order. */
export function azureGrantRows(azure: VendorAzureBlob): GrantRow[] {
  const { application, roleAssignments, cors, proofObjects } = azure
  return [
    ['Service principal in your tenant', applicationOf(application), 'always'],
    ...roleAssignments.map((one): GrantRow => [PLACES[one.scope], assignmentOf(one), whenOf(one)]),
    ...(cors?.rules ?? []).map((rule): GrantRow => ['CORS of the account', corsOf(rule), whenOf(rule)]),
    ...objectRows(proofObjects),
  ]
}

const PLACES = {
  StorageAccount: 'Role assignment on the storage account',
  Container: 'Role assignment on the container, or on the account if none is named',
} as const

function applicationOf(application: VendorApplication): string {
  const { clientId, principalId, displayName, consentUrl } = application
  const kind = clientId === undefined ? 'the principal' : 'of the application'
  const title = displayName === undefined ? '' : ` (${prose(displayName)})`
  const installation = application.installation ?? (clientId === undefined ? 'Existing' : 'ServicePrincipal')
  const page = consentUrl === undefined ? '' : ` at ${code(consentUrl)}`
  return `${kind} ${code(clientId ?? principalId ?? '')}${title}: ${INSTALLATIONS[installation]}${page}`
}

const INSTALLATIONS = {
  ServicePrincipal: 'created if it is not there yet',
  AdminConsent: 'an administrator lets it in',
  Existing: 'must be there already',
} as const

function assignmentOf({ roleName, roleDefinitionId }: VendorRoleAssignment): string {
  return `${prose(roleName)} (${code(roleDefinitionId)})`
}

function corsOf(rule: VendorAzureCorsRule): string {
  const { allowedHeaders, exposedHeaders, maxAgeSeconds } = rule
  return [
    `${codes(rule.allowedMethods)} from ${codes(rule.allowedOrigins)}`,
    ...(allowedHeaders === undefined ? [] : [`request headers ${codes(allowedHeaders)}`]),
    ...(exposedHeaders === undefined ? [] : [`exposed headers ${codes(exposedHeaders)}`]),
    ...(maxAgeSeconds === undefined ? [] : [`remembered ${maxAgeSeconds} seconds`]),
  ].join('; ')
}
