import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import { type LedgerEntry, ledgerKind } from '../ledger-kind.ts'
import { unreadable } from '../unreadable.ts'
import { bindingsAfter, bindingsIn, livingMember, type MemberPart, meaningOfMember } from './iam-bindings.ts'
import { policyBreach } from './iam-limits.ts'

/** What stands around the members. */
export interface BucketIamEnvelope {
  /** The policy as read: version, etag, and fields that this version does not know, with the bindings. */
  readonly policy: JsonObject
  readonly bucket: string
  /** Whether the bucket has uniform bucket-level access, without which it takes no conditions. */
  readonly uniformAccess: boolean
}

const LABEL = 'bucket IAM policy'

/**
 * The IAM policy of a bucket: one entry for each member of each binding. Bindings only grant, so their order means nothing.
 * https://docs.cloud.google.com/iam/docs/allow-policies
 */
export const bucketIamKind: DocumentKind<LedgerEntry<MemberPart>> = ledgerKind({
  name: 'BucketIam',
  label: LABEL,
  entryLabel: 'member',
  meaning: meaningOfMember,
  former: livingMember,
  breach,
  summary: ({ role, member, condition }) =>
    `${role} to ${member}${condition === undefined ? '' : ` where ${condition.expression}`}`,
})

/**
 * Takes a policy apart.
 *
 * @throws FaultError UnreadableDocument when it is no policy that can be written back without loss.
 */
export function decodeBucketIam(
  policy: Json | undefined,
  about: Pick<BucketIamEnvelope, 'bucket' | 'uniformAccess'>,
): Document<LedgerEntry<MemberPart>> {
  if (!isJsonObject(policy)) throw unreadable(LABEL, 'it is not an object')
  const envelope: BucketIamEnvelope = { policy, ...about }
  const parts = bindingsIn(policy, LABEL).flatMap(({ parts: members }) => members)
  return { entries: parts.map((part) => ({ part })), envelope }
}

/**
 * The policy to write; undefined where it is what was read. Always of version 3, which alone has conditions, and with the
 * etag as read, so that the write is refused when somebody else wrote in between.
 * https://docs.cloud.google.com/iam/docs/allow-policies#specifying-version-set
 */
export function encodeBucketIam(document: Document<LedgerEntry<MemberPart>>): JsonObject | undefined {
  const { policy } = document.envelope as BucketIamEnvelope
  const bindings = bindingsAfter(document.entries, bindingsIn(policy, LABEL))
  if (canonicalJson(bindings) === canonicalJson(policy.bindings ?? [])) return undefined
  return { ...policy, version: 3, bindings }
}

function breach(document: Document<LedgerEntry<MemberPart>>): LimitBreach | undefined {
  const { bucket, uniformAccess } = document.envelope as BucketIamEnvelope
  const conditional = document.entries.some(
    ({ mark, part }) => mark !== undefined && part.condition !== undefined,
  )
  if (conditional && !uniformAccess)
    return { reason: 'UniformAccessNeeded', detail: needsUniformAccess(bucket) }
  return policyBreach(encodeBucketIam(document)?.bindings)
}

/** https://docs.cloud.google.com/storage/docs/access-control/iam#conditions ("uniform bucket-level access") */
export function needsUniformAccess(bucket: string): string {
  return `the prefix becomes an IAM condition, which Cloud Storage takes only on a bucket with uniform bucket-level access. Turn it on (gcloud storage buckets update gs://${bucket} --uniform-bucket-level-access; access by ACLs ends then), or leave the prefix out`
}
