import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  type Role,
  type Tag,
} from '@aws-sdk/client-iam'
import type { HostRole } from './attached-document.ts'
import { absentAsUndefined, type IamAccess, sendToIam } from './iam-requests.ts'
import type { ReadRole } from './role-document.ts'
import { asTagValue, installationIn, policiesIn, type Tags } from './role-ledger.ts'

/** IAM's own default. https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html (MaxSessionDuration) */
const DEFAULT_SESSION_SECONDS = 3_600

/** Everything that a role is made of; undefined where there is none. Of a stranger's role only its tags are looked at. */
export async function readRole(
  iam: IamAccess,
  role: string,
  signal: AbortSignal,
): Promise<FoundRole | undefined> {
  const found = await askRole(iam, role, signal)
  if (found === undefined) return undefined
  const tags = tagsOf(found.Tags)
  const made = {
    arn: found.Arn ?? '',
    settings: settingsOf(found),
    tags,
    trust: decoded(found.AssumeRolePolicyDocument),
  }
  if (installationIn(tags) === undefined) return { ...made, ...NOTHING }
  return {
    ...made,
    inline: await inlinePolicies(iam, role, signal),
    customer: await customerPolicies(iam, role, made.settings.path, tags, signal),
    attached: await attachedPolicies(iam, role, signal),
  }
}

/** Somebody else's role, as far as inline policies may be put into it; undefined where there is none. */
export async function readHost(
  iam: IamAccess,
  role: string,
  signal: AbortSignal,
): Promise<FoundHost | undefined> {
  const found = await askRole(iam, role, signal)
  if (found === undefined) return undefined
  const inline = await inlinePolicies(iam, role, signal)
  return { arn: found.Arn ?? '', tags: tagsOf(found.Tags), inline }
}

/** Somebody else's role as read, with its ARN. */
export interface FoundHost extends HostRole {
  readonly arn: string
}

async function askRole(iam: IamAccess, role: string, signal: AbortSignal): Promise<Role | undefined> {
  const answer = await sendToIam(
    iam,
    { operation: 'GetRole', role },
    (client, abort) => client.send(new GetRoleCommand({ RoleName: role }), abort).catch(absentAsUndefined),
    signal,
  )
  return answer?.Role
}

/** Its trust policy now; undefined where there is no such role. */
export async function readTrust(
  iam: IamAccess,
  role: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await askRole(iam, role, signal)
  return found === undefined ? undefined : decoded(found.AssumeRolePolicyDocument)
}

/** A role as read, with its ARN. */
export interface FoundRole extends ReadRole {
  readonly arn: string
}

const NOTHING = { inline: new Map<string, string>(), customer: new Map<string, string>(), attached: [] }

/** The ARN of a customer-managed policy that Mooring makes for a role; it lies where the role lies. */
export function policyArn({ partition, accountId }: IamAccess, path: string, name: string): string {
  return `arn:${partition}:iam::${accountId}:policy${path}${name}`
}

/** What a customer-managed policy of a role is tagged with. */
export function policyTags(role: string, roleTags: Tags): Tags {
  return { 'mooring.dev/installation': installationIn(roleTags) ?? '', 'mooring.dev/role': asTagValue(role) }
}

export function tagsOf(tags: readonly Tag[] | undefined): Tags {
  return Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]))
}

function settingsOf(role: Role): ReadRole['settings'] {
  const boundary = role.PermissionsBoundary?.PermissionsBoundaryArn
  return {
    in: 'Role',
    path: role.Path ?? '/',
    description: role.Description ?? '',
    maxSessionDuration: role.MaxSessionDuration ?? DEFAULT_SESSION_SECONDS,
    ...(boundary === undefined ? {} : { boundary }),
  }
}

/**
 * Policies come in URL encoding (RFC 3986).
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
 */
function decoded(document: string | undefined): string {
  const text = document ?? ''
  return text.startsWith('%') ? decodeURIComponent(text) : text
}

async function inlinePolicies(
  iam: IamAccess,
  role: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const policies = new Map<string, string>()
  for (const policy of await inlineNames(iam, role, signal)) {
    const text = await readInlinePolicy(iam, role, policy, signal)
    if (text !== undefined) policies.set(policy, text)
  }
  return policies
}

/** An inline policy now; undefined where there is none of that name. */
export async function readInlinePolicy(
  iam: IamAccess,
  role: string,
  policy: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await sendToIam(
    iam,
    { operation: 'GetRolePolicy', role, policy },
    (client, abort) =>
      client
        .send(new GetRolePolicyCommand({ RoleName: role, PolicyName: policy }), abort)
        .catch(absentAsUndefined),
    signal,
  )
  return answer === undefined ? undefined : decoded(answer.PolicyDocument)
}

async function inlineNames(iam: IamAccess, role: string, signal: AbortSignal): Promise<string[]> {
  const names: string[] = []
  let Marker: string | undefined
  do {
    const page = await sendToIam(
      iam,
      { operation: 'ListRolePolicies', role },
      (client, abort) => client.send(new ListRolePoliciesCommand({ RoleName: role, Marker }), abort),
      signal,
    )
    names.push(...(page.PolicyNames ?? []))
    Marker = page.IsTruncated === true ? page.Marker : undefined
  } while (Marker !== undefined)
  return names
}

async function attachedPolicies(iam: IamAccess, role: string, signal: AbortSignal): Promise<string[]> {
  const arns: string[] = []
  let Marker: string | undefined
  do {
    const page = await sendToIam(
      iam,
      { operation: 'ListAttachedRolePolicies', role },
      (client, abort) => client.send(new ListAttachedRolePoliciesCommand({ RoleName: role, Marker }), abort),
      signal,
    )
    arns.push(...(page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []))
    Marker = page.IsTruncated === true ? page.Marker : undefined
  } while (Marker !== undefined)
  return arns
}

/** Those that the role's tags list, as far as they exist and are Mooring's own by their tags. */
async function customerPolicies(
  iam: IamAccess,
  role: string,
  path: string,
  tags: Tags,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const policies = new Map<string, string>()
  for (const policy of policiesIn(tags)) {
    const text = await ownPolicy(iam, role, policyArn(iam, path, policy), policy, tags, signal)
    if (text !== undefined) policies.set(policy, text)
  }
  return policies
}

async function ownPolicy(
  iam: IamAccess,
  role: string,
  arn: string,
  policy: string,
  tags: Tags,
  signal: AbortSignal,
): Promise<string | undefined> {
  const version = await ownVersion(iam, role, arn, policy, tags, signal)
  if (version === undefined) return undefined
  const answer = await sendToIam(
    iam,
    { operation: 'GetPolicyVersion', role, policy },
    (client, abort) =>
      client
        .send(new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: version }), abort)
        .catch(absentAsUndefined),
    signal,
  )
  return answer === undefined ? undefined : decoded(answer.PolicyVersion?.Document)
}

/** The default version of a policy that is Mooring's own by its tags; undefined where there is none, or a stranger's. */
export async function ownVersion(
  iam: IamAccess,
  role: string,
  arn: string,
  policy: string,
  tags: Tags,
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await sendToIam(
    iam,
    { operation: 'GetPolicy', role, policy },
    (client, abort) => client.send(new GetPolicyCommand({ PolicyArn: arn }), abort).catch(absentAsUndefined),
    signal,
  )
  const found = tagsOf(answer?.Policy?.Tags)
  const isOwn = Object.entries(policyTags(role, tags)).every(([key, value]) => found[key] === value)
  return isOwn ? answer?.Policy?.DefaultVersionId : undefined
}
