import type { VendorPolicyCondition, VendorPrincipal } from '../api/generated/storage-vendor.ts'
import { filled, type PlaceholderValues } from './placeholders.ts'

/**
 * The policy language's names for the kinds of principal.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
const PRINCIPAL_TYPES = {
  aws: 'AWS',
  canonicalUser: 'CanonicalUser',
  service: 'Service',
  federated: 'Federated',
} as const

/** A recipe's principal as a policy's `Principal`, always with lists. */
export function principalOf(principal: VendorPrincipal, values: PlaceholderValues): Record<string, string[]> {
  const types = Object.keys(PRINCIPAL_TYPES) as (keyof typeof PRINCIPAL_TYPES)[]
  const named = types.flatMap((type) => {
    const names = [...filled(principal[type] ?? [], values), ...ownRoleAs(type, principal, values)]
    return names.length === 0 ? [] : [[PRINCIPAL_TYPES[type], names] as const]
  })
  return Object.fromEntries(named)
}

function ownRoleAs(type: string, { ownRole }: VendorPrincipal, values: PlaceholderValues): string[] {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder
  return type === 'aws' && ownRole === true ? filled(['${role.arn}'], values) : []
}

/** The `Condition` of a statement; undefined where the recipe has none. */
export function conditionOf(
  conditions: readonly VendorPolicyCondition[] | undefined,
  values: PlaceholderValues,
): Record<string, Record<string, string[]>> | undefined {
  if (conditions === undefined || conditions.length === 0) return undefined
  const byOperator = Map.groupBy(conditions, ({ operator }) => operator)
  return Object.fromEntries(
    [...byOperator].map(([operator, list]) => [
      operator,
      Object.fromEntries(list.map((condition) => [condition.key, filled(condition.values, values)])),
    ]),
  )
}
