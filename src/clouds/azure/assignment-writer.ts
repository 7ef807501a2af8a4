import type { AssignmentStep } from './assignment-steps.ts'
import type { AzureApi } from './azure-api.ts'
import type { Subject } from './azure-call.ts'
import { isNotFound, isTaken } from './azure-errors.ts'
import { lostRaceOn } from './document-faults.ts'
import { isResource, pathOf } from './resource-id.ts'

/** https://learn.microsoft.com/rest/api/authorization/role-assignments */
export const AUTHORIZATION_VERSION = '2022-04-01'

type Create = Extract<AssignmentStep, { do: 'Create' }>

/** Carries out steps on role assignments, each of which is a request of its own. */
export class AssignmentWriter {
  readonly #api: AzureApi
  readonly #subject: Subject

  constructor(api: AzureApi, subject: Subject) {
    this.#api = api
    this.#subject = subject
  }

  /**
   * Creates come first. Where somebody else just made the same assignment, what was made before it is taken back and the pass
   * begins anew: else the ledger would have it as ours, and it would go when the integration goes.
   *
   * @throws FaultError LostRace with `notWritten` in that case.
   */
  async run(steps: readonly AssignmentStep[], signal: AbortSignal): Promise<void> {
    const made: Create[] = []
    for (const step of steps) {
      if (step.do === 'Delete') await this.#delete(step.id, signal)
      else if (await this.#create(step, signal)) made.push(step)
      else return this.#takeBack(made, signal)
    }
  }

  async #takeBack(made: readonly Create[], signal: AbortSignal): Promise<never> {
    for (const { id } of made) await this.#delete(id, signal)
    throw lostRaceOn(`the role assignments of storage account "${this.#subject.account?.name ?? ''}"`)
  }

  /**
   * False where the place is taken by an assignment of another name. One of our own name is what an earlier try made, whose
   * answer was lost. https://learn.microsoft.com/rest/api/authorization/role-assignments/create
   */
  async #create({ id, container, body }: Create, signal: AbortSignal): Promise<boolean> {
    const seen = { isTaken: false }
    const request = {
      service: 'arm',
      operation: 'CreateRoleAssignment',
      method: 'PUT',
      path: addressOf(id),
      body,
    } as const
    const { account } = this.#subject
    const subject = account && container ? { account: { ...account, container } } : this.#subject
    await this.#api.send(request, subject, signal, (error) => {
      seen.isTaken = isTaken(error)
      return seen.isTaken
    })
    return !seen.isTaken || this.#isThere(id, signal)
  }

  async #isThere(id: string, signal: AbortSignal): Promise<boolean> {
    const request = {
      service: 'arm',
      operation: 'GetRoleAssignment',
      method: 'GET',
      path: addressOf(id),
      isAnswer: isResource(id),
    } as const
    return (await this.#api.send(request, this.#subject, signal, isNotFound)) !== undefined
  }

  /** One that is gone already is what was wanted. https://learn.microsoft.com/rest/api/authorization/role-assignments/delete */
  async #delete(id: string, signal: AbortSignal): Promise<void> {
    const path = addressOf(id)
    const request = { service: 'arm', operation: 'DeleteRoleAssignment', method: 'DELETE', path } as const
    await this.#api.send(request, this.#subject, signal, isNotFound)
  }
}

function addressOf(id: string): string {
  return `${pathOf(id)}?api-version=${AUTHORIZATION_VERSION}`
}
