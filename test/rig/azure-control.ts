/** The test's hand in the test cloud: who and what there is, and how it behaves. */
import { randomBytes, randomUUID } from 'node:crypto'
import type { ServicePrincipal, TokenRequest } from './azure-directory.ts'
import { signed } from './azure-directory.ts'
import type { Rights } from './azure-rights.ts'
import type { GoneScopes, StorageAccount, World } from './azure-world.ts'

export interface ApplicationWanted {
  /** Default: a new one. */
  readonly appId?: string
  readonly displayName?: string
  /** Default: a tenant of its own, so that it is a vendor's application. */
  readonly homeTenant?: string
}

export interface AccountWanted {
  readonly subscriptionId: string
  readonly resourceGroup: string
  /** One of `accountNames`; default: one that is not used yet. */
  readonly name?: string
  /** As Resource Manager has them: isHnsEnabled, publicNetworkAccess, networkAcls, allowBlobPublicAccess … */
  readonly properties?: Readonly<Record<string, unknown>>
  /** Default: StorageV2. */
  readonly kind?: string
}

export interface FederatedSubject {
  readonly issuer: string
  readonly subject: string
  /** Default: an hour. */
  readonly seconds?: number
}

export interface Control extends Pick<Rights, 'allow' | 'deny' | 'undeny' | 'allowGraph'> {
  readonly accountNames: readonly string[]
  createTenant(tenantId?: string): string
  createSubscription(tenantId: string): string
  /** Registers an application; it has no service principal anywhere by that. Returns its id. */
  createApplication(wanted?: ApplicationWanted): string
  /** Installs an application in a tenant, as `az ad sp create` does. Returns the object id. */
  createServicePrincipal(tenantId: string, appId: string): Promise<string>
  deleteServicePrincipal(tenantId: string, appId: string): Promise<void>
  servicePrincipal(tenantId: string, appId: string): ServicePrincipal | undefined
  changeServicePrincipal(
    tenantId: string,
    appId: string,
    change: Partial<Pick<ServicePrincipal, 'tags' | 'accountEnabled'>>,
  ): void
  /** A new secret of the application; those from before stay. */
  addSecret(appId: string): string
  removeSecrets(appId: string): void
  /** Trusts an issuer's subject as the application (workload identity). */
  federate(appId: string, subject: FederatedSubject): void
  /** What a pod would find in its AZURE_FEDERATED_TOKEN_FILE. */
  federatedToken(subject: FederatedSubject): string
  token(request: TokenRequest): string
  revokeTokens(clientId: string): void
  /** The managed identity of the metadata service; without one it refuses. */
  setManagedIdentity(identity: { readonly tenantId: string; readonly clientId: string } | undefined): void
  createStorageAccount(wanted: AccountWanted): Promise<StorageAccount>
  /** Changes properties of an account; the others stay. */
  changeStorageAccount(name: string, properties: Readonly<Record<string, unknown>>): Promise<void>
  deleteStorageAccount(name: string): Promise<void>
  createContainer(account: string, container: string): Promise<void>
  deleteResourceGroup(subscriptionId: string, resourceGroup: string): Promise<void>
  accountKey(account: string): string
  /** From now on, what Graph creates is not known to Resource Manager until `releasePrincipals`. */
  holdPrincipals(): void
  releasePrincipals(): Promise<void>
  /**
   * From now on, new role assignments are there and do not let anybody read blobs until `releaseRoles`; in Azure this
   * takes up to ten minutes (https://learn.microsoft.com/en-us/azure/role-based-access-control/troubleshooting).
   */
  holdRoles(): Promise<void>
  releaseRoles(): void
  /** Whether a principal of a given type is not looked up, as Microsoft promises: https://aka.ms/docs-principaltype. Default: it is. */
  trustPrincipalType(isTrusted: boolean): Promise<void>
  /** What role assignments at an account that is gone are, from the next account that goes. Default: `missing`. */
  setGoneScopes(how: GoneScopes): Promise<void>
  /** Seconds in `Retry-After` of ordered failures 429 and 503; undefined for none. Default: 1. */
  setRetryAfter(seconds: number | undefined): void
}

