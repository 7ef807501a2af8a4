/** The stage of the story tests on Azure: an operator in a cluster of its own, a storage account, and words to look at it. */
import { strict as assert } from 'node:assert'
import { type AzureAccount, type AzureAccountOptions, azureAccount, azurePrincipal } from '../rig/azure.ts'
import { ask } from '../rig/azure-clients.ts'
import type { AzureFacade } from '../rig/azure-facade.ts'
import { installCatalogue, installCrds } from '../rig/install.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import { type Operator, startOperator } from '../rig/operator.ts'
import type { OwnCluster } from '../rig/rig.ts'
import { azure, ownCluster } from '../rig/shared.ts'
import { type Stage, type Words, wordsFor } from './stage.ts'

/** Segments.ai's Blob Link Service, as its page says. */
export const SEGMENTS = 'd47021c7-05d1-44c3-a594-93c2c30c68fc'
/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage */
export const READER = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'

export interface Assignment {
  readonly id: string
  readonly role: string
  readonly principalId: string
  readonly scope: string
}

export interface AzureRule {
  readonly allowedOrigins: readonly string[]
  readonly allowedMethods: readonly string[]
  readonly allowedHeaders: readonly string[]
  readonly exposedHeaders: readonly string[]
  readonly maxAgeInSeconds: number
}

export interface AzureWorld extends Words, Pick<Stage, 'namespace' | 'si'> {
  readonly cluster: OwnCluster
  readonly cloud: AzureFacade
  /** The operator's own application, and the storage account. */
  readonly me: AzureAccount
  /** Somebody else of the subscription, who may do everything in it. */
  readonly stranger: AzureAccount
  operator(env?: NodeJS.ProcessEnv): Promise<Operator>
  /** Another storage account in the same group. */
  storageAccount(): Promise<string>
  /** A StorageIntegration for Segments.ai. */
  blob(name: string, storageAccount: string, spec?: object): KubernetesObject
  /** Assignments at the account and at its containers; not those from above. */
  assignments(storageAccount: string): Promise<Assignment[]>
  assign(storageAccount: string, principalId: string): Promise<void>
  /** All settings of the blob service. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers whose shape is what they check
  blobService(storageAccount: string): Promise<any>
  cors(storageAccount: string): Promise<AzureRule[]>
  putCors(storageAccount: string, rules: readonly AzureRule[]): Promise<void>
  asStranger(method: string, path: string, body?: object): Promise<Awaited<ReturnType<typeof ask>>>
}

export async function setAzureWorld(
  account: object = {},
  options: AzureAccountOptions = {},
): Promise<AzureWorld> {
  const [cluster, cloud] = [await ownCluster(), await azure()]
  const me = await azureAccount(cloud, options)
  const stranger = { ...me, ...(await azurePrincipal(cloud, me)) }
  cloud.createApplication({ appId: SEGMENTS, displayName: 'Segments.ai Blob Link Service' })
  const { kubectl } = cluster
  const namespace = 'perception'
  await installCrds(kubectl)
  await installCatalogue(kubectl)
  await kubectl.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    clientSecret(namespace, me),
    azureCloudAccount(me, namespace, account),
  ])
  const si = (name: string) => kubectl.get('si', name, '-n', namespace)
  const asStranger = async (method: string, path: string, body?: object) => {
    const answer = await ask(cloud, stranger, method, path, body)
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer
  }
  return {
    cluster,
    cloud,
    me,
    stranger,
    namespace,
    si,
    asStranger,
    operator: async (env) => {
      const settings = {
        MOORING_RESYNC: '2s',
        MOORING_LEADER_ELECTION: 'false',
        ...cloud.environment,
        ...env,
      }
      const started = await startOperator({ kubeconfigPath: cluster.kubeconfigPath, env: settings })
      await started.ready()
      return started
    },
    storageAccount: async () => {
      const { subscriptionId, resourceGroup } = me
      return (await cloud.createStorageAccount({ subscriptionId, resourceGroup })).name
    },
    blob: (name, storageAccount, spec = {}) => ({
      apiVersion: 'mooring.dev/v1alpha1',
      kind: 'StorageIntegration',
      metadata: { name, namespace },
      spec: {
        vendor: 'segments-ai',
        account: 'azure-test',
        azureBlob: { resourceGroup: me.resourceGroup, storageAccount },
        ...spec,
      },
    }),
    ...documentsOf(asStranger, me),
    ...wordsFor(cluster, namespace, si),
  }
}

type Documents = Pick<AzureWorld, 'assignments' | 'assign' | 'blobService' | 'cors' | 'putCors'>

function documentsOf(asStranger: AzureWorld['asStranger'], me: AzureAccount): Documents {
  const { subscriptionId, resourceGroup } = me
  const subscription = `/subscriptions/${subscriptionId}`
  const at = (account: string) =>
    `${subscription}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${account}`
  const service = (account: string) => `${at(account)}/blobServices/default?api-version=2024-01-01`
  const blobService = async (account: string) => (await asStranger('GET', service(account))).body.properties
  return {
    blobService,
    assignments: async (account) => {
      const path = `${subscription}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`
      const { value = [] } = (await asStranger('GET', path)).body
      return (value as { id: string; properties: Record<string, string> }[])
        .map(({ id, properties: { roleDefinitionId = '', principalId = '', scope = '' } }) => ({
          id,
          role: roleDefinitionId.split('/').at(-1) ?? '',
          principalId,
          scope,
        }))
        .filter(({ scope }) => scope.toLowerCase().startsWith(at(account).toLowerCase()))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
    },
    assign: async (account, principalId) => {
      const roleDefinitionId = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${READER}`
      const name = crypto.randomUUID()
      const path = `${at(account)}/providers/Microsoft.Authorization/roleAssignments/${name}?api-version=2022-04-01`
      await asStranger('PUT', path, { properties: { roleDefinitionId, principalId } })
    },
    cors: async (account) => (await blobService(account)).cors?.corsRules ?? [],
    putCors: async (account, corsRules) => {
      const properties = { ...(await blobService(account)), cors: { corsRules } }
      await asStranger('PUT', service(account), { properties })
    },
  }
}

function clientSecret(namespace: string, { clientId, clientSecret: secret }: AzureAccount): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'azure', namespace },
    stringData: { AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: secret },
  }
}

export function azureCloudAccount(
  { tenantId, subscriptionId, endpoints }: AzureAccount,
  namespace: string,
  more: object = {},
): KubernetesObject {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'CloudAccount',
    metadata: { name: 'azure-test' },
    spec: {
      azure: {
        tenantId,
        subscriptionId,
        endpoints,
        credentialsSecretRef: { namespace, name: 'azure' },
        ...more,
      },
      allow: [{ namespaces: [namespace] }],
    },
  }
}
