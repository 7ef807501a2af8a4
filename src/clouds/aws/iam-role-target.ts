import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  PutRolePermissionsBoundaryCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from '@aws-sdk/client-iam'
import type { Document, DocumentName } from '../../plan/document.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import type { ObservedDocument } from '../../plan/plan-target.ts'
import type { CheckResult, Probe, TargetDriver } from '../cloud.ts'
import { decodeHost } from './attached-document.ts'
import { attachedRoleKind } from './attached-role.ts'
import { attachedSteps } from './attached-steps.ts'
import { deleteCustomerPolicy, saveCustomerPolicy } from './customer-policy.ts'
import { absentAsUndefined, type IamAccess, sendToIam } from './iam-requests.ts'
import { iamRoleKind } from './iam-role.ts'
import { type FoundHost, type FoundRole, policyArn, readHost, readRole } from './read-role.ts'
import { checkRole } from './role-checks.ts'
import { closedTrust, decodeRole, type RoleEnvelope } from './role-document.ts'
import { externalIdIn, type RoleEntry, type Tags, tagsFor } from './role-ledger.ts'
import { type RoleStep, roleSteps } from './role-steps.ts'
import { SeenRole } from './seen-role.ts'

type StepOf<D extends RoleStep['do']> = Extract<RoleStep, { do: D }>

/** One IAM role with all that is in it. */
export class IamRole implements TargetDriver {
  readonly #iam: IamAccess
  readonly #role: string
  #found: FoundRole | undefined
  /** The same role where it is somebody else's, who lets Mooring put policies into it. */
  #host: FoundHost | undefined

  constructor(iam: IamAccess, role: string) {
    this.#iam = iam
    this.#role = role
  }

