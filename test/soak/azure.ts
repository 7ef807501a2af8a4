/** The Azure of a soak: integrations with one vendor, one to a container, beside strangers' rules. */

import { type AzureRule, READER, SEGMENTS } from '../integration/azure-world.ts'
import { type AzureAccount, azureAccount, azurePrincipal } from '../rig/azure.ts'
import { ask } from '../rig/azure-clients.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import { azure } from '../rig/shared.ts'
import { different, integration, NAMESPACE, oneOf, type SoakCloud } from './cloud.ts'

const PER_ACCOUNT = 4
const STRANGERS_RULE: AzureRule = {
  allowedOrigins: ['https://upload.example.com'],
  allowedMethods: ['PUT'],
  allowedHeaders: ['x-ms-*'],
  exposedHeaders: [],
  maxAgeInSeconds: 600,
}

export async function soakAzure(wanted: number): Promise<SoakCloud> {
  const cloud = await azure()
  cloud.createApplication({ appId: SEGMENTS, displayName: 'Segments.ai Blob Link Service' })
  const me = await azureAccount(cloud)
  const stranger = { ...me, ...(await azurePrincipal(cloud, me)) }
  const { subscriptionId, resourceGroup } = me
  const names = [me.storageAccount]
  while (names.length < Math.ceil(wanted / PER_ACCOUNT))
    names.push((await cloud.createStorageAccount({ subscriptionId, resourceGroup })).name)

  const words = wordsOf(stranger, (method, path, body) => ask(cloud, stranger, method, path, body))
  const { at, rulesOf, putRules, assignments, remove } = words
  for (const name of names) {
    await putRules(name, [STRANGERS_RULE])
    for (let n = 0; n < PER_ACCOUNT + 1; n += 1) await cloud.createContainer(name, `box-${n}`)
  }
  const before = await Promise.all(names.map(rulesOf))
  const damage = async () => {
    const found: string[] = []
    for (const [n, name] of names.entries())
      found.push(...different(`azure ${name}`, (await rulesOf(name)).filter(isTheirs), before[n]))
    return found
  }
  const blob = (name: string, n: number, container: string) =>
    integration(name, {
      vendor: 'segments-ai',
      account: 'azure-test',
      azureBlob: { resourceGroup, storageAccount: names[n % names.length], container },
    })

  return {
    name: 'azure',
    environment: cloud.environment,
    accounts: azureObjects(me),
    integrations: Array.from({ length: wanted }, (_, n) =>
      blob(`azure-${n}`, n, `box-${Math.floor(n / names.length)}`),
    ),
    newcomer: (n) => blob(`newcomer-azure-${n}`, n, `box-${PER_ACCOUNT}`),
    setFaults: (rates) => cloud.setWeather(rates),
    cut: () => undefined,
    disturb: async (random) => {
      const name = oneOf(names, random)
      if (random() < 0.5) return putRules(name, [STRANGERS_RULE])
      const found = (await assignments()).filter(({ properties }) => properties.scope.includes(`/${name}/`))
      if (found.length > 0) await remove(oneOf(found, random).id)
    },
    unserved: async (objects) => unserved(objects, await assignments(), at),
    damage,
    leftovers: async () => [
      ...(await damage()),
      ...(await assignments()).map(({ id }) => id),
      ...(await Promise.all(names.map(rulesOf)))
        .flat()
        .filter((rule) => !isTheirs(rule))
        .map(() => 'a CORS rule of ours'),
    ],
    stop: async () => undefined,
  }
}

interface Assigned {
  readonly id: string
  readonly properties: { readonly scope: string; readonly roleDefinitionId: string }
}

type Ask = (method: string, path: string, body?: object) => ReturnType<typeof ask>

/** What strangers say to Resource Manager. */
function wordsOf({ subscriptionId, resourceGroup }: AzureAccount, asStranger: Ask) {
  const at = (account: string) =>
    `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${account}`
  const service = (account: string) => `${at(account)}/blobServices/default?api-version=2024-01-01`
  const propertiesOf = async (account: string) => (await asStranger('GET', service(account))).body.properties
  return {
    at,
    rulesOf: async (account: string): Promise<AzureRule[]> =>
      (await propertiesOf(account)).cors?.corsRules ?? [],
    putRules: async (account: string, corsRules: readonly AzureRule[]) => {
      const properties = { ...(await propertiesOf(account)), cors: { corsRules } }
      await asStranger('PUT', service(account), { properties })
    },
    /** At containers. */
    assignments: async (): Promise<Assigned[]> => {
      const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`
      const { value = [] } = (await asStranger('GET', path)).body
      return (value as Assigned[]).filter(({ properties }) => properties.scope.includes('/blobServices/'))
    },
    remove: async (assignment: string) => {
      await asStranger('DELETE', `${assignment}?api-version=2022-04-01`)
    },
  }
}

function unserved(
  objects: readonly KubernetesObject[],
  found: readonly Assigned[],
  at: (account: string) => string,
): string[] {
  return objects.flatMap(({ metadata, spec }) => {
    if (spec.azureBlob === undefined) return []
    const scope = `${at(spec.azureBlob.storageAccount)}/blobServices/default/containers/${spec.azureBlob.container}`
    const mine = found.filter(({ properties }) => properties.scope.toLowerCase() === scope.toLowerCase())
    return mine.some(({ properties }) => properties.roleDefinitionId.endsWith(READER))
      ? []
      : [`${metadata.name} lacks its role assignment`]
  })
}

function isTheirs({ allowedOrigins }: AzureRule): boolean {
  return allowedOrigins.some((origin) => STRANGERS_RULE.allowedOrigins.includes(origin))
}

function azureObjects({
  tenantId,
  subscriptionId,
  endpoints,
  clientId,
  clientSecret,
}: AzureAccount): KubernetesObject[] {
  const credentialsSecretRef = { namespace: NAMESPACE, name: 'azure' }
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'azure', namespace: NAMESPACE },
      stringData: { AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: clientSecret },
    },
    {
      apiVersion: 'mooring.dev/v1alpha1',
      kind: 'CloudAccount',
      metadata: { name: 'azure-test' },
      spec: {
        azure: { tenantId, subscriptionId, endpoints, credentialsSecretRef, createServicePrincipals: true },
        allow: [{ namespaces: [NAMESPACE] }],
        requestsPerSecond: 100,
      },
    },
  ]
}
