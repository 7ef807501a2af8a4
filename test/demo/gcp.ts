/**
 * `make demo CLOUD=gcp`: the main job on Google Cloud, end to end, on a real kube-apiserver and a Google Cloud for tests
 * (gcp-storage-emulator behind a façade that refuses what the real one refuses). Every command is really run, every output
 * is what it printed, and every claim is checked: the demo ends with an error where one does not hold.
 */
import { isDeepStrictEqual } from 'node:util'
import { type GcpAccount, gcpAccount, startGcp } from '../rig/gcp.ts'
import { ask, storageOf } from '../rig/gcp-clients.ts'
import type { GcpFacade } from '../rig/gcp-facade.ts'
import { installCatalogue, installCrds, installOperatorRights } from '../rig/install.ts'
import { type Operator, startOperator } from '../rig/operator.ts'
import { type OwnCluster, startCluster } from '../rig/rig.ts'
import { makeRunFolder } from '../rig/run-folder.ts'
import { eventually } from '../rig/wait.ts'
import { manifests } from './manifests.ts'
import { makeNarrator, type Narrator } from './narrator.ts'

const BUCKET = 'street-scenes'
const PROJECT = 'perception-prod'
const RESYNC_SECONDS = 5
/** As Segments.ai would hand one out. */
const VENDOR = 'reader@segments-ai-production.iam.gserviceaccount.com'
const ANALYSTS = {
  role: 'roles/storage.objectViewer',
  members: ['group:analysts@example.com'],
  condition: {
    title: 'until-summer',
    expression: 'request.time < timestamp("2027-06-01T00:00:00Z")',
  },
}
const UPLOADS = { origin: ['https://upload.example.com'], method: ['PUT'], maxAgeSeconds: 600 }

interface Scene {
  readonly tell: Narrator
  readonly cluster: OwnCluster
  readonly cloud: GcpFacade
  /** Somebody else of the project. */
  readonly people: GcpAccount
}

async function demo(): Promise<void> {
  process.stdout.write(
    'Starting etcd, kube-apiserver and a local Google Cloud (the first time they are built: some minutes) …\n',
  )
  const cloud = await startGcp(makeRunFolder('gcp'))
  const cluster = await startCluster()
  const people = gcpAccount(cloud, PROJECT, { isUnpaced: true })
  const scene: Scene = { tell: makeNarrator(cluster.kubectl), cluster, cloud, people }
  await strangersFirst(scene)
  const operator = await install(scene)
  try {
    await awaitVendor(scene)
    await grant(scene)
    await tryIt(scene)
    await race(scene)
    await drift(scene)
    await revoke(scene)
  } finally {
    await operator.stop()
    await cluster.stop()
    await cloud.stop()
  }
  process.stdout.write(
    '\nThat was Mooring on Google Cloud. README.md tells how to run it against your own cluster and project.\n',
  )
}

async function strangersFirst({ tell, people }: Scene): Promise<void> {
  tell.chapter(
    'A bucket that others use already',
    'Its IAM policy has a binding with a condition, its CORS a rule of an upload tool.',
  )
  const iamConfiguration = { uniformBucketLevelAccess: { enabled: true } }
  await ask(people, 'POST', `/storage/v1/b?project=${PROJECT}`, {
    name: BUCKET,
    iamConfiguration,
    cors: [UPLOADS],
  })
  const policy = (await ask(people, 'GET', `${at()}/iam?optionsRequestedPolicyVersion=3`)).body
  await ask(people, 'PUT', `${at()}/iam`, {
    ...policy,
    version: 3,
    bindings: [...(policy.bindings ?? []), ANALYSTS],
  })
  for (const name of ['raw/1.png', 'payroll/1.csv'])
    await storageOf(people).bucket(BUCKET).file(name).save(`the content of ${name}`, { resumable: false })
  tell.show(`bindings of gs://${BUCKET}`, pretty(await bindings(people)))
  tell.show(`CORS of gs://${BUCKET}`, pretty(await cors(people)))
}

