/** A storage account with strangers in it, and the service principal of a vendor. */
import { openSession } from '../../src/clouds/index.ts'
import { type AzureAccount, azureAccount, azurePrincipal } from '../rig/azure.ts'
import { ask as askAzure } from '../rig/azure-clients.ts'
import type { AzureFacade } from '../rig/azure-facade.ts'
import { azure } from '../rig/shared.ts'
import { READER } from './azure-stage.ts'
import { type Place, requestsPerSecond, type Scene } from './garbage-scenes.ts'

export async function azureScenes(): Promise<Scene[]> {
  const cloud = await azure()
  const me = await azureAccount(cloud)
  const { tenantId, subscriptionId, endpoints } = me
  const may = { createServicePrincipals: true, removeServicePrincipals: true }
  const open: Scene['open'] = ([arm = '', graph = ''], hooks) => {
    const addresses = { ...endpoints, resourceManager: arm, graph }
    const spec = { azure: { tenantId, subscriptionId, endpoints: addresses, ...may }, requestsPerSecond }
    const secret = { AZURE_CLIENT_ID: me.clientId, AZURE_CLIENT_SECRET: me.clientSecret }
    return openSession(spec, secret, hooks)
  }
  const common = { upstreams: [endpoints.resourceManager, endpoints.graph], open }
  return [
    { ...common, ...(await accountScene(cloud, me)) },
    { ...common, ...principalScene(cloud, me) },
  ]
}

const rule = (origin: string, method: string) => ({
  allowedOrigins: [origin],
  allowedMethods: [method],
  allowedHeaders: [],
  exposedHeaders: [],
  maxAgeInSeconds: 60,
})

interface Assigned {
  readonly properties: { readonly scope: string; readonly principalId: string }
}

async function accountScene(cloud: AzureFacade, me: AzureAccount): Promise<Place> {
  const { tenantId, subscriptionId, resourceGroup, storageAccount } = me
  const ask = (method: string, path: string, body?: unknown) => askAzure(cloud, me, method, path, body)
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${storageAccount}`
  const assignments = `${id}/providers/Microsoft.Authorization/roleAssignments`
  const service = `${id}/blobServices/default?api-version=2024-01-01`
  const vendor = cloud.createApplication({})
  const principal = await cloud.createServicePrincipal(tenantId, vendor)
  const { objectId: principalId } = await azurePrincipal(cloud, me, { actions: [] })
  const roleDefinitionId = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${READER}`
  await ask('PUT', `${assignments}/${crypto.randomUUID()}?api-version=2022-04-01`, {
    properties: { roleDefinitionId, principalId, principalType: 'ServicePrincipal' },
  })
  await ask('PUT', service, {
    properties: {
      isVersioningEnabled: true,
      deleteRetentionPolicy: { enabled: true, days: 7 },
      cors: { corsRules: [rule('https://upload.example.com', 'PUT')] },
    },
  })
  const isHere = ({ properties: { scope } }: Assigned) => scope.toLowerCase().startsWith(id.toLowerCase())
  const part = { clientId: vendor, roleDefinitionId: READER, roleName: 'r', scope: '' }
  return {
    name: 'a storage account',
    target: { kind: 'StorageAccount', key: id, name: id.toLowerCase(), resourceGroup, storageAccount },
    documents: ['RoleAssignments', 'Cors'],
    entries: [
      { document: 'RoleAssignments', name: 'read', body: { part } },
      { document: 'Cors', name: 'app', body: { part: rule('https://app.segments.ai', 'GET') } },
    ],
    now: async () => {
      const list: Assigned[] = (await ask('GET', `${assignments}?api-version=2022-04-01`)).body.value
      const holders = list.filter(isHere).map(({ properties }) => properties.principalId)
      return {
        holders: holders.map((holder) => (holder === principal ? 'vendor' : holder)),
        service: (await ask('GET', service)).body.properties,
      }
    },
  }
}

function principalScene(cloud: AzureFacade, me: AzureAccount): Place {
  const vendor = cloud.createApplication({})
  const filter = encodeURIComponent(`appId eq '${vendor}'`)
  return {
    name: 'a service principal',
    target: { kind: 'ServicePrincipal', key: vendor, name: `${me.tenantId}/${vendor}`, clientId: vendor },
    documents: ['ServicePrincipal'],
    entries: [{ document: 'ServicePrincipal', name: 'e', body: { part: { clientId: vendor } } }],
    now: async () => {
      const path = `/v1.0/servicePrincipals?$filter=${filter}`
      const { body } = await askAzure(cloud, me, 'GET', path, undefined, 'graph')
      return body.value.map(({ appId }: { appId: string }) => appId)
    },
  }
}