export function makeControl(world: World): Control {
  const { allow, deny, undeny, allowGraph } = world.rights
  return {
    ...{ allow, deny, undeny, allowGraph },
    ...peopleControl(world),
    ...storageControl(world),
    holdPrincipals() {
      world.settings.holdsPrincipals = true
    },
    async releasePrincipals() {
      world.settings.holdsPrincipals = false
      for (const id of world.held) await makeKnown(world, id)
      world.held.clear()
    },
    async holdRoles() {
      world.settings.effectiveRoles = new Set((await world.manager.assignments()).map(({ id }) => id))
    },
    releaseRoles() {
      world.settings.effectiveRoles = undefined
    },
    async trustPrincipalType(isTrusted) {
      await world.manager.control(isTrusted ? 'PUT' : 'DELETE', 'trust-typed')
    },
    async setGoneScopes(how) {
      world.settings.goneScopes = how
      await world.manager.control(how === 'kept' ? 'PUT' : 'DELETE', 'keep-orphans')
    },
    setRetryAfter(seconds) {
      world.settings.retryAfter = seconds
    },
  }
}

async function makeKnown(world: World, id: string): Promise<void> {
  const tenantId = world.directory.principals.get(id)?.tenantId
  if (tenantId) await world.manager.control('PUT', `principals/${tenantId}/${id}`)
}

type People = Pick<
  Control,
  | 'createTenant'
  | 'createSubscription'
  | 'createApplication'
  | 'createServicePrincipal'
  | 'deleteServicePrincipal'
  | 'servicePrincipal'
  | 'changeServicePrincipal'
  | 'addSecret'
  | 'removeSecrets'
  | 'federate'
  | 'federatedToken'
  | 'token'
  | 'revokeTokens'
  | 'setManagedIdentity'
>

function peopleControl(world: World): People {
  const { directory } = world
  const application = (appId: string) => {
    const found = directory.applications.get(appId)
    if (!found) throw new Error(`There is no application ${appId}.`)
    return found
  }
  const clusterKey = randomBytes(32)
  return {
    createTenant(tenantId = randomUUID()) {
      directory.tenants.add(tenantId)
      return tenantId
    },
    createSubscription(tenantId) {
      const id = randomUUID()
      world.subscriptions.set(id, tenantId)
      return id
    },
    createApplication({
      appId = randomUUID(),
      displayName = `app-${appId.slice(0, 8)}`,
      homeTenant = randomUUID(),
    } = {}) {
      directory.tenants.add(homeTenant)
      return directory.register(appId, displayName, homeTenant).appId
    },
    async createServicePrincipal(tenantId, appId) {
      const { id } =
        directory.principalOf(tenantId, appId) ?? directory.addPrincipal(tenantId, application(appId))
      await makeKnown(world, id)
      return id
    },
    async deleteServicePrincipal(tenantId, appId) {
      const id = directory.principalOf(tenantId, appId)?.id ?? ''
      directory.principals.delete(id)
      await world.manager.control('DELETE', `principals/${tenantId}/${id}`)
    },
    servicePrincipal: (tenantId, appId) => directory.principalOf(tenantId, appId),
    changeServicePrincipal(tenantId, appId, change) {
      Object.assign(directory.principalOf(tenantId, appId) ?? {}, change)
    },
    addSecret(appId) {
      const secret = randomBytes(24).toString('base64url')
      application(appId).secrets.add(secret)
      return secret
    },
    removeSecrets: (appId) => application(appId).secrets.clear(),
    federate: (appId, subject) => application(appId).federations.push(subject),
    federatedToken({ issuer, subject, seconds = 3_600 }) {
      const now = Math.floor(Date.now() / 1_000)
      const times = { iat: now, nbf: now, exp: now + seconds }
      return signed({ iss: issuer, sub: subject, aud: ['api://AzureADTokenExchange'], ...times }, clusterKey)
    },
    ...{ token: directory.token, revokeTokens: directory.revokeTokens },
    setManagedIdentity(identity) {
      world.settings.metadataClient = identity
    },
  }
}

