import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject, textOf } from '../../plan/json.ts'
import { type LedgerEntry, ledgerKind, partsToWrite, unmarked } from '../ledger-kind.ts'
import { asList, unreadable } from '../unreadable.ts'
import { setOf } from './text-set.ts'

/** https://docs.cloud.google.com/storage/docs/lifecycle ("up to 100 lifecycle management rules" per bucket) */
export const GCS_LIFECYCLE_RULE_LIMIT = 100

/**
 * A lifecycle rule in the API's own names; fields that this version does not know are kept.
 * https://docs.cloud.google.com/storage/docs/json_api/v1/buckets#resource-representations ("lifecycle.rule[]")
 */
export type GcsLifecycleRule = JsonObject

/** What stands around the rules. */
export interface GcsLifecycleEnvelope {
  /** What a write of the bucket is guarded by; absent where a store has none. */
  readonly metageneration: string | null
  /** `lifecycle` as read; null where the bucket has none. */
  readonly read: JsonObject | null
}

const LABEL = 'lifecycle configuration'

/**
 * A bucket's lifecycle configuration: rules as entries. Rules have no order: if several fit an object, Delete goes before
 * a move to another class, and each rule is looked at by itself.
 * https://docs.cloud.google.com/storage/docs/lifecycle ("behavior")
 */
export const gcsLifecycleKind: DocumentKind<LedgerEntry<GcsLifecycleRule>> = ledgerKind({
  name: 'Lifecycle',
  label: LABEL,
  entryLabel: 'lifecycle rule',
  meaning: meaningOfRule,
  breach,
  summary: summaryOfRule,
})

/**
 * Takes `lifecycle` of a bucket apart; undefined is a bucket without.
 *
 * @throws FaultError UnreadableDocument when it is no configuration.
 */
export function decodeGcsLifecycle(
  lifecycle: Json | undefined,
  metageneration: string | undefined,
): Document<LedgerEntry<GcsLifecycleRule>> {
  if (lifecycle !== undefined && lifecycle !== null && !isJsonObject(lifecycle))
    throw unreadable(LABEL, 'it is not an object')
  const read = lifecycle ?? null
  const envelope: GcsLifecycleEnvelope = { metageneration: metageneration ?? null, read }
  return { entries: unmarked(rulesIn(read)), envelope }
}

/** The configuration to write, null to remove it; undefined where it is what was read. */
export function encodeGcsLifecycle(
  document: Document<LedgerEntry<GcsLifecycleRule>>,
): JsonObject | null | undefined {
  const { read } = document.envelope as GcsLifecycleEnvelope
  const rules = partsToWrite(document, rulesIn(read), meaningOfRule)
  if (canonicalJson(rules) === canonicalJson(rulesIn(read))) return undefined
  const { rule: _, ...others } = read ?? {}
  return rules.length === 0 && Object.keys(others).length === 0 ? null : { ...others, rule: rules }
}

function rulesIn(lifecycle: JsonObject | null): GcsLifecycleRule[] {
  return asList(lifecycle?.rule, LABEL).map((rule) => {
    if (!isJsonObject(rule)) throw unreadable(LABEL, 'it holds something that is no rule')
    return rule
  })
}

/** Order and doubles in a list of a condition (matchesPrefix, matchesStorageClass) do not count. */
function meaningOfRule({ condition, ...others }: GcsLifecycleRule): string {
  if (!isJsonObject(condition)) return canonicalJson({ ...others, condition: condition ?? {} })
  const conditions = Object.entries(condition).map(([name, value]) => [name, setOf(value)])
  return canonicalJson({ ...others, condition: Object.fromEntries(conditions) })
}

function breach(document: Document<LedgerEntry<GcsLifecycleRule>>): LimitBreach | undefined {
  const { read } = document.envelope as GcsLifecycleEnvelope
  const { length } = partsToWrite(document, rulesIn(read), meaningOfRule)
  if (length <= GCS_LIFECYCLE_RULE_LIMIT) return undefined
  return { reason: 'TooManyRules', detail: `${length} of at most ${GCS_LIFECYCLE_RULE_LIMIT} rules` }
}

function summaryOfRule({ action, condition }: GcsLifecycleRule): string {
  const what = isJsonObject(action)
    ? [action.type, action.storageClass].flatMap((part) => (part ? textOf(part) : [])).join(' to ')
    : 'act'
  const where = isJsonObject(condition) ? canonicalJson(condition) : 'always'
  return `${what} where ${where}`
}
