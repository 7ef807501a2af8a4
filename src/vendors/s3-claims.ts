import type {
  VendorCorsRule,
  VendorLifecycleRule,
  VendorS3,
  VendorStatement,
} from '../api/generated/storage-vendor.ts'
import type { Probe } from '../clouds/cloud.ts'
import type { ClaimedEntry } from '../plan/plan-target.ts'
import { fill, type PlaceholderValues } from './placeholders.ts'
import { applies, type Selectable } from './when.ts'

/** What one integration claims at its bucket, and how that is verified. */
export interface Claims {
  readonly entries: readonly ClaimedEntry[]
  readonly probes: readonly Probe[]
}

/** Recipe × values: the entries and probes of one integration at the access level it asks for. */
export function s3Claims(recipe: VendorS3, access: string, values: PlaceholderValues): Claims {
  const wanted = (entry: Selectable): boolean => applies(entry, access, values)
  const statements = (recipe.bucketPolicy?.statements ?? []).filter(wanted)
  const rules = (recipe.cors?.rules ?? []).filter(wanted)
  const lifecycle = (recipe.lifecycle?.rules ?? []).filter(wanted)
  return {
    entries: [
      ...statements.map((statement) => statementEntry(statement, values)),
      ...rules.map((rule) => corsEntry(rule, values)),
      ...lifecycle.map((rule) => lifecycleEntry(rule, values)),
    ],
    probes: rules.flatMap((rule) => probesOf(rule, values)),
  }
}

function statementEntry(statement: VendorStatement, values: PlaceholderValues): ClaimedEntry {
  const filled = (texts: readonly string[]): string[] => texts.map((text) => fill(text, values))
  const condition = conditionOf(statement, filled)
  return {
    document: 'BucketPolicy',
    name: statement.name,
    body: {
      Effect: 'Allow',
      Principal: principalOf(statement, filled),
      Action: statement.actions,
      Resource: filled(statement.resources),
      ...(condition === undefined ? {} : { Condition: condition }),
    },
  }
}

type Filler = (texts: readonly string[]) => string[]

/** The policy language's names for the kinds of principal. */
const PRINCIPAL_TYPES = {
  aws: 'AWS',
  canonicalUser: 'CanonicalUser',
  service: 'Service',
  federated: 'Federated',
} as const

function principalOf({ principal }: VendorStatement, filled: Filler): Record<string, string[]> {
  const types = Object.keys(PRINCIPAL_TYPES) as (keyof typeof PRINCIPAL_TYPES)[]
  const present = types.filter((type) => principal[type] !== undefined)
  return Object.fromEntries(present.map((type) => [PRINCIPAL_TYPES[type], filled(principal[type] ?? [])]))
}

function conditionOf(
  { conditions }: VendorStatement,
  filled: Filler,
): Record<string, Record<string, string[]>> | undefined {
  if (conditions === undefined || conditions.length === 0) return undefined
  const byOperator = Map.groupBy(conditions, ({ operator }) => operator)
  return Object.fromEntries(
    [...byOperator].map(([operator, list]) => [
      operator,
      Object.fromEntries(list.map(({ key, values }) => [key, filled(values)])),
    ]),
  )
}

function corsEntry(rule: VendorCorsRule, values: PlaceholderValues): ClaimedEntry {
  return {
    document: 'Cors',
    name: rule.name,
    body: {
      AllowedHeaders: rule.allowedHeaders ?? [],
      AllowedMethods: rule.allowedMethods,
      AllowedOrigins: rule.allowedOrigins.map((origin) => fill(origin, values)),
      ExposeHeaders: rule.exposeHeaders ?? [],
      ...(rule.maxAgeSeconds === undefined ? {} : { MaxAgeSeconds: rule.maxAgeSeconds }),
    },
  }
}

/** One rule for the keys under one prefix; which form S3 wants it in depends on what is there (lifecycle-form.ts). */
function lifecycleEntry(rule: VendorLifecycleRule, values: PlaceholderValues): ClaimedEntry {
  const { expirationDays, noncurrentExpirationDays, abortIncompleteMultipartDays } = rule
  return {
    document: 'Lifecycle',
    name: rule.name,
    body: {
      Filter: { Prefix: fill(rule.prefix ?? `\${prefix}`, values) },
      Status: 'Enabled',
      ...(expirationDays === undefined ? {} : { Expiration: { Days: expirationDays } }),
      ...(noncurrentExpirationDays === undefined
        ? {}
        : { NoncurrentVersionExpiration: { NoncurrentDays: noncurrentExpirationDays } }),
      ...(abortIncompleteMultipartDays === undefined
        ? {}
        : { AbortIncompleteMultipartUpload: { DaysAfterInitiation: abortIncompleteMultipartDays } }),
    },
  }
}

function probesOf({ preflight }: VendorCorsRule, values: PlaceholderValues): Probe[] {
  if (preflight === undefined) return []
  const { origin, method, requestHeaders = [] } = preflight
  return [{ kind: 'CorsPreflight', origin: fill(origin, values), method, requestHeaders }]
}