type Storage = Pick<
  Control,
  | 'accountNames'
  | 'createStorageAccount'
  | 'changeStorageAccount'
  | 'deleteStorageAccount'
  | 'createContainer'
  | 'deleteResourceGroup'
  | 'accountKey'
>

function storageControl(world: World): Storage {
  const { azurite, manager, accounts } = world
  const given = new Set<string>()
  const known = (name: string) => {
    const found = accounts.get(name)
    if (!found) throw new Error(`There is no storage account ${name}.`)
    return found
  }
  const path = (one: StorageAccount) => `accounts/${one.subscriptionId}/${one.resourceGroup}/${one.name}`
  const put = async (account: StorageAccount, kind: string) => {
    accounts.set(account.name, account)
    await manager.control('PUT', path(account), modelOf(world, account, kind))
  }
  return {
    accountNames: azurite.names,
    async createStorageAccount({
      subscriptionId,
      resourceGroup,
      properties = {},
      kind = 'StorageV2',
      ...wanted
    }) {
      const name = wanted.name ?? azurite.names.find((one) => !given.has(one) && one.startsWith('mooring'))
      if (!name || !azurite.names.includes(name)) throw new Error(`Azurite has no account ${name}.`)
      given.add(name)
      const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${name}`
      const account = { subscriptionId, resourceGroup, name, id, properties }
      await azurite.setCors(name, [])
      await put(account, kind)
      return account
    },
    async changeStorageAccount(name, properties) {
      const account = known(name)
      await put({ ...account, properties: { ...account.properties, ...properties } }, 'StorageV2')
    },
    async deleteStorageAccount(name) {
      await manager.control('DELETE', path(known(name)))
      accounts.delete(name)
    },
    async createContainer(account, container) {
      const { id } = known(account)
      const asked = { fake: 'BlobContainersClient.Create', method: 'PUT', body: Buffer.from('{}') }
      const at = { path: `${id}/blobServices/default/containers/${container}`, tenantId: '', objectId: '' }
      await manager.ask({ ...asked, ...at })
      await azurite.createContainer(account, container)
    },
    async deleteResourceGroup(subscriptionId, resourceGroup) {
      await manager.control('DELETE', `groups/${subscriptionId}/${resourceGroup}`)
      for (const one of accounts.values())
        if (one.subscriptionId === subscriptionId && one.resourceGroup === resourceGroup)
          accounts.delete(one.name)
    },
    accountKey: (account) => azurite.keyOf(account),
  }
}

/** https://learn.microsoft.com/en-us/rest/api/storagerp/storage-accounts/get-properties#storageaccount */
function modelOf({ endpoints }: World, { id, name, properties }: StorageAccount, kind: string): object {
  return {
    ...{ id, name, kind, type: 'Microsoft.Storage/storageAccounts', location: 'westeurope', tags: {} },
    sku: { name: 'Standard_LRS', tier: 'Standard' },
    properties: {
      ...{ provisioningState: 'Succeeded', statusOfPrimary: 'available', primaryLocation: 'westeurope' },
      ...{ accessTier: 'Hot', minimumTlsVersion: 'TLS1_2', supportsHttpsTrafficOnly: true },
      ...{ allowBlobPublicAccess: false, allowSharedKeyAccess: true },
      networkAcls: { bypass: 'AzureServices', defaultAction: 'Allow', ipRules: [], virtualNetworkRules: [] },
      primaryEndpoints: { blob: `${endpoints.blob}/${name}/` },
      ...properties,
    },
  }
}
