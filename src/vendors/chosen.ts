import type { StorageIntegration } from '../api/generated/storage-integration.ts'

/**
 * The external ID that Mooring chose for an integration, as `namespace/name value`. It is written once the role is seen to
 * have it, so that a role that somebody deleted gets it back: the vendor knows no other. A backup restores it with the
 * object. It is no secret (status.outputs shows it), and names its owner, so that a copy of the object does not inherit it.
 */
export const CHOSEN_ANNOTATION = 'mooring.dev/external-id'

/** What Mooring chooses: 128 bits as hexadecimal digits. */
const FORM = /^(\S+) ([0-9a-f]{32})$/

/** The value chosen earlier; undefined for what is none of ours. */
export function chosenFor(
  owner: string,
  { metadata }: Pick<StorageIntegration, 'metadata'>,
): string | undefined {
  const [, named, value] = FORM.exec(metadata.annotations?.[CHOSEN_ANNOTATION] ?? '') ?? []
  return named === owner ? value : undefined
}

/** The annotation's value; undefined for a value that Mooring did not choose. */
export function chosenText(owner: string, value: string): string | undefined {
  const text = `${owner} ${value}`
  return FORM.test(text) ? text : undefined
}
