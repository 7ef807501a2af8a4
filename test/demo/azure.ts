/**
 * `make demo CLOUD=azure`: the main job on Azure, end to end, on a real kube-apiserver and an Azure for tests (Microsoft's fake
 * servers and Azurite behind a façade that refuses what the real one refuses). Every command is really run, every output is
 * what it printed, and every claim is checked: the demo ends with an error where one does not hold.
 */
import { isDeepStrictEqual } from 'node:util'
import { type AzureAccount, azureAccount, azurePrincipal, startAzure } from '../rig/azure.ts'
import { ask, blobsAs, blobsOf, preflight } from '../rig/azure-clients.ts'
import type { AzureFacade } from '../rig/azure-facade.ts'
import { installCatalogue, installCrds, installOperatorRights } from '../rig/install.ts'
import { type Operator, startOperator } from '../rig/operator.ts'
import { type OwnCluster, startCluster } from '../rig/rig.ts'
import { makeRunFolder } from '../rig/run-folder.ts'
import { eventually } from '../rig/wait.ts'
import { manifests } from './manifests.ts'
import { makeNarrator, type Narrator } from './narrator.ts'

const STORAGE = 'streetscenes'
const NAME = 'street-scenes'
const RESYNC_SECONDS = 5
/** Segments.ai Blob Link Service, as the vendor's page has it. */
const VENDOR = 'd47021c7-05d1-44c3-a594-93c2c30c68fc'
/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage */
const READER = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'

interface Rule {
  readonly allowedOrigins: readonly string[]
  readonly allowedMethods: readonly string[]
  readonly allowedHeaders: readonly string[]
  readonly exposedHeaders: readonly string[]
  readonly maxAgeInSeconds: number
}

const uploadsOf = (origin: string): Rule => ({
  ...{ allowedOrigins: [origin], allowedMethods: ['PUT'], allowedHeaders: ['x-ms-*'] },
  ...{ exposedHeaders: [], maxAgeInSeconds: 600 },
})
const UPLOADS = uploadsOf('https://upload.example.com')
/** What the blob service keeps beside CORS, and a PUT without it would take away. */
const SETTINGS = { isVersioningEnabled: true, deleteRetentionPolicy: { enabled: true, days: 7 } }

interface Scene {
  readonly tell: Narrator
  readonly cluster: OwnCluster
  readonly cloud: AzureFacade
  /** Mooring's own application. */
  readonly mooring: AzureAccount
  /** Somebody else of the subscription. */
  readonly people: AzureAccount
}

async function demo(): Promise<void> {
  process.stdout.write(
    'Starting etcd, kube-apiserver and a local Azure (the first time they are built: some minutes) …\n',
  )
  const cloud = await startAzure(makeRunFolder('azure'))
  const cluster = await startCluster()
  const mooring = await azureAccount(cloud, { name: STORAGE })
  const people = { ...mooring, ...(await azurePrincipal(cloud, mooring)) }
  const scene: Scene = { tell: makeNarrator(cluster.kubectl), cluster, cloud, mooring, people }
  cloud.createApplication({ appId: VENDOR, displayName: 'Segments.ai Blob Link Service' })
  await strangersFirst(scene)
  const operator = await install(scene)
  try {
    await awaitConsent(scene)
    await grant(scene)
    await tryIt(scene)
    await drift(scene)
    await fiveRules(scene)
    await revoke(scene)
  } finally {
    await operator.stop()
    await cluster.stop()
    await cloud.stop()
  }
  process.stdout.write(
    '\nThat was Mooring on Azure. README.md tells how to run it against your own cluster and subscription.\n',
  )
}

async function strangersFirst({ tell, cloud, people }: Scene): Promise<void> {
  tell.chapter(
    'A storage account that others use already',
    'It keeps versions and deleted blobs, somebody reads it by a role, and its CORS has a rule of an upload tool.',
  )
  for (const container of ['images', 'payroll']) {
    await cloud.createContainer(STORAGE, container)
    const blob = blobsOf(cloud, STORAGE).getContainerClient(container).getBlockBlobClient('1.txt')
    await blob.upload(`the content of ${container}`, 15 + container.length)
  }
  await putService(people, cloud, { ...SETTINGS, cors: { corsRules: [UPLOADS] } })
  const name = crypto.randomUUID()
  const roleDefinitionId = `/subscriptions/${people.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${READER}`
  const properties = { roleDefinitionId, principalId: people.objectId, principalType: 'ServicePrincipal' }
  await ask(cloud, people, 'PUT', assignmentPath(people, name), { properties })
  tell.show(`blob service of ${STORAGE}`, pretty(await service(people, cloud)))
  tell.show(`role assignments in ${STORAGE}`, pretty(await assignments(people, cloud)))
}