  async read(names: readonly DocumentName[], signal: AbortSignal): Promise<readonly ObservedDocument[]> {
    const observed: ObservedDocument[] = []
    if (names.includes('IamRole')) {
      this.#found = await readRole(this.#iam, this.#role, signal)
      observed.push({ kind: iamRoleKind, document: decodeRole(this.#found) } as unknown as ObservedDocument)
    }
    if (names.includes('RolePolicies')) {
      this.#host = await readHost(this.#iam, this.#role, signal)
      const document = decodeHost(this.#role, this.#host)
      observed.push({ kind: attachedRoleKind, document } as unknown as ObservedDocument)
    }
    return observed
  }

  /** Several requests, each of which leaves every part with its owner (role-steps.ts). */
  async write(plan: DocumentPlan, signal: AbortSignal): Promise<void> {
    const before = plan.before as Document<RoleEntry>
    const after = plan.after as Document<RoleEntry>
    const { tags } = before.envelope as RoleEnvelope
    const closed = closedTrust(this.#iam.partition, this.#iam.accountId)
    const path = pathIn(after) ?? pathIn(before) ?? '/'
    const steps =
      plan.kind.name === 'RolePolicies' ? attachedSteps(before, after) : roleSteps(before, after, closed)
    const seen = new SeenRole(this.#iam, this.#role, this.#found ?? this.#host)
    for (const step of steps) {
      await seen.check(step, signal)
      await this.#carryOut(step, { path, tags: { ...tags, ...tagsFor(after.entries, tags) } }, signal)
    }
  }

  /** What only IAM knows: the role's ARN, and the external ID that Mooring made for it. */
  facts(): Readonly<Record<string, string>> {
    if (this.#found === undefined)
      return this.#host === undefined ? {} : { 'role.arn': this.#host.arn, 'role.name': this.#role }
    const externalId = externalIdIn(this.#found.tags)
    const isTrusted = externalId !== undefined && this.#found.trust.includes(JSON.stringify(externalId))
    return {
      'role.arn': this.#found.arn,
      'role.name': this.#role,
      ...(isTrusted ? { generated: externalId } : {}),
    }
  }

  /** Of a role that is not there yet, or is somebody else's, nothing is known that could defeat a grant. */
  async probe(probe: Probe): Promise<readonly CheckResult[]> {
    const found = this.#found
    if (probe.kind !== 'RoleGrant' || found === undefined) return []
    const document = decodeRole(found)
    if ((document.envelope as RoleEnvelope).state !== 'Ours') return []
    const { accountId, partition, region } = this.#iam
    return checkRole(probe, { arn: found.arn, document, accountId, partition, region })
  }

  async #carryOut(step: RoleStep, about: PolicyPlace, signal: AbortSignal): Promise<void> {
    switch (step.do) {
      case 'SaveCustomerPolicy':
      case 'DeleteCustomerPolicy':
        return this.#changeCustomerPolicy(step, about, signal)
      case 'PutRolePolicy':
      case 'DeleteRolePolicy':
        return this.#changeInlinePolicy(step, signal)
      case 'AttachRolePolicy':
      case 'DetachRolePolicy':
        return this.#changeAttachment(step, signal)
      case 'TagRole':
      case 'UntagRole':
        return this.#changeTags(step, signal)
      default:
        return this.#changeRole(step, signal)
    }
  }

  #changeCustomerPolicy(
    step: StepOf<'SaveCustomerPolicy' | 'DeleteCustomerPolicy'>,
    { path, tags }: PolicyPlace,
    signal: AbortSignal,
  ): Promise<void> {
    const arn = policyArn(this.#iam, path, step.policy)
    const subject = { role: this.#role, policy: step.policy, arn, path, tags }
    return step.do === 'SaveCustomerPolicy'
      ? saveCustomerPolicy(this.#iam, subject, step, signal)
      : deleteCustomerPolicy(this.#iam, subject, signal)
  }

  async #changeInlinePolicy(
    step: StepOf<'PutRolePolicy' | 'DeleteRolePolicy'>,
    signal: AbortSignal,
  ): Promise<void> {
    const input = { RoleName: this.#role, PolicyName: step.policy }
    await this.#send(
      step.do,
      (client, abort) =>
        step.do === 'PutRolePolicy'
          ? client.send(new PutRolePolicyCommand({ ...input, PolicyDocument: step.document }), abort)
          : client.send(new DeleteRolePolicyCommand(input), abort).catch(absentAsUndefined),
      signal,
      step.policy,
    )
  }

  async #changeAttachment(
    step: StepOf<'AttachRolePolicy' | 'DetachRolePolicy'>,
    signal: AbortSignal,
  ): Promise<void> {
    const input = { RoleName: this.#role, PolicyArn: step.arn }
    await this.#send(
      step.do,
      (client, abort) =>
        step.do === 'AttachRolePolicy'
          ? client.send(new AttachRolePolicyCommand(input), abort)
          : client.send(new DetachRolePolicyCommand(input), abort).catch(absentAsUndefined),
      signal,
      step.arn,
    )
  }

  async #changeTags(step: StepOf<'TagRole' | 'UntagRole'>, signal: AbortSignal): Promise<void> {
    const RoleName = this.#role
    await this.#send(
      step.do,
      (client, abort) =>
        step.do === 'TagRole'
          ? client.send(new TagRoleCommand({ RoleName, Tags: tagList(step.tags) }), abort)
          : client.send(new UntagRoleCommand({ RoleName, TagKeys: [...step.keys] }), abort),
      signal,
    )
  }

  async #changeRole(
    step: StepOf<
      'CreateRole' | 'UpdateRole' | 'UpdateAssumeRolePolicy' | 'PutRolePermissionsBoundary' | 'DeleteRole'
    >,
    signal: AbortSignal,
  ): Promise<void> {
    const RoleName = this.#role
    await this.#send(
      step.do,
      (client, abort) => {
        switch (step.do) {
          case 'CreateRole':
            return client.send(createRole(RoleName, step), abort)
          case 'UpdateRole': {
            const { description: Description, maxSessionDuration: MaxSessionDuration } = step.settings
            return client.send(new UpdateRoleCommand({ RoleName, Description, MaxSessionDuration }), abort)
          }
          case 'UpdateAssumeRolePolicy':
            return client.send(
              new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: step.trust }),
              abort,
            )
          case 'PutRolePermissionsBoundary':
            return client.send(
              new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: step.arn }),
              abort,
            )
          case 'DeleteRole':
            return client.send(new DeleteRoleCommand({ RoleName }), abort).catch(absentAsUndefined)
        }
      },
      signal,
    )
  }

  async #send(
    operation: Parameters<typeof sendToIam>[1]['operation'],
    request: Parameters<typeof sendToIam>[2],
    signal: AbortSignal,
    policy?: string,
  ): Promise<void> {
    const subject = policy === undefined ? { role: this.#role } : { role: this.#role, policy }
    await sendToIam(this.#iam, { operation, ...subject }, request, signal)
  }
}

/** Where a role's customer-managed policies lie, and the role's tags, from which theirs are made. */
interface PolicyPlace {
  readonly path: string
  readonly tags: Tags
}

function pathIn({ entries }: Document<RoleEntry>): string | undefined {
  return entries.map(({ part }) => part).find((part) => part.in === 'Role')?.path
}

function createRole(RoleName: string, { settings, trust, tags }: StepOf<'CreateRole'>): CreateRoleCommand {
  const { path: Path, description: Description, maxSessionDuration: MaxSessionDuration, boundary } = settings
  return new CreateRoleCommand({
    RoleName,
    Path,
    Description,
    MaxSessionDuration,
    AssumeRolePolicyDocument: trust,
    Tags: tagList(tags),
    ...(boundary === undefined ? {} : { PermissionsBoundary: boundary }),
  })
}

/** Tags in the API's form. */
export function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}
