/** The Google Cloud of a soak: integrations with one vendor, ten to a bucket, beside strangers' bindings and rules. */
import { type Binding, type GcsRule, VENDOR } from '../integration/gcs-stage.ts'
import { startFaultProxy } from '../rig/fault-proxy.ts'
import { gcpAccount } from '../rig/gcp.ts'
import { ask } from '../rig/gcp-clients.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import { gcp } from '../rig/shared.ts'
import { startTcpProxy } from '../rig/tcp-proxy.ts'
import { different, integration, NAMESPACE, oneOf, type SoakCloud } from './cloud.ts'

const PER_BUCKET = 10
const PROJECT = 'soak-project'
const MEMBER = `serviceAccount:${VENDOR}`
const STRANGERS_RULE: GcsRule = {
  origin: ['https://upload.example.com'],
  method: ['PUT'],
  responseHeader: ['Content-Type'],
  maxAgeSeconds: 600,
}

type Ask = (method: string, path: string, body?: object) => Promise<{ status: number; body: Policy & Bucket }>
interface Policy {
  readonly bindings?: readonly Binding[]
}
interface Bucket {
  readonly cors?: readonly GcsRule[]
}

export async function soakGcs(wanted: number): Promise<SoakCloud> {
  const cloud = await gcp()
  const stranger = gcpAccount(cloud, PROJECT, { isUnpaced: true })
  const operator = gcpAccount(cloud, PROJECT, { principal: `mooring@${PROJECT}.iam.gserviceaccount.com` })
  const asStranger: Ask = (method, path, body) => ask(stranger, method, path, body) as never
  const buckets = Array.from({ length: Math.ceil(wanted / PER_BUCKET) }, (_, n) => `soak-gcs-${n}`)
  for (const bucket of buckets) await settleIn(asStranger, bucket)
  const faults = await startFaultProxy(operator.endpoint, { seed: 9 })
  const line = await startTcpProxy(Number(new URL(faults.endpoint).port))

  const before = new Map<string, object>()
  for (const bucket of buckets) before.set(bucket, await strangersIn(asStranger, bucket))
  const integrations = Array.from({ length: wanted }, (_, n) =>
    gcsIntegration(`gcs-${n}`, buckets[Math.floor(n / PER_BUCKET)] ?? '', `p${n}/`),
  )
  async function damage(): Promise<string[]> {
    const found: string[] = []
    for (const [bucket, strangers] of before)
      found.push(...different(`gs://${bucket}`, await strangersIn(asStranger, bucket), strangers))
    return found
  }

  return {
    name: 'gcp',
    environment: {},
    accounts: gcsObjects(
      `http://127.0.0.1:${line.port}`,
      cloud.token({ principal: operator.principal, seconds: 8 * 3_600 }),
    ),
    integrations,
    newcomer: (n) => gcsIntegration(`newcomer-gcs-${n}`, oneOf(buckets, Math.random), `newcomer-${n}/`),
    setFaults: (rates) => faults.set(rates),
    cut: () => line.cut(),
    disturb: (random) => disturb(asStranger, oneOf(buckets, random), random),
    unserved: (objects) => unserved(asStranger, objects),
    damage,
    leftovers: async () => {
      const found = await damage()
      for (const bucket of buckets) {
        const { bindings, cors } = await documentsOf(asStranger, bucket)
        if (bindings.some(isOurs)) found.push(`a binding of ours in gs://${bucket}`)
        if (cors.length !== 1) found.push(`a CORS rule of ours in gs://${bucket}`)
      }
      return found
    },
    stop: async () => {
      await line.stop()
      await faults.stop()
    },
  }
}

function gcsObjects(endpoint: string, accessToken: string): KubernetesObject[] {
  const endpoints = { storage: endpoint, iam: endpoint, iamCredentials: endpoint }
  const credentialsSecretRef = { namespace: NAMESPACE, name: 'gcp' }
  return [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'gcp', namespace: NAMESPACE },
      stringData: { accessToken },
    },
    {
      apiVersion: 'mooring.dev/v1alpha1',
      kind: 'CloudAccount',
      metadata: { name: 'gcp-test' },
      spec: {
        gcp: { projectId: PROJECT, credentialsSecretRef, endpoints },
        allow: [{ namespaces: [NAMESPACE] }],
        requestsPerSecond: 100,
      },
    },
  ]
}

function gcsIntegration(name: string, bucket: string, prefix: string): KubernetesObject {
  return integration(name, {
    vendor: 'segments-ai',
    account: 'gcp-test',
    gcs: { bucket, prefix },
    parameters: { serviceAccount: VENDOR },
  })
}

async function settleIn(asStranger: Ask, bucket: string): Promise<void> {
  const iamConfiguration = { uniformBucketLevelAccess: { enabled: true } }
  await asStranger('POST', `/storage/v1/b?project=${PROJECT}`, { name: bucket, iamConfiguration })
  const { body } = await asStranger('GET', `/storage/v1/b/${bucket}/iam?optionsRequestedPolicyVersion=3`)
  const theirs: Binding = { role: 'roles/storage.objectViewer', members: ['group:labelling@example.com'] }
  await asStranger('PUT', `/storage/v1/b/${bucket}/iam`, {
    ...body,
    version: 3,
    bindings: [...(body.bindings ?? []), theirs],
  })
  await asStranger('PATCH', `/storage/v1/b/${bucket}`, { cors: [STRANGERS_RULE] })
}

async function documentsOf(asStranger: Ask, bucket: string) {
  const { body: policy } = await asStranger(
    'GET',
    `/storage/v1/b/${bucket}/iam?optionsRequestedPolicyVersion=3`,
  )
  const { body } = await asStranger('GET', `/storage/v1/b/${bucket}`)
  return { policy, bindings: policy.bindings ?? [], cors: body.cors ?? [] }
}

function isOurs({ members }: Binding): boolean {
  return members.includes(MEMBER)
}

async function strangersIn(asStranger: Ask, bucket: string): Promise<object> {
  const { bindings, cors } = await documentsOf(asStranger, bucket)
  const theirs = bindings
    .filter((binding) => !isOurs(binding))
    .map(({ role, members }) => `${role} ${members}`)
  return {
    bindings: theirs.sort(),
    cors: cors.filter(({ origin }) => origin.includes(STRANGERS_RULE.origin[0] ?? '')),
  }
}

/** A stranger's tool that knows its own entries only, and reads and writes with the etag, as tools do on Google Cloud. */
async function disturb(asStranger: Ask, bucket: string, random: () => number): Promise<void> {
  if (random() < 0.3)
    return void (await asStranger('PATCH', `/storage/v1/b/${bucket}`, { cors: [STRANGERS_RULE] }))
  const { policy, bindings } = await documentsOf(asStranger, bucket)
  const [victim] = bindings.filter(isOurs)
  const left = bindings.filter((binding) => binding !== victim)
  await asStranger('PUT', `/storage/v1/b/${bucket}/iam`, { ...policy, version: 3, bindings: left })
}

async function unserved(asStranger: Ask, objects: readonly KubernetesObject[]): Promise<string[]> {
  const found: string[] = []
  for (const { metadata, spec } of objects.filter((object) => object.spec.gcs !== undefined)) {
    const { bucket, prefix } = spec.gcs
    const { bindings, cors } = await documentsOf(asStranger, bucket)
    const mine = bindings.filter(({ condition }) => condition?.expression.includes(`/objects/${prefix}"`))
    if (!mine.some(isOurs)) found.push(`${metadata.name} lacks its binding`)
    if (cors.length !== 2) found.push(`${metadata.name} lacks its CORS rule`)
  }
  return found
}
