import { FaultError } from '../../api/fault.ts'
import type { Document, DocumentName } from '../../plan/document.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import type { Claimed, ObservedDocument } from '../../plan/plan-target.ts'
import type {
  BlobGrantProbe,
  CheckResult,
  Probe,
  Requirement,
  StorageAccountTarget,
  TargetDriver,
} from '../cloud.ts'
import type { LedgerEntry } from '../ledger-kind.ts'
import type { Preflight } from '../preflight.ts'
import { unreadable } from '../unreadable.ts'
import { blobEndpointOf } from './account.ts'
import { listAssignments, principalsOf, questionsIn } from './assignment-reader.ts'
import { assignmentSteps } from './assignment-steps.ts'
import { AssignmentWriter } from './assignment-writer.ts'
import type { ApiRequest } from './azure-api.ts'
import {
  type BlobCorsEnvelope,
  type BlobCorsRule,
  blobCorsKind,
  decodeBlobCors,
  encodeBlobCors,
  rulesIn,
} from './blob-cors.ts'
import { checkBlobGrant, checkPrincipal } from './blob-grant-checks.ts'
import { withCorsRules } from './blob-service.ts'
import { checkContainer } from './container-check.ts'
import { lostRaceOn } from './document-faults.ts'
import { deleteLeftAssignments } from './left-assignments.ts'
import { accountId, isResource, pathOf } from './resource-id.ts'
import { type AssignmentPart, decodeAssignments, roleAssignmentsKind } from './role-assignments.ts'
import type { FoundPrincipal } from './service-principal.ts'
import type { DirectorySession } from './service-principal-target.ts'

/** What the storage accounts of one session have in common. */
export interface StorageSession extends DirectorySession {
  readonly preflight: Preflight
}

/** One storage account: the role assignments in it, and the CORS rules of its blob service. */
export class StorageAccount implements TargetDriver {
  readonly #session: StorageSession
  readonly #name: string
  readonly #resourceGroup: string
  /** Its resource id. */
  readonly #id: string
  #seen: JsonObject | undefined
  /** By application, as last read. */
  #principals: Readonly<Record<string, FoundPrincipal | null>> = {}

  constructor(
    { resourceGroup, storageAccount }: Pick<StorageAccountTarget, 'resourceGroup' | 'storageAccount'>,
    session: StorageSession,
  ) {
    this.#session = session
    this.#name = storageAccount
    this.#resourceGroup = resourceGroup
    this.#id = accountId(session.api.account.subscriptionId, resourceGroup, storageAccount)
  }

