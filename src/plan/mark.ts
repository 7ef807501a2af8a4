import { createHash } from 'node:crypto'

/**
 * An ownership mark is `Mooring` and 32 hexadecimal digits, legal as a statement's Sid (letters and digits only,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html) and as a rule ID:
 *
 *     Mooring  8 digits               16 digits                    8 digits
 *              installation × target  installation × target × owner  entry
 *
 * The target takes part, so that a copy of our entry in another bucket is not ours. The owner is the integration's
 * namespace/name, not its UID, which a backup restore changes.
 */
const PATTERN = /^Mooring([0-9a-f]{8})([0-9a-f]{16})([0-9a-f]{8})$/

/** A mark taken apart. */
export interface MarkParts {
  readonly installation: string
  readonly owner: string
  readonly entry: string
}

/** The mark of one entry of one owner at one target. `target` is the cloud's own name for it (s3://bucket). */
export function markOf(installation: string, target: string, owner: string, entry: string): string {
  return `Mooring${installationTag(installation, target)}${ownerTag(installation, target, owner)}${entryTag(entry)}`
}

/** The installation's digits in every mark it makes at this target. */
export function installationTag(installation: string, target: string): string {
  return digest(8, 'installation', installation, target)
}

/** The owner's digits in every mark it has at this target. */
export function ownerTag(installation: string, target: string, owner: string): string {
  return digest(16, 'owner', installation, target, owner)
}

/** The digits of one entry's name in its mark. */
export function entryTag(entry: string): string {
  return digest(8, 'entry', entry)
}

/** The parts of a mark, or undefined for anything that is not one. */
export function parseMark(text: string | undefined): MarkParts | undefined {
  const match = text === undefined ? null : PATTERN.exec(text)
  if (match === null) return undefined
  const [, installation = '', owner = '', entry = ''] = match
  return { installation, owner, entry }
}

/** So many hexadecimal digits of the SHA-256 of these texts. */
export function digest(length: number, ...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, length)
}
