import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { canonicalJson } from '../../plan/json.ts'

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html ("up to 100 rules") */
export const CORS_RULE_LIMIT = 100
/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html ("limited to 64 KB in size") */
export const CORS_LIMIT_BYTES = 65_536

/** An S3 CORS rule in the API's own names. */
export interface CorsRule {
  readonly ID?: string | undefined
  readonly AllowedHeaders?: readonly string[] | undefined
  readonly AllowedMethods: readonly string[] | undefined
  readonly AllowedOrigins: readonly string[] | undefined
  readonly ExposeHeaders?: readonly string[] | undefined
  readonly MaxAgeSeconds?: number | undefined
}

/**
 * A bucket's CORS configuration: rules as entries, no envelope. S3 answers with the first rule that matches, so
 * ours are appended and a stranger's rule keeps its precedence.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
 */
export const corsKind: DocumentKind<CorsRule> = {
  name: 'Cors',
  label: 'CORS configuration',
  entryLabel: 'CORS rule',
  mark: (rule) => rule.ID,
  withMark: (rule, mark) => ({ ...rule, ID: mark }),
  meaning: (rule) => canonicalJson(canonicalRule(rule)),
  identity: canonicalJson,
  breach,
  summary: (rule) => `${list(rule.AllowedMethods)} from ${list(rule.AllowedOrigins)}`,
}

/** Rules as read; no rules (no configuration) is an empty document. */
export function decodeCors(rules: readonly CorsRule[] | undefined): Document<CorsRule> {
  return { entries: rules ?? [], envelope: null }
}

function canonicalRule(rule: CorsRule): Record<string, unknown> {
  return {
    origins: [...new Set(rule.AllowedOrigins)].sort(),
    methods: [...new Set(rule.AllowedMethods)].sort(),
    headers: lowered(rule.AllowedHeaders),
    exposed: lowered(rule.ExposeHeaders),
    maxAge: rule.MaxAgeSeconds ?? null,
  }
}

/** HTTP header names ignore case. */
function lowered(names: readonly string[] | undefined): string[] {
  return [...new Set((names ?? []).map((name) => name.toLowerCase()))].sort()
}

function breach({ entries }: Document<CorsRule>): LimitBreach | undefined {
  if (entries.length > CORS_RULE_LIMIT) {
    return { reason: 'TooManyRules', detail: `${entries.length} of at most ${CORS_RULE_LIMIT} rules` }
  }
  const bytes = entries.reduce((sum, rule) => sum + xmlBytes(rule), 0)
  if (bytes <= CORS_LIMIT_BYTES) return undefined
  return { reason: 'TooManyRules', detail: `about ${bytes} of at most ${CORS_LIMIT_BYTES} bytes` }
}

/** The rule's size as XML, rounded up: every value in its longest element. */
function xmlBytes(rule: CorsRule): number {
  const values = [rule.AllowedHeaders, rule.AllowedMethods, rule.AllowedOrigins, rule.ExposeHeaders].flatMap(
    (v) => v ?? [],
  )
  const texts = [...values, rule.ID ?? '', String(rule.MaxAgeSeconds ?? '')]
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 2 * '<AllowedOrigin>'.length + 1, 25)
}

function list(values: readonly string[] | undefined): string {
  return (values ?? []).join(', ')
}
