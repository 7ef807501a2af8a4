import { canonicalJson } from '../../plan/json.ts'

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleRule.html, in the API's own names. */
export interface LifecycleRule {
  /** At most 255 characters; S3 makes one up where it is left out. */
  readonly ID?: string | undefined
  /** The old form: a prefix beside Status instead of a Filter. */
  readonly Prefix?: string | undefined
  /** One condition, or several in And; empty: every object. */
  readonly Filter?: LifecycleFilter | undefined
  readonly Status: string | undefined
  readonly Expiration?: LifecycleExpiration | undefined
  readonly Transitions?: readonly LifecycleTransition[] | undefined
  readonly NoncurrentVersionTransitions?: readonly NoncurrentTransition[] | undefined
  readonly NoncurrentVersionExpiration?: NoncurrentExpiration | undefined
  readonly AbortIncompleteMultipartUpload?: { readonly DaysAfterInitiation?: number | undefined } | undefined
}

export interface LifecycleFilter extends LifecycleConditions {
  readonly Tag?: LifecycleTag | undefined
  readonly And?: (LifecycleConditions & { readonly Tags?: readonly LifecycleTag[] | undefined }) | undefined
}

interface LifecycleConditions {
  readonly Prefix?: string | undefined
  /** Bytes. */
  readonly ObjectSizeGreaterThan?: number | undefined
  /** Bytes. */
  readonly ObjectSizeLessThan?: number | undefined
}

export interface LifecycleTag {
  readonly Key: string | undefined
  readonly Value: string | undefined
}

/** Days, or a day at midnight UTC, or markers that are left when all versions are gone. */
export interface LifecycleExpiration {
  readonly Days?: number | undefined
  readonly Date?: Date | undefined
  readonly ExpiredObjectDeleteMarker?: boolean | undefined
}

export interface LifecycleTransition {
  readonly Days?: number | undefined
  readonly Date?: Date | undefined
  readonly StorageClass?: string | undefined
}

export interface NoncurrentTransition {
  readonly NoncurrentDays?: number | undefined
  readonly NewerNoncurrentVersions?: number | undefined
  readonly StorageClass?: string | undefined
}

export interface NoncurrentExpiration {
  readonly NoncurrentDays?: number | undefined
  readonly NewerNoncurrentVersions?: number | undefined
}

/**
 * A rule's meaning: what it selects, whatever the form (Prefix, Filter, And; an empty prefix or filter selects all), and
 * what it does, whatever the order of tags and transitions. Fields that nobody here knows count as they are.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-filters.html
 */
export function canonicalRule(rule: LifecycleRule): Record<string, unknown> {
  const { ID: _, Prefix, Filter, Expiration, Transitions, NoncurrentVersionTransitions, ...others } = rule
  return {
    ...others,
    selects: selectionOf(rule),
    expiration: expirationOf(Expiration),
    transitions: unordered(Transitions),
    noncurrentTransitions: unordered(NoncurrentVersionTransitions),
  }
}

/** The prefixes that a rule selects by, normally one; an empty text stands for every object. */
export function prefixesOf({ Prefix, Filter }: LifecycleRule): string[] {
  const prefixes = [Prefix, Filter?.Prefix, Filter?.And?.Prefix].filter((prefix) => (prefix ?? '') !== '')
  return prefixes.length === 0 ? [''] : distinct(prefixes as string[])
}

/** Every condition that stands anywhere in the rule; all of them must hold. */
function selectionOf(rule: LifecycleRule): Record<string, unknown> {
  const {
    Prefix: _prefix,
    Tag,
    ObjectSizeGreaterThan,
    ObjectSizeLessThan,
    And,
    ...others
  } = rule.Filter ?? {}
  const {
    Prefix: _andPrefix,
    Tags = [],
    ObjectSizeGreaterThan: over,
    ObjectSizeLessThan: under,
    ...more
  } = And ?? {}
  return {
    prefixes: prefixesOf(rule),
    tags: unordered([...Tags, ...(Tag === undefined ? [] : [Tag])]),
    over: unordered([ObjectSizeGreaterThan, over].filter((bytes) => bytes !== undefined)),
    under: unordered([ObjectSizeLessThan, under].filter((bytes) => bytes !== undefined)),
    others: { ...others, ...more },
  }
}

/**
 * `ExpiredObjectDeleteMarker: false` is as good as none ("the policy takes no action",
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html), and so is an empty expiration.
 */
function expirationOf(expiration: LifecycleExpiration | undefined): unknown {
  if (expiration === undefined) return undefined
  const { ExpiredObjectDeleteMarker: markers, ...when } = expiration
  const meant = markers === true ? { ...when, markers } : when
  return Object.values(meant).some((value) => value !== undefined) ? meant : undefined
}

function unordered(values: readonly unknown[] | undefined): unknown[] | undefined {
  return values === undefined || values.length === 0 ? undefined : distinct(values.map(canonicalJson))
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort()
}
