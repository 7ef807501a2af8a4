import type { AllowRule, LabelSelector } from '../api/generated/cloud-account.ts'
import { globMatches } from './glob.ts'

/** What an integration asks an account for, as far as the guardrail looks at it. */
export interface Ask {
  readonly namespace: string
  readonly namespaceLabels: Readonly<Record<string, string>>
  readonly vendor: string
  readonly access: string
  /** Bucket (or container) name. */
  readonly bucket: string
  /** '' is the whole bucket. */
  readonly prefix: string
  /** ARNs of KMS keys that the vendor is to use. */
  readonly kmsKeys: readonly string[]
}

/**
 * True when one rule matches the ask whole. No rules, no match: default deny. A rule that names no namespaces at
 * all matches none; omitted vendors, storage or access match any; omitted keys match none, since a key can belong to
 * anything in the account.
 */
export function isAllowed(rules: readonly AllowRule[] | undefined, ask: Ask): boolean {
  return (rules ?? []).some((rule) => ruleMatches(rule, ask))
}

function ruleMatches(rule: AllowRule, ask: Ask): boolean {
  return (
    namespaceMatches(rule, ask) &&
    anyMatches(rule.vendors, (pattern) => globMatches(pattern, ask.vendor)) &&
    anyMatches(rule.storage, (pattern) => storageMatches(pattern, ask)) &&
    anyMatches(rule.access, (level) => level === ask.access) &&
    ask.kmsKeys.every((key) => (rule.kmsKeys ?? []).some((pattern) => globMatches(pattern, key)))
  )
}

function namespaceMatches(rule: AllowRule, ask: Ask): boolean {
  if (rule.namespaces !== undefined)
    return rule.namespaces.some((pattern) => globMatches(pattern, ask.namespace))
  return rule.namespaceSelector !== undefined && selectorMatches(rule.namespaceSelector, ask.namespaceLabels)
}

function anyMatches(patterns: readonly string[] | undefined, matches: (pattern: string) => boolean): boolean {
  return patterns === undefined || patterns.some(matches)
}

/**
 * `street-*` is a bucket with all its prefixes; `street-scenes/raw/` is that prefix and what lies below it;
 * `street-scenes/team-*` matches prefixes by glob. The bucket part never reaches beyond the first slash.
 */
function storageMatches(pattern: string, { bucket, prefix }: Ask): boolean {
  const slash = pattern.indexOf('/')
  if (slash === -1) return globMatches(pattern, bucket)
  const prefixes = pattern.slice(slash + 1)
  const below = prefixes === '' || prefixes.endsWith('/') ? `${prefixes}*` : prefixes
  return globMatches(pattern.slice(0, slash), bucket) && globMatches(below, prefix)
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors; an empty one matches all. */
function selectorMatches(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const exact = Object.entries(selector.matchLabels ?? {}).every(
    ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
  )
  return (
    exact && (selector.matchExpressions ?? []).every((expression) => expressionMatches(expression, labels))
  )
}

type Expression = NonNullable<LabelSelector['matchExpressions']>[number]

function expressionMatches(
  { key, operator, values = [] }: Expression,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
