/** What the parts of the test cloud share. */
import type { Answer } from './azure-answers.ts'
import type { Azurite } from './azure-azurite.ts'
import type { Directory } from './azure-directory.ts'
import type { Incoming } from './azure-incoming.ts'
import type { ResourceManager } from './azure-resource-manager.ts'
import type { Rights } from './azure-rights.ts'

export interface Endpoints {
  readonly resourceManager: string
  readonly authority: string
  readonly graph: string
  /** Without the account, which is the first part of the path. */
  readonly blob: string
  readonly metadata: string
}

export interface StorageAccount {
  readonly subscriptionId: string
  readonly resourceGroup: string
  readonly name: string
  /** As Resource Manager shows it. */
  readonly id: string
  readonly properties: Readonly<Record<string, unknown>>
}

/**
 * - `missing`: they are gone, too, and their scope is not found. NOT CONFIRMED, and the plainest.
 * - `forbidden`: asking for them is refused (https://github.com/Azure/azure-service-operator/issues/5009).
 * - `kept`: they stay, can be listed and deleted (https://github.com/Azure/azure-powershell/issues/25004).
 */
export type GoneScopes = 'missing' | 'forbidden' | 'kept'

export interface World {
  readonly endpoints: Endpoints
  readonly directory: Directory
  readonly rights: Rights
  readonly manager: ResourceManager
  readonly azurite: Azurite
  /** Subscriptions and the tenants they trust. */
  readonly subscriptions: Map<string, string>
  /** By name, since names are unique in the world. */
  readonly accounts: Map<string, StorageAccount>
  /** Members of blob services that are newer than the models of the fake servers, by the id of the account. */
  readonly beyondModels: Map<string, Readonly<Record<string, unknown>>>
  readonly settings: {
    /** New service principals are not known to Resource Manager until they are released. */
    holdsPrincipals: boolean
    /** Seconds. */
    retryAfter: number | undefined
    /** What role assignments at an account that is gone are. */
    goneScopes: GoneScopes
    /** While it is set, only these role assignments count for blobs. */
    effectiveRoles: ReadonlySet<string> | undefined
    metadataClient: { readonly tenantId: string; readonly clientId: string } | undefined
  }
  readonly held: Set<string>
  readonly violations: string[]
}

/** What a request asks for, who asks, and how its answer is made. */
export interface Task {
  readonly operation: string
  /** The client id; empty when nobody is signed in. */
  readonly principal: string
  serve(): Answer | Promise<Answer>
}

export type FindTask = (world: World, incoming: Incoming) => Task | undefined
