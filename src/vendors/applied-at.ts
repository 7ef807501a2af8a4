import type { Fault } from '../api/fault.ts'
import type { StorageIntegration } from '../api/generated/storage-integration.ts'

/**
 * Where an integration was ever applied: target keys, as a JSON list. Written before the cloud is, so that a deletion
 * still knows its places when the account has come to point elsewhere meanwhile. A backup restores it with the object.
 */
export const APPLIED_AT_ANNOTATION = 'mooring.dev/applied-at'

/** The places in the annotation. A text that is no list counts as one place that nothing reaches. */
export function appliedAt({ metadata }: Pick<StorageIntegration, 'metadata'>): string[] {
  const text = metadata.annotations?.[APPLIED_AT_ANNOTATION]
  if (text === undefined || text === '') return []
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list.map(String) : [text]
  } catch {
    return [text]
  }
}

/** The annotation's value once these places are added; sorted, so that it does not change without reason. */
export function withPlaces(before: readonly string[], places: readonly string[]): string {
  return JSON.stringify([...new Set([...before, ...places])].sort())
}

/** The fault of an integration with places that its account does not reach any more; undefined when it reaches all. */
export function outOfReach(
  integration: StorageIntegration,
  account: string,
  reached: readonly string[],
): Fault | undefined {
  const lost = appliedAt(integration).filter((place) => !reached.includes(place))
  if (lost.length === 0) return undefined
  const { namespace, name } = integration.metadata
  const command = `kubectl annotate si/${name} -n ${namespace} ${APPLIED_AT_ANNOTATION}-`
  const message = `access was applied at ${lost.join(', ').slice(0, 500)}, but CloudAccount "${account}" now reaches ${reached.join(', ')}. Point the account back, so that it can be kept and taken away there. If it is the same storage under a new address: ${command}`
  return { reason: 'TargetOutOfReach', message, retry: 'OnChange' }
}
