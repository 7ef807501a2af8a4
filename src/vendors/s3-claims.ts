import type {
  VendorCorsRule,
  VendorLifecycleRule,
  VendorS3,
  VendorStatement,
} from '../api/generated/storage-vendor.ts'
import type { Probe } from '../clouds/cloud.ts'
import type { ClaimedEntry } from '../plan/plan-target.ts'
import { type Asked, isWanted } from './asked.ts'
import { fill, filled, type PlaceholderValues } from './placeholders.ts'
import { conditionOf, principalOf } from './policy-language.ts'
import { retiringOf } from './retiring.ts'
import type { Selectable } from './when.ts'

/** What one integration claims at its bucket, and how that is verified. */
export interface Claims {
  readonly entries: readonly ClaimedEntry[]
  readonly probes: readonly Probe[]
}

/** Recipe × values: the entries of one integration in its bucket's documents, and their probes. */
export function s3Claims(recipe: VendorS3, asked: Asked): Claims {
  const { values } = asked
  const wanted = (entry: Selectable): boolean => isWanted(entry, asked)
  const statements = (recipe.bucketPolicy?.statements ?? []).filter(wanted)
  const rules = (recipe.cors?.rules ?? []).filter(wanted)
  const lifecycle = (recipe.lifecycle?.rules ?? []).filter(wanted)
  return {
    entries: [
      ...statements.map((statement) => statementEntry(statement, asked)),
      ...rules.map((rule) => corsEntry(rule, values)),
      ...lifecycle.map((rule) => lifecycleEntry(rule, values)),
    ],
    probes: rules.flatMap((rule) => probesOf(rule, values)),
  }
}

function statementEntry(statement: VendorStatement, asked: Asked): ClaimedEntry {
  const { values } = asked
  const condition = conditionOf(statement.conditions, values)
  return {
    document: 'BucketPolicy',
    name: statement.name,
    ...retiringOf(statement.principal, asked),
    body: {
      Effect: 'Allow',
      Principal: principalOf(statement.principal, values),
      Action: statement.actions,
      Resource: filled(statement.resources, values),
      ...(condition === undefined ? {} : { Condition: condition }),
    },
  }
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