async function install({ tell, cluster, cloud }: Scene): Promise<Operator> {
  tell.chapter(
    'Install',
    'CRDs, the catalogue of vendors, and the operator, as its own ServiceAccount with the RBAC of deploy/.',
  )
  await installCrds(cluster.kubectl)
  await installCatalogue(cluster.kubectl)
  const kubeconfigPath = await installOperatorRights(cluster)
  const env = { MOORING_RESYNC: `${RESYNC_SECONDS}s`, MOORING_LOG_LEVEL: 'info' }
  const operator = await startOperator({ kubeconfigPath, env })
  await operator.ready()
  const mooring = gcpAccount(cloud, PROJECT, { principal: `mooring@${PROJECT}.iam.gserviceaccount.com` })
  await tell.apply('account.yaml', manifests.gcpAccount(mooring))
  await tell.kubectl('wait', 'cloudaccount/gcp-demo', '--for=condition=Ready', '--timeout=30s')
  await tell.kubectl('get', 'cloudaccounts')
  return operator
}

async function awaitVendor({ tell, people }: Scene): Promise<void> {
  tell.chapter(
    'Before the vendor has answered',
    'Segments.ai hands out its service account on request. Until then only what is safe without it is made.',
  )
  await tell.apply('integration.yaml', manifests.gcs(BUCKET, undefined))
  await tell.kubectl(
    'wait',
    `si/${BUCKET}`,
    '-n',
    'perception',
    '--for=condition=CorsConfigured',
    '--timeout=60s',
  )
  await tell.kubectl('get', 'storageintegrations', '-A')
  await tell.kubectl('get', `si/${BUCKET}`, '-n', 'perception', '-o', 'jsonpath={.status.nextStep}{"\\n"}')
  tell.expect('nobody was granted anything', !isGranted(await bindings(people)))
}

async function grant({ tell, people }: Scene): Promise<void> {
  tell.chapter(
    'Grant',
    'With its e-mail, Segments.ai gets a custom role with one permission, below raw/ alone.',
  )
  await tell.apply('integration.yaml', manifests.gcs(BUCKET, VENDOR))
  await tell.kubectl('wait', `si/${BUCKET}`, '-n', 'perception', '--for=condition=Ready', '--timeout=60s')
  await tell.kubectl('get', 'storageintegrations', '-A')
  const now = await bindings(people)
  tell.show(
    'the binding that was added',
    pretty(now.find(({ members }) => members.includes(`serviceAccount:${VENDOR}`))),
  )
  tell.expect('the strangers’ binding and its condition are unchanged', hasAnalysts(now))
  tell.expect(
    'the strangers’ CORS rule is unchanged, ours follows it',
    isDeepStrictEqual((await cors(people))[0], UPLOADS),
  )
}

async function tryIt({ tell, cloud }: Scene): Promise<void> {
  tell.chapter('The vendor tries it', 'With its own service account, against the same bucket.')
  const vendor = gcpAccount(cloud, 'segments-ai-production', { principal: VENDOR })
  const read = async (name: string): Promise<number> =>
    (await ask(vendor, 'GET', `${at()}/o/${encodeURIComponent(name)}?alt=media`)).status
  const [raw, payroll] = [await read('raw/1.png'), await read('payroll/1.csv')]
  tell.expect(
    `reading raw/1.png is answered ${raw}, reading payroll/1.csv ${payroll}`,
    raw === 200 && payroll === 403,
  )
  const list = (await ask(vendor, 'GET', `${at()}/o`)).status
  tell.expect(`listing the bucket is answered ${list}`, list === 403)
}

