/** An Azure to die in: a storage account with assignments and CORS rules, and the vendor's service principal. */
/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of a recipe */
import { strict as assert } from 'node:assert'
import { dirname, join } from 'node:path'
import { type AzureAccount, azureAccount, azurePrincipal } from '../rig/azure.ts'
import { ask as askAzure } from '../rig/azure-clients.ts'
import type { AzureFacade } from '../rig/azure-facade.ts'
import type { ProxiedRequest } from '../rig/http-proxy.ts'
import { installCrds } from '../rig/install.ts'
import { azure, ownCluster, uniqueName } from '../rig/shared.ts'
import { READER } from './azure-stage.ts'
import type { Step } from './crash-steps.ts'
import type { Cast, WalkedCloud } from './crash-walk.ts'
import { vendorOf } from './recipe.ts'

export async function azureToDieIn(): Promise<WalkedCloud> {
  const [cluster, cloud] = [await ownCluster(), await azure()]
  await installCrds(cluster.kubectl)
  await cluster.kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'perception' } })
  const { resourceManager, graph } = cloud.endpoints
  const authorityFile = cloud.environment.NODE_EXTRA_CA_CERTS ?? ''
  const beside = (name: string) => join(dirname(authorityFile), name)
  return {
    cluster,
    upstreams: [resourceManager, graph],
    certificates: { authorityFile, certificateFile: beside('cert.pem'), keyFile: beside('key.pem') },
    environment: cloud.environment,
    stepOf,
    ledgerLanes: { RoleAssignments: 'account', Cors: 'account', ServicePrincipal: 'principal' },
    cast: async ([arm = '', directory = '']) => {
      const me = await azureAccount(cloud)
      const name = uniqueName('azure')
      const vendor = cloud.createApplication({})
      const endpoints = { ...me.endpoints, resourceManager: arm, graph: directory }
      await cluster.kubectl.apply([
        secretOf(name, me),
        accountOf(name, me, endpoints),
        vendorFor(name, vendor),
      ])
      return castIn(cloud, me, { name, vendor })
    },
  }
}

const secretOf = (name: string, { clientId, clientSecret }: AzureAccount) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'perception' },
  stringData: { AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: clientSecret },
})

const accountOf = (name: string, { tenantId, subscriptionId }: AzureAccount, endpoints: object) => ({
  apiVersion: 'mooring.dev/v1alpha1',
  kind: 'CloudAccount',
  metadata: { name },
  spec: {
    azure: {
      ...{ tenantId, subscriptionId, endpoints },
      credentialsSecretRef: { namespace: 'perception', name },
      ...{ createServicePrincipals: true, removeServicePrincipals: true },
    },
    allow: [{ namespaces: ['perception'] }],
  },
})

const vendorFor = (name: string, clientId: string) =>
  vendorOf(name, {
    s3: undefined,
    azureBlob: {
      application: { clientId, displayName: 'Mortal' },
      roleAssignments: [
        {
          name: 'read',
          roleDefinitionId: READER,
          roleName: 'Storage Blob Data Reader',
          scope: 'StorageAccount',
        },
      ],
      cors: {
        rules: [
          {
            name: 'app',
            allowedOrigins: ['https://app.example.com'],
            allowedMethods: ['GET'],
            maxAgeSeconds: 60,
          },
        ],
      },
    },
  })

function stepOf({ method, url }: ProxiedRequest): Step | undefined {
  const { pathname } = new URL(url, 'http://azure')
  const verb = method.toLowerCase()
  const isRead = method === 'GET'
  if (pathname.startsWith('/v1.0/servicePrincipals')) {
    const step = { lane: 'principal', document: 'principal' }
    // The account's lane looks for the principal as well.
    if (isRead) return undefined
    return { ...step, name: `${method === 'POST' ? 'create' : verb} principal` }
  }
  if (pathname.endsWith('/blobServices/default')) {
    const step = { lane: 'account', document: 'blob service' }
    return isRead ? step : { ...step, name: `${verb} blob service` }
  }
  if (isRead || !pathname.includes('/roleAssignments/')) return undefined
  return { lane: 'account', document: 'assignments', name: `${verb} assignment` }
}

async function castIn(
  cloud: AzureFacade,
  me: AzureAccount,
  { name, vendor }: { readonly name: string; readonly vendor: string },
): Promise<Cast> {
  const { subscriptionId, resourceGroup, storageAccount } = me
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${storageAccount}`
  const assignments = `${id}/providers/Microsoft.Authorization/roleAssignments`
  const service = `${id}/blobServices/default?api-version=2024-01-01`
  const ask = async (method: string, path: string, body?: object, where?: 'graph') => {
    const answer = await askAzure(cloud, me, method, path, body, where)
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const theirs = await azurePrincipal(cloud, me, { actions: [] })
  const roleDefinitionId = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${READER}`
  await ask('PUT', `${assignments}/${crypto.randomUUID()}?api-version=2022-04-01`, {
    properties: { roleDefinitionId, principalId: theirs.objectId, principalType: 'ServicePrincipal' },
  })
  const rule = { allowedOrigins: ['https://upload.example.com'], allowedMethods: ['PUT'] }
  const corsRules = [{ ...rule, allowedHeaders: [], exposedHeaders: [], maxAgeInSeconds: 60 }]
  const settings = { isVersioningEnabled: true, deleteRetentionPolicy: { enabled: true, days: 7 } }
  await ask('PUT', service, { properties: { ...settings, cors: { corsRules } } })
  const now = async () => {
    const { value } = await ask('GET', `${assignments}?api-version=2022-04-01`)
    const filter = encodeURIComponent(`appId eq '${vendor}'`)
    const { cors, ...others } = (await ask('GET', service)).properties
    return {
      assignments: (value as { properties: { scope: string; principalId: string } }[])
        .filter(({ properties }) => properties.scope.toLowerCase().startsWith(id.toLowerCase()))
        .map(({ properties }) => properties.principalId)
        .sort(),
      rules: cors.corsRules,
      others,
      principals: (await ask('GET', `/v1.0/servicePrincipals?$filter=${filter}`, undefined, 'graph')).value,
    }
  }
  const start = await now()
  return {
    now,
    integrations: [
      {
        apiVersion: 'mooring.dev/v1alpha1',
        kind: 'StorageIntegration',
        metadata: { name: 'clips', namespace: 'perception' },
        spec: { vendor: name, account: name, azureBlob: { resourceGroup, storageAccount } },
      },
    ],
    assertServed: async () => {
      const served = await now()
      const [principal, ...more] = served.principals
      assert.deepEqual(more, [])
      assert.deepEqual(served.assignments, [...start.assignments, principal.id].sort())
      assert.deepEqual(served.rules.slice(0, 1), start.rules)
      assert.equal(served.rules.length, 2)
      assert.deepEqual(served.others, start.others)
    },
  }
}
