import { FaultError } from '../../api/fault.ts'
import type { Document, DocumentKind } from '../../plan/document.ts'
import { isJsonObject } from '../../plan/json.ts'
import { decodePolicy, encodePolicy, policyKind } from './policy-document.ts'
import { type Statement, textsOf } from './statement.ts'

/**
 * The largest key policy in bytes.
 * https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html ("Key policy document size: 32 KB (32,768 bytes)")
 */
export const KEY_POLICY_LIMIT_BYTES = 32_768

const LABEL = 'key policy'

/**
 * The policy of a KMS key: statements as entries; Version, Id and unknown fields as envelope.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
 */
export const keyPolicyKind: DocumentKind<Statement> = policyKind({
  name: 'KeyPolicy',
  label: LABEL,
  limitBytes: KEY_POLICY_LIMIT_BYTES,
})

/** @throws FaultError UnreadableDocument when the text is no policy that can be written back without loss. */
export function decodeKeyPolicy(text: string): Document<Statement> {
  return decodePolicy(text, LABEL)
}

/**
 * The policy's text. Every key has a policy, and one without statements would lock everybody out.
 *
 * @throws FaultError InvalidDocument when no statement is left.
 */
export function encodeKeyPolicy(document: Document<Statement>): string {
  const text = encodePolicy(document)
  if (text !== undefined) return text
  throw new FaultError({
    reason: 'InvalidDocument',
    message:
      'no statement would be left in the key policy, and nobody could use or manage the key any more. Nothing was written.',
    retry: 'Slow',
  })
}

/**
 * The principal for which KMS most likely refused to take `after`, since it does not say which. Before anything of ours, one
 * that stood there already and was deleted since: it shows as a bare id. Else the only principal that is new.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
 */
export function suspectIn(before: Document<Statement>, after: Document<Statement>): string | undefined {
  const [old, all] = [before, after].map(({ entries }) => new Set(entries.flatMap(awsPrincipals)))
  const deleted = [...(all ?? [])].find((principal) => /^A(?:ROA|IDA|GPA)[A-Z0-9]{12,}$/.test(principal))
  if (deleted !== undefined) return deleted
  const fresh = [...(all ?? [])].filter((principal) => principal !== '*' && !old?.has(principal))
  return fresh.length === 1 ? fresh[0] : undefined
}

function awsPrincipals({ Principal, NotPrincipal }: Statement): string[] {
  return [Principal, NotPrincipal].flatMap((principal) =>
    isJsonObject(principal) && principal.AWS !== undefined ? textsOf(principal.AWS) : [],
  )
}
