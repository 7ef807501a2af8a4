import type { Document, DocumentKind } from '../../plan/document.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject, textOf } from '../../plan/json.ts'
import { type LedgerEntry, ledgerKind, partsToWrite, unmarked } from '../ledger-kind.ts'
import { asList, unreadable } from '../unreadable.ts'
import { setOf } from './text-set.ts'

/**
 * A CORS rule of a bucket in the API's own names; fields that this version does not know are kept.
 * https://docs.cloud.google.com/storage/docs/json_api/v1/buckets#resource-representations ("cors[]")
 */
export type GcsCorsRule = JsonObject

/** What stands around the rules. */
export interface GcsCorsEnvelope {
  /** What a write of the bucket is guarded by; absent where a store has none. */
  readonly metageneration: string | null
  /** The rules as read. */
  readonly read: readonly GcsCorsRule[]
}

const LABEL = 'CORS configuration'

/**
 * A bucket's CORS configuration: rules as entries. Cloud Storage answers with the first rule that matches origin and
 * method, so ours are appended and a stranger's rule keeps its precedence.
 * https://docs.cloud.google.com/storage/docs/xml-api/put-bucket-cors ("evaluated in the order listed")
 *
 * Google documents no limit of rules, so none is checked here.
 */
export const gcsCorsKind: DocumentKind<LedgerEntry<GcsCorsRule>> = ledgerKind({
  name: 'Cors',
  label: LABEL,
  entryLabel: 'CORS rule',
  meaning: meaningOfRule,
  breach: () => undefined,
  summary: (rule) => `${listed(rule.method)} from ${listed(rule.origin)}`,
})

/**
 * Takes `cors` of a bucket apart; undefined is a bucket without.
 *
 * @throws FaultError UnreadableDocument when it is no list of rules.
 */
export function decodeGcsCors(
  cors: Json | undefined,
  metageneration: string | undefined,
): Document<LedgerEntry<GcsCorsRule>> {
  const rules = asList(cors, LABEL).map((rule) => {
    if (!isJsonObject(rule)) throw unreadable(LABEL, 'it holds something that is no rule')
    return rule
  })
  const envelope: GcsCorsEnvelope = { metageneration: metageneration ?? null, read: rules }
  return { entries: unmarked(rules), envelope }
}

/** The rules to write; undefined where they are what was read. */
export function encodeGcsCors(document: Document<LedgerEntry<GcsCorsRule>>): GcsCorsRule[] | undefined {
  const { read } = document.envelope as GcsCorsEnvelope
  const rules = partsToWrite(document, read, meaningOfRule)
  return canonicalJson(rules) === canonicalJson(read) ? undefined : rules
}

/** Order and doubles in a list do not count, nor does the case of HTTP header names. */
function meaningOfRule({ origin, method, responseHeader, maxAgeSeconds, ...others }: GcsCorsRule): string {
  return canonicalJson({
    ...others,
    origin: setOf(origin ?? []),
    method: setOf(method ?? []),
    responseHeader: setOf(responseHeader ?? [], (name) => name.toLowerCase()),
    maxAgeSeconds: maxAgeSeconds ?? null,
  })
}

function listed(value: Json | undefined): string {
  return Array.isArray(value) ? value.map(textOf).join(', ') : ''
}
