import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject, textOf } from '../../plan/json.ts'
import { type LedgerEntry, ledgerKind, partsToWrite, unmarked } from '../ledger-kind.ts'
import { asList, unreadable } from '../unreadable.ts'

/**
 * A CORS rule of a blob service in the API's own names; fields that this version does not know are kept.
 * https://learn.microsoft.com/rest/api/storagerp/blob-services/set-service-properties#corsrule
 */
export type BlobCorsRule = JsonObject

/** What stands around the rules. */
export interface BlobCorsEnvelope {
  /** The rules as read; what stands beside them is read again right before a write. */
  readonly read: readonly BlobCorsRule[]
}

const LABEL = 'CORS rules of the blob service'
/** https://learn.microsoft.com/rest/api/storagerp/blob-services/set-service-properties#corsrules ("up to five CorsRule elements") */
export const RULES_LIMIT = 5
/** Bytes of all rules, XML tags not counted. https://learn.microsoft.com/rest/api/storageservices/cross-origin-resource-sharing--cors--support-for-the-azure-storage-services#enabling-cors-for-azure-storage */
export const SIZE_LIMIT = 2_048

/**
 * The CORS rules of a storage account's blob service, which all of its containers share. Azure answers by the first rule that
 * fits, so ours are appended and a stranger's rule keeps its precedence.
 * https://learn.microsoft.com/rest/api/storageservices/cross-origin-resource-sharing--cors--support-for-the-azure-storage-services#understanding-cors-rule-evaluation-logic
 */
export const blobCorsKind: DocumentKind<LedgerEntry<BlobCorsRule>> = ledgerKind({
  name: 'Cors',
  label: LABEL,
  entryLabel: 'CORS rule',
  meaning: meaningOfRule,
  breach,
  summary: (rule) => `${listed(rule.allowedMethods)} from ${listed(rule.allowedOrigins)}`,
})

/**
 * Takes the CORS rules out of a blob service.
 *
 * @throws FaultError UnreadableDocument when they are no list of rules.
 */
export function decodeBlobCors(service: Json | undefined): Document<LedgerEntry<BlobCorsRule>> {
  const rules = rulesIn(service)
  const envelope: BlobCorsEnvelope = { read: rules }
  return { entries: unmarked(rules), envelope }
}

/** The rules to write; undefined where they are what was read. */
export function encodeBlobCors(document: Document<LedgerEntry<BlobCorsRule>>): BlobCorsRule[] | undefined {
  const { read } = document.envelope as BlobCorsEnvelope
  const rules = partsToWrite(document, read, meaningOfRule)
  return canonicalJson(rules) === canonicalJson(read) ? undefined : rules
}

/** The CORS rules of a blob service as read; one without has none. */
export function rulesIn(service: Json | undefined): BlobCorsRule[] {
  if (!isJsonObject(service)) throw unreadable('blob service', 'it is not an object')
  const { properties } = service
  const cors = isJsonObject(properties) ? (properties.cors ?? {}) : {}
  if (!isJsonObject(cors)) throw unreadable(LABEL, 'they are not an object')
  return asList(cors.corsRules, LABEL).map((rule) => {
    if (!isJsonObject(rule)) throw unreadable(LABEL, 'they hold something that is no rule')
    return rule
  })
}

function breach(document: Document<LedgerEntry<BlobCorsRule>>): LimitBreach | undefined {
  const { read } = document.envelope as BlobCorsEnvelope
  const rules = partsToWrite(document, read, meaningOfRule)
  const size = rules.reduce((sum, rule) => sum + sizeOf(rule), 0)
  if (rules.length > RULES_LIMIT) {
    const others = document.entries.filter(({ mark }) => mark === undefined).length
    const whose = others === 0 ? '' : `, ${others} of them made by others`
    return { reason: 'TooManyRules', detail: `${rules.length} of at most ${RULES_LIMIT} rules${whose}` }
  }
  if (size > SIZE_LIMIT)
    return { reason: 'TooManyRules', detail: `rules of ${size} of at most ${SIZE_LIMIT} bytes` }
  return undefined
}

/** Lists are sent as one text each, with commas. */
function sizeOf(rule: BlobCorsRule): number {
  const texts = Object.values(rule).map((value) =>
    Array.isArray(value) ? value.map(textOf).join(',') : textOf(value),
  )
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}

/** Order and doubles in a list do not count, nor does the case of HTTP header names; that of origins does. */
function meaningOfRule({
  allowedOrigins,
  allowedMethods,
  allowedHeaders,
  exposedHeaders,
  maxAgeInSeconds,
  ...others
}: BlobCorsRule): string {
  return canonicalJson({
    ...others,
    allowedOrigins: setOf(allowedOrigins),
    allowedMethods: setOf(allowedMethods, (method) => method.toUpperCase()),
    allowedHeaders: setOf(allowedHeaders, (name) => name.toLowerCase()),
    exposedHeaders: setOf(exposedHeaders, (name) => name.toLowerCase()),
    maxAgeInSeconds: maxAgeInSeconds ?? 0,
  })
}

/** A list whose order and doubles do not count; anything else stays as it is. */
function setOf(value: Json | undefined, form: (text: string) => string = (text) => text): Json {
  const list = value ?? []
  if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) return list
  return [...new Set(list.map(form))].sort()
}

function listed(value: Json | undefined): string {
  return Array.isArray(value) ? value.map(textOf).join(', ') : ''
}
