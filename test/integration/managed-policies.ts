/** Customer-managed policies as the cloud has them, for tests. */
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  DeletePolicyCommand,
  DetachRolePolicyCommand,
  GetPolicyCommand,
  IAMClient,
  ListPoliciesCommand,
  ListPolicyVersionsCommand,
} from '@aws-sdk/client-iam'
import type { Aws } from '../rig/rig.ts'

export interface ManagedPolicyNow {
  readonly path: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  /** Of the default one. */
  readonly version: string
  readonly versions: number
}

export function managedPoliciesOf({ endpoint, region, credentials }: Aws) {
  const iam = new IAMClient({ endpoint, region, credentials })
  return {
    /** A policy that a stranger makes; yields its ARN. */
    create: async (PolicyName: string, statements: object[]) => {
      const { Policy } = await iam.send(
        new CreatePolicyCommand({ PolicyName, PolicyDocument: documentOf(statements) }),
      )
      return Policy?.Arn ?? ''
    },
    /** Makes a new default version. */
    replace: (PolicyArn: string, statements: object[]) =>
      iam.send(
        new CreatePolicyVersionCommand({
          PolicyArn,
          PolicyDocument: documentOf(statements),
          SetAsDefault: true,
        }),
      ),
    attach: (RoleName: string, PolicyArn: string) =>
      iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn })),
    detach: (RoleName: string, PolicyArn: string) =>
      iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })),
    remove: (PolicyArn: string) => iam.send(new DeletePolicyCommand({ PolicyArn })),
    read: (arn: string) => readPolicy(iam, arn),
    /** ARNs of all that are not AWS' own. */
    arns: async () => {
      const { Policies = [] } = await iam.send(new ListPoliciesCommand({ Scope: 'Local' }))
      return Policies.map(({ Arn = '' }) => Arn).sort()
    },
  }
}

async function readPolicy(iam: IAMClient, PolicyArn: string): Promise<ManagedPolicyNow> {
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }))
  const { Versions = [] } = await iam.send(new ListPolicyVersionsCommand({ PolicyArn }))
  return {
    path: Policy?.Path ?? '',
    description: Policy?.Description ?? '',
    tags: Object.fromEntries((Policy?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    version: Policy?.DefaultVersionId ?? '',
    versions: Versions.length,
  }
}

function documentOf(statements: object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}