async function install({ tell, cluster, cloud, mooring }: Scene): Promise<Operator> {
  tell.chapter(
    'Install',
    'CRDs, the catalogue of vendors, and the operator, as its own ServiceAccount with the RBAC of deploy/.',
  )
  await installCrds(cluster.kubectl)
  await installCatalogue(cluster.kubectl)
  const kubeconfigPath = await installOperatorRights(cluster)
  const env = { ...cloud.environment, MOORING_RESYNC: `${RESYNC_SECONDS}s`, MOORING_LOG_LEVEL: 'info' }
  const operator = await startOperator({ kubeconfigPath, env })
  await operator.ready()
  await tell.apply('account.yaml', manifests.azureAccount(mooring))
  await tell.kubectl('wait', 'cloudaccount/azure-demo', '--for=condition=Ready', '--timeout=30s')
  await tell.kubectl('get', 'cloudaccounts')
  return operator
}

async function awaitConsent({ tell, cloud, people }: Scene): Promise<void> {
  tell.chapter(
    'Before the vendor’s application is in the tenant',
    'Bringing it in is an administrator’s decision. The integration waits, and says what they are to run.',
  )
  await tell.apply('integration.yaml', manifests.azure(STORAGE, NAME, 'images'))
  await waitFor(tell, 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}=AwaitingConsent')
  await tell.kubectl(...SHOW, 'jsonpath={.status.conditions[?(@.type=="Ready")].message}{"\\n"}')
  tell.expect('nobody was granted anything', (await vendorRoles(people, cloud)).length === 0)
}

async function grant({ tell, cloud, people }: Scene): Promise<void> {
  tell.chapter(
    'Consent and grant',
    'The administrator runs the command; Mooring sees the application at its next look and grants it one container.',
  )
  tell.say(`$ az ad sp create --id ${VENDOR}`)
  await cloud.createServicePrincipal(people.tenantId, VENDOR)
  await waitFor(tell, 'condition=Ready')
  await tell.kubectl('get', 'storageintegrations', '-A')
  await tell.kubectl(...SHOW, 'jsonpath={.status.nextStep}{"\\n"}')
  tell.show('the role assignment that was added', pretty(await vendorRoles(people, cloud)))
  const now = await service(people, cloud)
  tell.show('CORS rules', pretty(rulesOf(now)))
  tell.expect(
    'the strangers’ CORS rule is unchanged, ours follows it',
    isDeepStrictEqual(rulesOf(now)[0], UPLOADS),
  )
  tell.expect('versions and deleted blobs are kept as before', hasSettings(now))
}

async function tryIt({ tell, cloud, people }: Scene): Promise<void> {
  tell.chapter('The vendor tries it', 'With its own application, against the same storage account.')
  const [images, payroll] = [await read(cloud, people, 'images'), await read(cloud, people, 'payroll')]
  tell.expect(
    `reading images/1.txt is answered ${images}, reading payroll/1.txt ${payroll}`,
    images === 200 && payroll === 403,
  )
  const from = async (origin: string): Promise<number> =>
    (await preflight(cloud, STORAGE, origin, 'GET')).status
  const [theirs, other] = [await from('https://app.segments.ai'), await from('https://evil.example')]
  tell.expect(
    `a browser of app.segments.ai is answered ${theirs}, one of evil.example ${other}`,
    theirs === 200 && other === 403,
  )
}

async function drift({ tell, cloud, people }: Scene): Promise<void> {
  tell.chapter(
    'Drift',
    `Somebody takes assignment and rule away. Mooring looks again every ${RESYNC_SECONDS} s here (10 min by default).`,
  )
  const then = await vendorRoles(people, cloud)
  for (const { id } of then) await ask(cloud, people, 'DELETE', `${id}?api-version=2022-04-01`)
  await putService(people, cloud, { ...SETTINGS, cors: { corsRules: [UPLOADS] } })
  tell.show('role assignments of the vendor right after', pretty(await vendorRoles(people, cloud)))
  await eventually(
    async () => {
      const isBack = rulesOf(await service(people, cloud)).length === 2
      if (!isBack || (await vendorRoles(people, cloud)).length === 0) throw new Error('not repaired yet')
    },
    { timeoutMs: 30_000 },
  )
  tell.expect(
    'after the next look the same assignment is there, under the same name, and so is the rule',
    isDeepStrictEqual(await vendorRoles(people, cloud), then),
  )
}

