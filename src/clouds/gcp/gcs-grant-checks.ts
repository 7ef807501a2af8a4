import { isJsonObject, type JsonObject } from '../../plan/json.ts'
import type { CheckResult, GcsGrantProbe } from '../cloud.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import type { MemberPart } from './iam-bindings.ts'

/**
 * What of a bucket's own settings could defeat a grant. What is not to be seen from the bucket (deny policies, principal
 * access boundaries, VPC Service Controls, the vendor's own side) has no check, so that nothing passes unseen.
 *
 * @param bucket its name, @param settings it as read, @param policy its IAM policy as read.
 */
export function checkGcsGrant(
  { members }: GcsGrantProbe,
  bucket: string,
  settings: JsonObject,
  policy: readonly LedgerEntry<MemberPart>[],
): readonly CheckResult[] {
  const where = `bucket "${bucket}"`
  return [
    encryption(where, settings),
    ...deletedMembers(where, members, policy),
    ...requesterPays(where, settings),
    ...ipFilter(where, settings),
  ]
}

/**
 * With a key of Cloud KMS, too, it is Cloud Storage's service agent that decrypts, so who reads needs no right on the key.
 * https://docs.cloud.google.com/storage/docs/encryption/customer-managed-keys#service-agents
 */
function encryption(where: string, { encryption: settings }: JsonObject): CheckResult {
  const key = isJsonObject(settings) ? settings.defaultKmsKeyName : undefined
  const message =
    typeof key === 'string'
      ? `${where} encrypts with ${key}, which Cloud Storage itself uses for every reader`
      : `${where} is not encrypted with a key of its own`
  return { name: 'BucketEncryption', result: 'Passed', message }
}

/** https://docs.cloud.google.com/iam/docs/principal-identifiers ("Deleted service account") */
function deletedMembers(
  where: string,
  members: readonly string[],
  policy: readonly LedgerEntry<MemberPart>[],
): CheckResult[] {
  const gone = policy.map(({ part }) => part.member).filter((member) => member.startsWith('deleted:'))
  const ours = members.filter((member) => gone.some((other) => other.startsWith(`deleted:${member}?`)))
  return ours.map((member) => ({
    name: 'MemberExists',
    result: 'Failed',
    message: `the policy of ${where} has a binding of a deleted ${member}, which grants nothing to an account that was made anew under that name. Ask the vendor which account is in use`,
    reason: 'GrantDefeated',
  }))
}

/** https://docs.cloud.google.com/storage/docs/requester-pays: a request must name a project that pays for it. */
function requesterPays(where: string, { billing }: JsonObject): CheckResult[] {
  if (!isJsonObject(billing) || billing.requesterPays !== true) return []
  const message = `${where} lets the reader pay (Requester Pays): the vendor can read only if its requests name a project that pays, which is not to be seen from here`
  return [{ name: 'RequesterPays', result: 'Unknown', message }]
}

/** https://docs.cloud.google.com/storage/docs/ip-filtering-overview */
function ipFilter(where: string, { ipFilter: filter }: JsonObject): CheckResult[] {
  if (!isJsonObject(filter) || filter.mode !== 'Enabled') return []
  const message = `${where} has an IP filter: whether the vendor's addresses are among the allowed ones is not to be seen from here`
  return [{ name: 'IpFilter', result: 'Unknown', message }]
}
