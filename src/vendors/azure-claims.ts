import type {
  VendorAzureBlob,
  VendorAzureCorsRule,
  VendorRoleAssignment,
} from '../api/generated/storage-vendor.ts'
import type { BlobGrantProbe, CorsPreflight } from '../clouds/cloud.ts'
import type { ClaimedEntry } from '../plan/plan-target.ts'
import { type Asked, isKnown, isWanted } from './asked.ts'
import type { WantedAt } from './grant.ts'
import type { AzureLocation } from './locate-azure.ts'
import { fill, filled, type PlaceholderValues } from './placeholders.ts'
import { servicePrincipalTarget } from './places.ts'

/** Recipe × values: what one integration claims in the tenant and at its storage account, and how that is verified. */
export function azureClaims(recipe: VendorAzureBlob, location: AzureLocation, asked: Asked): WantedAt[] {
  const { values } = asked
  const assignments = isKnown(recipe.application, asked.awaiting)
    ? recipe.roleAssignments.filter((one) => isWanted(one, asked))
    : []
  const rules = (recipe.cors?.rules ?? []).filter((rule) => isWanted(rule, asked))
  const account: WantedAt = {
    target: location.target,
    entries: [
      ...assignments.map((one) => assignmentEntry(one, recipe, location, values)),
      ...rules.map((rule) => corsEntry(rule, values)),
    ],
    probes: [
      ...rules.flatMap((rule) => preflightsOf(rule, values)),
      ...(assignments.length === 0 ? [] : [grantProbe(recipe, location, values)]),
    ],
  }
  return assignments.length === 0 ? [account] : [...principalClaims(recipe, location, values), account]
}

/** An application that has to come into the tenant; one that exists there by itself is not Mooring’s to bring. */
function principalClaims(
  { application }: VendorAzureBlob,
  location: AzureLocation,
  values: PlaceholderValues,
): WantedAt[] {
  const { clientId, installation = 'ServicePrincipal' } = application
  if (clientId === undefined || installation !== 'ServicePrincipal') return []
  const id = fill(clientId, values).toLowerCase()
  const entry: ClaimedEntry = {
    document: 'ServicePrincipal',
    name: 'application',
    body: { part: { clientId: id } },
  }
  const requirement = { target: location.target }
  return [{ target: servicePrincipalTarget(location, id), entries: [entry], probes: [], requirement }]
}

function assignmentEntry(
  { name, roleDefinitionId, roleName, scope }: VendorRoleAssignment,
  { application }: VendorAzureBlob,
  { container }: AzureLocation,
  values: PlaceholderValues,
): ClaimedEntry {
  const { clientId, principalId, installation, consentUrl } = application
  const whose =
    clientId === undefined
      ? { principalId: fill(principalId ?? '', values).toLowerCase() }
      : {
          clientId: fill(clientId, values).toLowerCase(),
          ...(installation === undefined ? {} : { installation }),
          ...(consentUrl === undefined ? {} : { consentUrl: fill(consentUrl, values) }),
        }
  const at = scope === 'Container' && container !== '' ? `container/${container}` : ''
  const part = {
    ...whose,
    roleDefinitionId: fill(roleDefinitionId, values).toLowerCase(),
    roleName,
    scope: at,
  }
  return { document: 'RoleAssignments', name, body: { part } }
}

function corsEntry(rule: VendorAzureCorsRule, values: PlaceholderValues): ClaimedEntry {
  const part = {
    allowedOrigins: filled(rule.allowedOrigins, values),
    allowedMethods: rule.allowedMethods,
    allowedHeaders: rule.allowedHeaders ?? [],
    exposedHeaders: rule.exposedHeaders ?? [],
    maxAgeInSeconds: rule.maxAgeSeconds ?? 0,
  }
  return { document: 'Cors', name: rule.name, body: { part } }
}

/** One for each origin that can be asked for: Azure goes by the first rule that fits, which may differ from origin to origin. */
function preflightsOf(
  { preflight, allowedOrigins }: VendorAzureCorsRule,
  values: PlaceholderValues,
): CorsPreflight[] {
  if (preflight === undefined) return []
  const { method, requestHeaders = [] } = preflight
  const origins = filled([preflight.origin, ...allowedOrigins.filter((one) => !one.includes('*'))], values)
  return [...new Set(origins)].map((origin) => ({ kind: 'CorsPreflight', origin, method, requestHeaders }))
}

function grantProbe(
  { application, requirements = {} }: VendorAzureBlob,
  { container }: AzureLocation,
  values: PlaceholderValues,
): BlobGrantProbe {
  const { publicNetworkAccess, hierarchicalNamespace, sourceAddresses = [] } = requirements
  const demands = [
    ...(publicNetworkAccess === 'Required' ? (['PublicNetworkAccess'] as const) : []),
    ...(hierarchicalNamespace === 'Forbidden' ? (['NoHierarchicalNamespace'] as const) : []),
  ]
  const { clientId } = application
  const whose = clientId === undefined ? {} : { clientId: fill(clientId, values).toLowerCase() }
  return { kind: 'BlobGrant', container, demands, sourceAddresses, ...whose }
}
