/** Roles as the cloud has them, for tests. */
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam'
import type { Aws } from '../rig/rig.ts'
import type { Statement } from './stage.ts'

export interface RoleNow {
  readonly arn: string
  readonly description: string
  readonly path: string
  readonly maxSessionDuration: number | undefined
  readonly boundary: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly trust: Statement[]
  /** Statements by policy name. */
  readonly inline: Readonly<Record<string, Statement[]>>
  /** Statements of customer-managed policies by Sid, undefined for AWS' own, by ARN. */
  readonly attached: Readonly<Record<string, Statement[] | undefined>>
}

/** Input for a role that a stranger makes. */
export function aRole(
  name: string,
  { description = '', tags = {} }: { description?: string; tags?: Record<string, string> } = {},
) {
  return {
    RoleName: name,
    Description: description,
    AssumeRolePolicyDocument: policyOf([
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'sts:AssumeRole' },
    ]),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  }
}

export function rolesOf({ endpoint, region, credentials, accountId }: Aws) {
  const iam = new IAMClient({ endpoint, region, credentials })
  return {
    iam,
    create: (role: ReturnType<typeof aRole>) => iam.send(new CreateRoleCommand(role)),
    read: (name: string) => readRole(iam, accountId, name),
    putInline: (RoleName: string, PolicyName: string, statements: object[]) =>
      iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: policyOf(statements) })),
    putTrust: (RoleName: string, statements: object[]) =>
      iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: policyOf(statements) })),
    removeInline: (RoleName: string, PolicyName: string) =>
      iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName })),
    tag: (RoleName: string, tags: Readonly<Record<string, string>>) => {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
      return iam.send(new TagRoleCommand({ RoleName, Tags }))
    },
    untag: (RoleName: string, ...TagKeys: string[]) => iam.send(new UntagRoleCommand({ RoleName, TagKeys })),
    remove: (RoleName: string) => iam.send(new DeleteRoleCommand({ RoleName })),
    destroy: (RoleName: string) => destroyRole(iam, RoleName),
    names: async () => {
      const { Roles = [] } = await iam.send(new ListRolesCommand({}))
      return Roles.map(({ RoleName = '' }) => RoleName).sort()
    },
  }
}

/** As somebody does by hand: IAM deletes no role that has policies. */
async function destroyRole(iam: IAMClient, RoleName: string): Promise<void> {
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
  for (const PolicyName of PolicyNames) await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }))
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))
  for (const { PolicyArn } of AttachedPolicies)
    await iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }))
  await iam.send(new DeleteRoleCommand({ RoleName }))
}

async function readRole(iam: IAMClient, accountId: string, RoleName: string): Promise<RoleNow | undefined> {
  const answer = await iam.send(new GetRoleCommand({ RoleName })).catch(absent)
  if (answer?.Role === undefined) return undefined
  const {
    Arn = '',
    Description = '',
    Path = '',
    Tags = [],
    AssumeRolePolicyDocument,
    PermissionsBoundary,
  } = answer.Role
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
  const inline = PolicyNames.map(async (PolicyName) => {
    const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))
    return [PolicyName, statementsIn(PolicyDocument)] as const
  })
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))
  const attached = AttachedPolicies.map(async ({ PolicyArn = '' }) => {
    const isOwn = PolicyArn.includes(`:${accountId}:`)
    return [PolicyArn, isOwn ? await statementsOf(iam, PolicyArn) : undefined] as const
  })
  return {
    arn: Arn,
    description: Description,
    path: Path,
    maxSessionDuration: answer.Role.MaxSessionDuration,
    boundary: PermissionsBoundary?.PermissionsBoundaryArn,
    tags: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    trust: statementsIn(AssumeRolePolicyDocument),
    inline: Object.fromEntries(await Promise.all(inline)),
    attached: Object.fromEntries(await Promise.all(attached)),
  }
}

async function statementsOf(iam: IAMClient, PolicyArn: string): Promise<Statement[]> {
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }))
  const { PolicyVersion } = await iam.send(
    new GetPolicyVersionCommand({ PolicyArn, VersionId: Policy?.DefaultVersionId }),
  )
  return statementsIn(PolicyVersion?.Document).sort((a, b) => (`${a.Sid}` < `${b.Sid}` ? -1 : 1))
}

function policyOf(statements: object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

function statementsIn(document = '{}'): Statement[] {
  return JSON.parse(decodeURIComponent(document)).Statement
}

function absent(error: unknown): undefined {
  if (error instanceof Error && error.name.startsWith('NoSuchEntity')) return undefined
  throw error
}
