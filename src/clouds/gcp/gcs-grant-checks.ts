import { isJsonObject, type JsonObject } from '../../plan/json.ts'
import type { CheckResult, GcsGrantProbe } from '../cloud.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import type { MemberPart } from './iam-bindings.ts'
import { otherGrants } from './other-grants.ts'

/**
 * What of a bucket's own settings could defeat a grant, and what its policy grants besides. What is not to be seen from the
 * bucket (deny policies, principal access boundaries, VPC Service Controls, the vendor's own side) has no check, so that
 * nothing passes unseen. Encryption has none either: also with a key of Cloud KMS it is Cloud Storage's service agent that
 * decrypts. https://docs.cloud.google.com/storage/docs/encryption/customer-managed-keys#service-agents
 *
 * @param bucket its name, @param settings it as read, @param policy its IAM policy as read, with marks.
 */
export function checkGcsGrant(
  probe: GcsGrantProbe,
  bucket: string,
  settings: JsonObject,
  policy: readonly LedgerEntry<MemberPart>[],
): readonly CheckResult[] {
  const where = `bucket "${bucket}"`
  return [
    otherGrants(where, probe, policy),
    ...requesterPays(bucket, where, settings),
    ...ipFilter(where, settings),
  ]
}

/** What a person must look at: waiting does not tell. */
const UNSEEN = { result: 'Unknown', reason: 'GrantDefeated' } as const

/** https://docs.cloud.google.com/storage/docs/requester-pays: a request must name a project that pays for it. */
function requesterPays(bucket: string, where: string, { billing }: JsonObject): CheckResult[] {
  if (!isJsonObject(billing) || billing.requesterPays !== true) return []
  const message = `${where} lets the reader pay (Requester Pays): the vendor can read only if its requests name a project that pays, which is not to be seen from here. Ask the vendor whether they do, or turn it off: gcloud storage buckets update gs://${bucket} --no-requester-pays`
  return [{ name: 'RequesterPays', ...UNSEEN, message }]
}

/** https://docs.cloud.google.com/storage/docs/ip-filtering-overview */
function ipFilter(where: string, { ipFilter: filter }: JsonObject): CheckResult[] {
  if (!isJsonObject(filter) || filter.mode !== 'Enabled') return []
  const message = `${where} has an IP filter: whether the vendor's addresses are among the allowed ones is not to be seen from here. Ask the vendor for its addresses and add them to the filter's public networks, or turn the filter off`
  return [{ name: 'IpFilter', ...UNSEEN, message }]
}
