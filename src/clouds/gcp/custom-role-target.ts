import { FaultError } from '../../api/fault.ts'
import type { Document, DocumentName } from '../../plan/document.ts'
import { isJsonObject, type Json } from '../../plan/json.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import type { ObservedDocument } from '../../plan/plan-target.ts'
import type { CheckResult, CustomRoleTarget, Probe, TargetDriver } from '../cloud.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import {
  type CustomRoleEnvelope,
  type CustomRolePart,
  customRoleKind,
  decodeCustomRole,
} from './custom-role.ts'
import { type CustomRoleStep, customRoleSteps } from './custom-role-steps.ts'
import type { ApiRequest, GcpApi } from './gcp-api.ts'
import { isNotFound } from './gcp-errors.ts'
import type { Project } from './identity.ts'
import { checkCustomRole } from './role-checks.ts'

/** What the roles of one session have in common. */
export interface RoleSession {
  readonly api: GcpApi
  /** The account's project; asked once. */
  readonly project: (signal: AbortSignal) => Promise<Project>
}

/** One custom role of a project. https://docs.cloud.google.com/iam/docs/reference/rest/v1/projects.roles */
export class CustomRole implements TargetDriver {
  readonly #session: RoleSession
  readonly #projectId: string
  readonly #roleId: string
  /** In this pass: what then still shows may be IAM's delay. */
  #wrote = false

  constructor({ projectId, roleId }: Pick<CustomRoleTarget, 'projectId' | 'roleId'>, session: RoleSession) {
    this.#session = session
    this.#projectId = projectId
    this.#roleId = roleId
  }

  async read(names: readonly DocumentName[], signal: AbortSignal): Promise<readonly ObservedDocument[]> {
    if (!names.includes('CustomRole')) return []
    await this.#session.project(signal)
    const isAnswer = (answer: Json | undefined): boolean => isJsonObject(answer) && answer.name === this.#name
    const request = { operation: 'GetRole', method: 'GET', path: `/v1/${this.#name}`, isAnswer } as const
    const document = decodeCustomRole(await this.#send(request, signal, isNotFound))
    return [{ kind: customRoleKind, document } as unknown as ObservedDocument]
  }

  /**
   * One request, but for a deleted role: two. Each is guarded by the role's etag; a refusal of the second one is none
   * of which it is certain that nothing was written.
   */
  async write({ before, after }: DocumentPlan, signal: AbortSignal): Promise<void> {
    const document = after as Document<LedgerEntry<CustomRolePart>>
    const steps = customRoleSteps(document, before as typeof document)
    this.#wrote = true
    let etag = etagIn((document.envelope as CustomRoleEnvelope).read)
    for (const [n, step] of steps.entries()) {
      const request = this.#requestFor(step, etag)
      const sent = this.#send(request, signal, step.do === 'DeleteRole' ? isNotFound : undefined)
      etag = etagIn(await (n === 0 ? sent : sent.catch((error) => halfWritten(error, this.#name))))
    }
  }

  /** For placeholders: the role as bindings name it. */
  facts(): Readonly<Record<string, string>> {
    return { 'role.name': this.#name }
  }

  async probe(
    probe: Probe,
    _signal: AbortSignal,
    seen: readonly ObservedDocument[] = [],
  ): Promise<readonly CheckResult[]> {
    const found = seen.find(({ kind }) => kind.name === 'CustomRole')
    if (probe.kind !== 'CustomRoleGrant' || found === undefined) return []
    const role = { roleId: this.#roleId, projectId: this.#projectId, name: this.#name }
    const checks = checkCustomRole(probe, role, found.document as Document<LedgerEntry<CustomRolePart>>)
    return this.#wrote ? checks.map(({ reason: _, ...check }) => check) : checks
  }

  #requestFor(step: CustomRoleStep, etag: string | undefined): Omit<ApiRequest, 'service'> {
    const operation = step.do
    const guard = etag === undefined ? {} : { etag }
    const path = `/v1/${this.#name}`
    switch (step.do) {
      case 'CreateRole':
        return {
          operation,
          method: 'POST',
          path: `/v1/projects/${encodeURIComponent(this.#projectId)}/roles`,
          body: { roleId: this.#roleId, role: step.role },
        }
      case 'UndeleteRole':
        return { operation, method: 'POST', path: `${path}:undelete`, body: guard }
      case 'PatchRole': {
        const mask = encodeURIComponent(Object.keys(step.role).join(','))
        return {
          operation,
          method: 'PATCH',
          path: `${path}?updateMask=${mask}`,
          body: { ...step.role, ...guard },
        }
      }
      case 'DeleteRole':
        return { operation, method: 'DELETE', path: `${path}${etagQuery(etag)}` }
    }
  }

  get #name(): string {
    return `projects/${this.#projectId}/roles/${this.#roleId}`
  }

  #send(
    request: Omit<ApiRequest, 'service'>,
    signal: AbortSignal,
    tolerate?: (error: unknown) => boolean,
  ): Promise<Json | undefined> {
    return this.#session.api.send({ service: 'iam', ...request }, { role: this.#name }, signal, tolerate)
  }
}

function etagQuery(etag: string | undefined): string {
  return etag === undefined ? '' : `?etag=${encodeURIComponent(etag)}`
}

function etagIn(role: Json | undefined): string | undefined {
  return isJsonObject(role) && typeof role.etag === 'string' ? role.etag : undefined
}

/** The role was brought back before, so it cannot be said that nothing was written. */
function halfWritten(error: unknown, name: string): never {
  if (!(error instanceof FaultError) || error.fault.notWritten !== true) throw error
  const { reason, retry } = error.fault
  const message = `somebody else changed role ${name} while it was brought back. It is planned anew and written again by itself.`
  throw new FaultError({ reason, message, retry })
}
