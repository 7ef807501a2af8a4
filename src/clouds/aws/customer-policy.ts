import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DeletePolicyVersionCommand,
  ListPolicyVersionsCommand,
  type PolicyVersion,
} from '@aws-sdk/client-iam'
import { FaultError } from '../../api/fault.ts'
import { retryOf } from '../../api/reasons.ts'
import { absentAsUndefined, type IamAccess, sendToIam, takenAsUndefined } from './iam-requests.ts'
import { ownVersion, policyTags } from './read-role.ts'
import type { Tags } from './role-ledger.ts'
import type { RoleStep } from './role-steps.ts'

/**
 * Versions that a managed policy can have at a time.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html ("Managed policy versions: 5")
 */
const VERSION_LIMIT = 5

/** One customer-managed policy that Mooring makes for a role. */
export interface CustomerPolicy {
  readonly role: string
  readonly policy: string
  readonly arn: string
  readonly path: string
  /** Of the role; the policy's own tags are made from them. */
  readonly tags: Tags
}

/**
 * Makes the policy, or gives it a new default version; the oldest version goes where there is no room for one more.
 *
 * @throws FaultError Conflict when somebody else made a policy of this name: it is not touched. LostRace when the policy
 * was taken for new and is Mooring's own: it was left from an earlier role, and may hold what strangers put there.
 */
export async function saveCustomerPolicy(
  iam: IamAccess,
  subject: CustomerPolicy,
  { document, description, isNew }: Extract<RoleStep, { do: 'SaveCustomerPolicy' }>,
  signal: AbortSignal,
): Promise<void> {
  const { role, policy, arn, path, tags } = subject
  const made = await sendToIam(
    iam,
    { operation: 'CreatePolicy', role, policy },
    (client, abort) =>
      client
        .send(
          new CreatePolicyCommand({
            PolicyName: policy,
            Path: path,
            PolicyDocument: document,
            Description: description,
            Tags: Object.entries(policyTags(role, tags)).map(([Key, Value]) => ({ Key, Value })),
          }),
          abort,
        )
        .catch(takenAsUndefined),
    signal,
  )
  if (made !== undefined) return
  const current = await ownVersion(iam, role, arn, policy, tags, signal)
  if (current === undefined) throw someoneElses(subject)
  if (isNew) throw leftOver(subject)
  await makeRoom(iam, subject, signal)
  await sendToIam(
    iam,
    { operation: 'CreatePolicyVersion', role, policy },
    (client, abort) =>
      client.send(
        new CreatePolicyVersionCommand({ PolicyArn: arn, PolicyDocument: document, SetAsDefault: true }),
        abort,
      ),
    signal,
  )
}

/** Deletes the policy with all its versions; it must be attached to nobody. */
export async function deleteCustomerPolicy(
  iam: IamAccess,
  subject: CustomerPolicy,
  signal: AbortSignal,
): Promise<void> {
  const { role, policy, arn } = subject
  for (const version of await spareVersions(iam, subject, signal))
    await dropVersion(iam, subject, version, signal)
  await sendToIam(
    iam,
    { operation: 'DeletePolicy', role, policy },
    (client, abort) =>
      client.send(new DeletePolicyCommand({ PolicyArn: arn }), abort).catch(absentAsUndefined),
    signal,
  )
}

async function makeRoom(iam: IamAccess, subject: CustomerPolicy, signal: AbortSignal): Promise<void> {
  const spare = await spareVersions(iam, subject, signal)
  const [oldest] = spare
  if (oldest !== undefined && spare.length + 1 >= VERSION_LIMIT)
    await dropVersion(iam, subject, oldest, signal)
}

/** Versions that are not the default one, the oldest first. */
async function spareVersions(
  iam: IamAccess,
  { role, policy, arn }: CustomerPolicy,
  signal: AbortSignal,
): Promise<string[]> {
  const answer = await sendToIam(
    iam,
    { operation: 'ListPolicyVersions', role, policy },
    (client, abort) =>
      client.send(new ListPolicyVersionsCommand({ PolicyArn: arn }), abort).catch(absentAsUndefined),
    signal,
  )
  const spare = (answer?.Versions ?? []).filter(({ IsDefaultVersion }) => IsDefaultVersion !== true)
  return spare.sort((a, b) => numberOf(a) - numberOf(b)).flatMap(({ VersionId }) => VersionId ?? [])
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html ("v1", "v2", …) */
function numberOf({ VersionId = '' }: PolicyVersion): number {
  return Number(/^v(\d+)/.exec(VersionId)?.[1] ?? 0)
}

async function dropVersion(
  iam: IamAccess,
  { role, policy, arn }: CustomerPolicy,
  VersionId: string,
  signal: AbortSignal,
): Promise<void> {
  await sendToIam(
    iam,
    { operation: 'DeletePolicyVersion', role, policy },
    (client, abort) =>
      client
        .send(new DeletePolicyVersionCommand({ PolicyArn: arn, VersionId }), abort)
        .catch(absentAsUndefined),
    signal,
  )
}

function someoneElses({ policy, arn, role }: CustomerPolicy): FaultError {
  return new FaultError({
    reason: 'Conflict',
    message: `somebody else made the managed policy ${arn}, so it is not touched, and role "${role}" is left without it. Remove or rename policy "${policy}"; then it is tried again by itself.`,
    retry: retryOf('Conflict'),
  })
}

function leftOver({ arn, role }: CustomerPolicy): FaultError {
  return new FaultError({
    reason: 'LostRace',
    message: `the managed policy ${arn} was there already, from an earlier role "${role}". At the next look it is read, and what others put into it is kept.`,
    retry: retryOf('LostRace'),
  })
}
