import type { Fault } from '../api/fault.ts'
import type { StorageIntegration } from '../api/generated/storage-integration.ts'
import { DOCUMENT_NAMES, type DocumentName } from '../plan/document.ts'

/**
 * Where an integration was ever applied, and in which documents there: target keys with document names, as a JSON object.
 * Written before the cloud is, so that a deletion still knows its places when the account has come to point elsewhere, or
 * the vendor is gone. A backup restores it with the object.
 */
export const APPLIED_AT_ANNOTATION = 'mooring.dev/applied-at'

/** Holds an integration until its access is taken away in the cloud. */
export const FINALIZER = 'mooring.dev/revoke'

/** Documents by target key. */
export type Places = ReadonlyMap<string, readonly DocumentName[]>

/** Version 0.1.0 wrote a list of target keys, when there were these two documents. */
const FIRST_DOCUMENTS: readonly DocumentName[] = ['BucketPolicy', 'Cors']

/** The places in the annotation. A text that is none of ours counts as one place that nothing reaches. */
export function appliedAt({ metadata }: Pick<StorageIntegration, 'metadata'>): Places {
  const text = metadata.annotations?.[APPLIED_AT_ANNOTATION]
  if (text === undefined || text === '') return new Map()
  const value = parsed(text)
  if (Array.isArray(value)) return new Map(value.map((place) => [String(place), FIRST_DOCUMENTS]))
  if (typeof value !== 'object' || value === null) return new Map([[text, []]])
  return new Map(Object.entries(value).map(([place, names]) => [place, documentsIn(names)]))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function documentsIn(names: unknown): DocumentName[] {
  return DOCUMENT_NAMES.filter((name) => Array.isArray(names) && names.includes(name))
}

/** Both together. */
export function joinedPlaces(a: Places, b: Places): Places {
  const keys = [...new Set([...a.keys(), ...b.keys()])].sort()
  const inBoth = (key: string) =>
    DOCUMENT_NAMES.filter((name) => a.get(key)?.includes(name) || b.get(key)?.includes(name))
  return new Map(keys.map((key) => [key, inBoth(key)]))
}

/** Without these places. */
export function withoutPlaces(places: Places, gone: readonly string[]): Places {
  return new Map([...places].filter(([place]) => !gone.includes(place)))
}

/** The annotation's value; sorted, so that it does not change without reason. */
export function placesText(places: Places): string {
  return JSON.stringify(Object.fromEntries([...places].sort(([a], [b]) => (a < b ? -1 : 1))))
}

/**
 * The fault of a leaving integration of which nobody knows any more where it was applied: its vendor is gone or unusable, and so
 * are the places that were written down. Letting it go would leave its access open.
 */
export function forgotten({ metadata, spec }: StorageIntegration): Fault | undefined {
  const isHeld = metadata.finalizers?.includes(FINALIZER) === true
  if (!isHeld || metadata.annotations?.[APPLIED_AT_ANNOTATION] !== undefined) return undefined
  const message = `annotation ${APPLIED_AT_ANNOTATION}, which said where access was applied, was removed, and StorageVendor "${spec.vendor}" does not say it now. Apply the vendor again, so that all of it is found and taken away.`
  return { reason: 'TargetOutOfReach', message, retry: 'OnChange' }
}

/** The fault of an integration with places that its account does not reach any more; undefined when it reaches all. */
export function outOfReach(
  integration: StorageIntegration,
  account: string,
  reached: readonly string[],
): Fault | undefined {
  const lost = [...appliedAt(integration).keys()].filter((place) => !reached.includes(place))
  if (lost.length === 0) return undefined
  const { namespace, name } = integration.metadata
  const command = `kubectl annotate si/${name} -n ${namespace} ${APPLIED_AT_ANNOTATION}-`
  const message = `access was applied at ${lost.join(', ').slice(0, 500)}, but CloudAccount "${account}" now reaches ${reached.join(', ')}. Point the account back, so that it can be kept and taken away there. If it is the same storage under a new address: ${command}`
  return { reason: 'TargetOutOfReach', message, retry: 'OnChange' }
}