  /**
   * The account comes first, so that its own failure is the one that is reported: one that is gone settles a departure, once
   * nothing is left that would come back with it.
   */
  async read(
    names: readonly DocumentName[],
    signal: AbortSignal,
    claimed: readonly Claimed[] = [],
  ): Promise<readonly ObservedDocument[]> {
    await this.#session.subscription(signal)
    this.#seen = await this.#getAccount(claimed, signal)
    return Promise.all(names.map((name) => this.#readDocument(name, claimed, signal)))
  }

  async write({ kind, before, after }: DocumentPlan, signal: AbortSignal): Promise<void> {
    switch (kind.name) {
      case 'RoleAssignments': {
        type Assignments = Document<LedgerEntry<AssignmentPart>>
        const steps = assignmentSteps(before as Assignments, after as Assignments)
        return new AssignmentWriter(this.#session.api, this.#subject).run(steps, signal)
      }
      case 'Cors':
        return this.#writeCors(after as Document<LedgerEntry<BlobCorsRule>>, signal)
      default:
        throw foreignDocument(kind.name)
    }
  }

  facts(): Readonly<Record<string, string>> {
    const location = this.#seen?.location
    return {
      ...(typeof location === 'string' ? { location } : {}),
      ...(this.#seen === undefined ? {} : { blobEndpoint: this.#blobEndpoint }),
    }
  }

  async probe(probe: Probe, signal: AbortSignal): Promise<readonly CheckResult[]> {
    if (probe.kind === 'CorsPreflight')
      return [await this.#session.preflight.check(this.#name, this.#blobEndpoint, probe, signal)]
    return probe.kind === 'BlobGrant' && this.#seen !== undefined
      ? this.#probeGrant(probe, this.#seen, signal)
      : []
  }

  /** An account that is not there is a fault of its own. */
  async unmet(_: Requirement, signal: AbortSignal): Promise<undefined> {
    this.#seen ??= await this.#getAccount([], signal)
  }

  async #probeGrant(
    probe: BlobGrantProbe,
    seen: JsonObject,
    signal: AbortSignal,
  ): Promise<readonly CheckResult[]> {
    const { api } = this.#session
    const account = { resourceGroup: this.#resourceGroup, name: this.#name }
    const path = (container: string) =>
      `${pathOf(this.#id)}/blobServices/default/containers/${encodeURIComponent(container)}?${this.#version}`
    const container = await checkContainer(api, account, probe.container, path, signal)
    const principal = this.#principals[probe.clientId ?? '']
    return [...checkBlobGrant(probe, this.#name, seen), ...checkPrincipal(principal), ...container]
  }

  async #readDocument(
    name: DocumentName,
    claimed: readonly Claimed[],
    signal: AbortSignal,
  ): Promise<ObservedDocument> {
    switch (name) {
      case 'RoleAssignments':
        return observed({ kind: roleAssignmentsKind, document: await this.#readAssignments(claimed, signal) })
      case 'Cors':
        return observed({ kind: blobCorsKind, document: decodeBlobCors(await this.#getBlobService(signal)) })
      default:
        throw foreignDocument(name)
    }
  }

  async #readAssignments(
    claimed: readonly Claimed[],
    signal: AbortSignal,
  ): Promise<Document<LedgerEntry<AssignmentPart>>> {
    const { api } = this.#session
    const questions = questionsIn(claimed)
    const [list, found] = await Promise.all([
      listAssignments(api, this.#id, questions.containers, this.#subject, signal),
      principalsOf(api, questions, signal),
    ])
    const { tenantId, createServicePrincipals } = api.account
    this.#principals = found
    const principals = Object.fromEntries(
      Object.entries(found).map(([clientId, principal]) => [clientId, principal?.id ?? null]),
    )
    return decodeAssignments(list, {
      account: this.#id,
      tenantId,
      authority: api.bases.authority,
      creates: createServicePrincipals === true,
      principals,
    })
  }

  /**
   * Azure has no guard here: the request takes no If-Match. So the blob service is read once more right before it is written,
   * and written only if its rules are what the plan was made from; its other settings go back as they are at that moment.
   * https://learn.microsoft.com/rest/api/storagerp/blob-services/set-service-properties (its parameters)
   */
  async #writeCors(after: Document<LedgerEntry<BlobCorsRule>>, signal: AbortSignal): Promise<void> {
    const rules = encodeBlobCors(after)
    if (rules === undefined) return
    const service = await this.#getBlobService(signal)
    const { read } = after.envelope as BlobCorsEnvelope
    if (canonicalJson(rulesIn(service)) !== canonicalJson(read))
      throw lostRaceOn(`the CORS rules of storage account "${this.#name}"`)
    const body = withCorsRules(service, rules)
    await this.#send(
      { operation: 'PutBlobService', method: 'PUT', path: this.#blobServicePath, body },
      signal,
    )
  }

  async #getAccount(claimed: readonly Claimed[], signal: AbortSignal): Promise<JsonObject> {
    const path = `${pathOf(this.#id)}?${this.#version}`
    try {
      const isAnswer = isResource(this.#id)
      const request = { operation: 'GetStorageAccount', method: 'GET', path, isAnswer } as const
      return objectOr(await this.#send(request, signal), 'storage account')
    } catch (error) {
      if (error instanceof FaultError && error.fault.reason === 'StorageAccountNotFound')
        await deleteLeftAssignments(this.#session.api, this.#id, claimed, this.#subject, signal)
      throw error
    }
  }

  async #getBlobService(signal: AbortSignal): Promise<JsonObject> {
    const isAnswer = isResource(`${this.#id}/blobServices/default`)
    const request = {
      operation: 'GetBlobService',
      method: 'GET',
      path: this.#blobServicePath,
      isAnswer,
    } as const
    return objectOr(await this.#send(request, signal), 'blob service')
  }

  get #blobServicePath(): string {
    return `${pathOf(this.#id)}/blobServices/default?${this.#version}`
  }

  /** https://learn.microsoft.com/rest/api/storagerp/ */
  get #version(): string {
    return `api-version=${this.#session.api.bases.storageVersion}`
  }

  get #blobEndpoint(): string {
    const properties = this.#seen?.properties
    const endpoints = isJsonObject(properties) ? properties.primaryEndpoints : undefined
    const told = isJsonObject(endpoints) && typeof endpoints.blob === 'string' ? endpoints.blob : undefined
    return blobEndpointOf(this.#session.api.account, this.#name, told)
  }

  get #subject() {
    return { account: { resourceGroup: this.#resourceGroup, name: this.#name } }
  }

  #send(request: Omit<ApiRequest, 'service'>, signal: AbortSignal): Promise<Json | undefined> {
    return this.#session.api.send({ service: 'arm', ...request }, this.#subject, signal)
  }
}

function observed(found: { readonly kind: unknown; readonly document: unknown }): ObservedDocument {
  return found as ObservedDocument
}

function objectOr(answer: Json | undefined, label: string): JsonObject {
  if (!isJsonObject(answer)) throw unreadable(label, 'it is not an object')
  return answer
}

function foreignDocument(name: DocumentName): Error {
  return new Error(`a storage account has no ${name}`)
}