async function race({ tell, cloud, people }: Scene): Promise<void> {
  tell.chapter(
    'Two writers at one moment',
    'Somebody takes our rule away, and while Mooring is about to put it back, they write another one.',
  )
  const late = { ...UPLOADS, origin: ['https://late.example.com'] }
  const isPatch = ({ operation, principal }: { operation: string; principal: string }) =>
    operation === 'storage.buckets.patch' && principal.startsWith('mooring@')
  cloud.before(isPatch, () => ask(people, 'PATCH', at(), { cors: [UPLOADS, late] }))
  await ask(people, 'PATCH', at(), { cors: [UPLOADS] })
  await eventually(
    async () => {
      if ((await cors(people)).length !== 3) throw new Error('not repaired yet')
    },
    { timeoutMs: 30_000 },
  )
  tell.show('CORS after the next looks', pretty(await cors(people)))
  const refused = cloud.count('storage.buckets.patch', 412)
  tell.expect(
    `Google refused ${refused} write by its metageneration, and both the late rule and ours are there`,
    refused > 0 && isDeepStrictEqual((await cors(people)).slice(0, 2), [UPLOADS, late]),
  )
  await ask(people, 'PATCH', at(), { cors: [UPLOADS, ...(await cors(people)).slice(2)] })
}

async function drift({ tell, people }: Scene): Promise<void> {
  tell.chapter(
    'Drift',
    `Somebody deletes the custom role. Mooring looks again every ${RESYNC_SECONDS} s here (10 min by default).`,
  )
  const [role] = (await roles(people)).filter(({ deleted }) => deleted !== true)
  await ask(people, 'DELETE', `/v1/${role?.name}`)
  tell.show('roles right after', pretty(await roles(people)))
  await eventually(
    async () => {
      if (!(await roles(people)).some(({ deleted }) => deleted !== true)) throw new Error('not repaired yet')
    },
    { timeoutMs: 30_000 },
  )
  tell.show(
    'roles after the next look: brought back, since a deleted id stays taken',
    pretty(await roles(people)),
  )
}

async function revoke({ tell, cloud, people }: Scene): Promise<void> {
  tell.chapter(
    'Revoke',
    'The object goes; a finalizer holds it until the bucket, as read back, shows no entry of it.',
  )
  await tell.kubectl('delete', `si/${BUCKET}`, '-n', 'perception')
  const now = await bindings(people)
  tell.show(`bindings of gs://${BUCKET}`, pretty(now))
  tell.expect('only the strangers’ bindings are left', hasAnalysts(now) && !isGranted(now))
  tell.expect('only the strangers’ CORS rule is left', isDeepStrictEqual(await cors(people), [UPLOADS]))
  const vendor = gcpAccount(cloud, 'segments-ai-production', { principal: VENDOR })
  const { status } = await ask(vendor, 'GET', `${at()}/o/raw%2F1.png?alt=media`)
  tell.expect(`the vendor’s read is answered ${status}`, status === 403)
}

interface Binding {
  readonly role: string
  readonly members: readonly string[]
  readonly condition?: object
}

async function bindings(people: GcpAccount): Promise<Binding[]> {
  return (await ask(people, 'GET', `${at()}/iam?optionsRequestedPolicyVersion=3`)).body.bindings ?? []
}

async function cors(people: GcpAccount): Promise<object[]> {
  return (await ask(people, 'GET', at())).body.cors ?? []
}

async function roles(people: GcpAccount): Promise<{ readonly name: string; readonly deleted?: boolean }[]> {
  return (
    (await ask(people, 'GET', `/v1/projects/${PROJECT}/roles?showDeleted=true&view=FULL`)).body.roles ?? []
  )
}

function isGranted(list: readonly Binding[]): boolean {
  return list.some(({ members }) => members.includes(`serviceAccount:${VENDOR}`))
}

function hasAnalysts(list: readonly Binding[]): boolean {
  return list.some((binding) => isDeepStrictEqual(binding, ANALYSTS))
}

function at(): string {
  return `/storage/v1/b/${BUCKET}`
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? 'none'
}

await demo()