async function fiveRules({ tell, cloud, people }: Scene): Promise<void> {
  tell.chapter(
    'Five rules',
    'A storage account takes five CORS rules in all. Somebody replaces ours by four of their own.',
  )
  const five = [UPLOADS, ...[1, 2, 3, 4].map((n) => uploadsOf(`https://tool-${n}.example.com`))]
  await putService(people, cloud, { ...SETTINGS, cors: { corsRules: five } })
  await waitFor(tell, 'jsonpath={.status.conditions[?(@.type=="CorsConfigured")].reason}=TooManyRules')
  await tell.kubectl(...SHOW, 'jsonpath={.status.conditions[?(@.type=="CorsConfigured")].message}{"\\n"}')
  tell.expect(
    'their five rules are as they were',
    isDeepStrictEqual(rulesOf(await service(people, cloud)), five),
  )
  await putService(people, cloud, { ...SETTINGS, cors: { corsRules: five.slice(0, 4) } })
  await waitFor(tell, 'condition=Ready')
  tell.expect('with room for it, the rule comes back', rulesOf(await service(people, cloud)).length === 5)
  await putService(people, cloud, {
    ...SETTINGS,
    cors: { corsRules: [UPLOADS, ...rulesOf(await service(people, cloud)).slice(4)] },
  })
}

async function revoke({ tell, cloud, people }: Scene): Promise<void> {
  tell.chapter(
    'Revoke',
    'The object goes; a finalizer holds it until the storage account, as read back, shows no entry of it.',
  )
  await tell.kubectl('delete', `si/${NAME}`, '-n', 'perception')
  const now = await service(people, cloud)
  tell.show('role assignments', pretty(await assignments(people, cloud)))
  tell.expect('only the strangers’ assignment is left', (await assignments(people, cloud)).length === 1)
  tell.expect('only the strangers’ CORS rule is left', isDeepStrictEqual(rulesOf(now), [UPLOADS]))
  tell.expect('versions and deleted blobs are kept as before', hasSettings(now))
  const status = await read(cloud, people, 'images')
  tell.expect(`the vendor’s read is answered ${status}`, status === 403)
}

const SHOW = ['get', `si/${NAME}`, '-n', 'perception', '-o'] as const

async function waitFor(tell: Narrator, what: string): Promise<void> {
  await tell.kubectl('wait', `si/${NAME}`, '-n', 'perception', `--for=${what}`, '--timeout=60s')
}

interface Assignment {
  readonly id: string
  readonly principalId: string
  readonly at: string
}

async function vendorRoles(people: AzureAccount, cloud: AzureFacade): Promise<Assignment[]> {
  return (await assignments(people, cloud)).filter(({ principalId }) => principalId !== people.objectId)
}

/** Those in the storage account and its containers. */
async function assignments(people: AzureAccount, cloud: AzureFacade): Promise<Assignment[]> {
  const path = `/subscriptions/${people.subscriptionId}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`
  const { value = [] } = (await ask(cloud, people, 'GET', path)).body
  return (value as { id: string; properties: { principalId: string; scope: string } }[])
    .map(({ id, properties: { principalId, scope } }) => ({ id, principalId, at: scope }))
    .filter(({ at }) => at.toLowerCase().startsWith(accountPath(people).toLowerCase()))
}

interface Service {
  readonly cors?: { readonly corsRules?: readonly Rule[] }
  readonly isVersioningEnabled?: boolean
  readonly deleteRetentionPolicy?: object
}

async function service(people: AzureAccount, cloud: AzureFacade): Promise<Service> {
  return (await ask(cloud, people, 'GET', servicePath(people))).body.properties
}

async function putService(people: AzureAccount, cloud: AzureFacade, properties: object): Promise<void> {
  const { status } = await ask(cloud, people, 'PUT', servicePath(people), { properties })
  if (status >= 300) throw new Error(`the blob service was not written: ${status}`)
}

function rulesOf({ cors }: Service): readonly Rule[] {
  return cors?.corsRules ?? []
}

function hasSettings({ isVersioningEnabled, deleteRetentionPolicy }: Service): boolean {
  return isDeepStrictEqual({ isVersioningEnabled, deleteRetentionPolicy }, SETTINGS)
}

/** The status of the vendor's read of the one blob in a container. */
async function read(cloud: AzureFacade, { tenantId }: AzureAccount, container: string): Promise<number> {
  const blobs = blobsAs(cloud, STORAGE, { tenantId, clientId: VENDOR })
  try {
    await blobs.getContainerClient(container).getBlobClient('1.txt').downloadToBuffer()
    return 200
  } catch (error) {
    return (error as { statusCode?: number }).statusCode ?? 0
  }
}

function accountPath({ subscriptionId, resourceGroup }: AzureAccount): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${STORAGE}`
}

function servicePath(people: AzureAccount): string {
  return `${accountPath(people)}/blobServices/default?api-version=2024-01-01`
}

function assignmentPath(people: AzureAccount, name: string): string {
  return `${accountPath(people)}/providers/Microsoft.Authorization/roleAssignments/${name}?api-version=2022-04-01`
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? 'none'
}

await demo()
