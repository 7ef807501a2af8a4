import { FaultError } from '../../api/fault.ts'
import type { Document, DocumentName } from '../../plan/document.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import type { Claimed, ObservedDocument } from '../../plan/plan-target.ts'
import type { CheckResult, ServicePrincipalTarget, TargetDriver } from '../cloud.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import type { AzureApi } from './azure-api.ts'
import { isNotFound, isThereAlready } from './azure-errors.ts'
import { lostRaceOn } from './document-faults.ts'
import { findPrincipal } from './find-principal.ts'
import { assignmentsOf } from './principal-use.ts'
import {
  decodePrincipal,
  type FoundPrincipal,
  type PrincipalPart,
  type PrincipalStep,
  principalStep,
  servicePrincipalKind,
} from './service-principal.ts'

/** What the targets of one session have in common. */
export interface DirectorySession {
  readonly api: AzureApi
  /** Whether the subscription is the account's; asked once. */
  readonly subscription: (signal: AbortSignal) => Promise<unknown>
}

/** The service principal of one application in the tenant. https://learn.microsoft.com/graph/api/resources/serviceprincipal */
export class ServicePrincipal implements TargetDriver {
  readonly #session: DirectorySession
  readonly #clientId: string
  #found: FoundPrincipal | null = null

  constructor({ clientId }: Pick<ServicePrincipalTarget, 'clientId'>, session: DirectorySession) {
    this.#session = session
    this.#clientId = clientId
  }

  /** Where all leave and it stays, the directory is not asked: whoever only takes access away must not wait for it. */
  async read(
    names: readonly DocumentName[],
    signal: AbortSignal,
    claimed: readonly Claimed[] = [],
  ): Promise<readonly ObservedDocument[]> {
    if (!names.includes('ServicePrincipal')) return []
    const { api, subscription } = this.#session
    const { tenantId, createServicePrincipals, removeServicePrincipals } = api.account
    const isLast = claimed.every(({ stance }) => stance === 'Leaves')
    if (isLast && claimed.length > 0 && removeServicePrincipals !== true) return []
    await subscription(signal)
    this.#found = await findPrincipal(api, this.#clientId, signal)
    const about = {
      found: this.#found,
      clientId: this.#clientId,
      tenantId,
      authority: api.bases.authority,
      creates: createServicePrincipals === true,
    }
    const mark = claimed.find(({ stance }) => stance === 'Wants')?.mark
    const removes = isLast && removeServicePrincipals === true && !(await this.#isUsed(signal))
    const document = decodePrincipal(about, removes, mark)
    return [{ kind: servicePrincipalKind, document } as unknown as ObservedDocument]
  }

  /** One request, or none: what Mooring did not make, or may not remove, stays. */
  async write({ before, after }: DocumentPlan, signal: AbortSignal): Promise<void> {
    const step = principalStep(
      before as Document<LedgerEntry<PrincipalPart>>,
      after as Document<LedgerEntry<PrincipalPart>>,
    )
    if (step?.do === 'Create') await this.#create(step, signal)
    if (step?.do === 'Tag') await this.#tag(step, signal)
    if (step?.do === 'Delete') await this.#delete(step, signal)
  }

  /** For placeholders: the object id by which role assignments name it. */
  facts(): Readonly<Record<string, string>> {
    return this.#found === null ? {} : { principalId: this.#found.id }
  }

  async probe(): Promise<readonly CheckResult[]> {
    return []
  }

  /** https://learn.microsoft.com/graph/api/serviceprincipal-post-serviceprincipals */
  async #create({ tag }: Extract<PrincipalStep, { do: 'Create' }>, signal: AbortSignal): Promise<void> {
    const body = { appId: this.#clientId, tags: [tag], notes: 'Made by Mooring for a StorageIntegration.' }
    const path = '/v1.0/servicePrincipals'
    const request = {
      service: 'graph',
      operation: 'CreateServicePrincipal',
      method: 'POST',
      path,
      body,
    } as const
    const race = { isLost: false }
    await this.#session.api.send(request, this.#subject, signal, (error) => {
      race.isLost = isThereAlready(error)
      return race.isLost
    })
    if (race.isLost) throw lostRaceOn(`the service principal of application ${this.#clientId}`)
  }

  /** https://learn.microsoft.com/graph/api/serviceprincipal-update */
  async #tag({ id, tags }: Extract<PrincipalStep, { do: 'Tag' }>, signal: AbortSignal): Promise<void> {
    const path = `/v1.0/servicePrincipals/${encodeURIComponent(id)}`
    const request = {
      service: 'graph',
      operation: 'UpdateServicePrincipal',
      method: 'PATCH',
      path,
      body: { tags: [...tags] },
    } as const
    await this.#session.api.send(request, this.#subject, signal)
  }

  /**
   * Whether anybody, Mooring included, has given it a role in the subscription: without it that assignment would lose its meaning.
   * What is not to be seen counts as given.
   */
  async #isUsed(signal: AbortSignal): Promise<boolean> {
    if (this.#found === null) return false
    try {
      return (await assignmentsOf(this.#session.api, this.#found.id, signal)).length > 0
    } catch (error) {
      if (error instanceof FaultError && error.fault.reason === 'AccessDenied' && !signal.aborted) return true
      throw error
    }
  }

  /** https://learn.microsoft.com/graph/api/serviceprincipal-delete */
  async #delete({ id }: Extract<PrincipalStep, { do: 'Delete' }>, signal: AbortSignal): Promise<void> {
    const path = `/v1.0/servicePrincipals/${encodeURIComponent(id)}`
    const request = { service: 'graph', operation: 'DeleteServicePrincipal', method: 'DELETE', path } as const
    await this.#session.api.send(request, this.#subject, signal, isNotFound)
  }

  get #subject() {
    return { application: this.#clientId }
  }
}
