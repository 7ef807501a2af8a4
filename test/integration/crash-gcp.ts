/** A Google Cloud to die in: a bucket with its three documents, and a custom role. */
/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of a recipe */
import { strict as assert } from 'node:assert'
import { type GcpAccount, gcpAccount } from '../rig/gcp.ts'
import { ask as askGoogle } from '../rig/gcp-clients.ts'
import type { ProxiedRequest } from '../rig/http-proxy.ts'
import { installCrds } from '../rig/install.ts'
import { gcp, ownCluster, uniqueName } from '../rig/shared.ts'
import type { Step } from './crash-steps.ts'
import type { Cast, WalkedCloud } from './crash-walk.ts'
import { vendorOf } from './recipe.ts'

const MEMBER = 'serviceAccount:reader@vendor.iam.gserviceaccount.com'

export async function gcpToDieIn(): Promise<WalkedCloud> {
  const [cluster, cloud] = [await ownCluster(), await gcp()]
  await installCrds(cluster.kubectl)
  await cluster.kubectl.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'perception' } },
    vendorOf('documents', { s3: undefined, gcs: recipe }),
  ])
  return {
    cluster,
    upstreams: [cloud.endpoint],
    environment: {},
    stepOf,
    ledgerLanes: { BucketIam: 'bucket', Cors: 'bucket', Lifecycle: 'bucket', CustomRole: 'role' },
    cast: async ([address = '']) => {
      const projectId = uniqueName('project')
      const account = gcpAccount(cloud, projectId, { isUnpaced: true })
      const endpoints = { storage: address, iam: address, iamCredentials: address }
      const name = uniqueName('gcp')
      await cluster.kubectl.apply([
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name, namespace: 'perception' },
          stringData: { accessToken: account.accessToken },
        },
        {
          apiVersion: 'mooring.dev/v1alpha1',
          kind: 'CloudAccount',
          metadata: { name },
          spec: {
            gcp: { projectId, endpoints, credentialsSecretRef: { namespace: 'perception', name } },
            allow: [{ namespaces: ['perception'] }],
          },
        },
      ])
      return castIn(account, name)
    },
  }
}

const recipe = {
  customRoles: [
    { name: 'read', idPrefix: 'mortal_read', title: 'Mortal reads', permissions: ['storage.objects.get'] },
  ],
  grants: [{ name: 'read', member: MEMBER, customRole: 'read' }],
  cors: { rules: [{ name: 'app', allowedOrigins: ['https://app.example.com'], allowedMethods: ['GET'] }] },
  lifecycle: { rules: [{ name: 'temp', prefix: '${prefix}temp/', expirationDays: 7 }] },
}

function stepOf({ method, url, body }: ProxiedRequest): Step | undefined {
  const { pathname } = new URL(url, 'http://gcs')
  if (pathname.includes('/roles')) return roleStep(method, pathname)
  if (!/^\/storage\/v1\/b\/[^/]+(?:\/iam)?$/.test(pathname)) return undefined
  const policy = { lane: 'bucket', document: 'policy' }
  if (pathname.endsWith('/iam')) return method === 'GET' ? policy : { ...policy, name: 'setIamPolicy' }
  // The bucket is also read between two writes; that its documents are read back, the policy's read-back stands for.
  if (method !== 'PATCH') return undefined
  const [document = ''] = Object.keys(JSON.parse(body.toString()))
  return { lane: 'bucket', document, name: `patch ${document}` }
}

function roleStep(method: string, pathname: string): Step {
  const step = { lane: 'role', document: 'role' }
  if (method === 'GET') return step
  const verb = method === 'POST' ? (pathname.endsWith(':undelete') ? 'undelete' : 'create') : method
  return { ...step, name: `${verb.toLowerCase()} role` }
}

async function castIn(stranger: GcpAccount, name: string): Promise<Cast> {
  const ask = async (method: string, path: string, body?: object) => {
    const answer = await askGoogle(stranger, method, path, body)
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const { projectId } = stranger
  const bucket = uniqueName('mortal')
  const at = `/storage/v1/b/${bucket}`
  await makeBucket(ask, projectId, bucket)
  const now = async () => {
    const { bindings = [] } = await ask('GET', `${at}/iam?optionsRequestedPolicyVersion=3`)
    const { cors = [], lifecycle = { rule: [] } } = await ask('GET', at)
    const { roles = [] } = await ask('GET', `/v1/projects/${projectId}/roles`)
    return { bindings, cors, rules: lifecycle.rule, roles }
  }
  const start = await now()
  return {
    now,
    integrations: [
      {
        apiVersion: 'mooring.dev/v1alpha1',
        kind: 'StorageIntegration',
        metadata: { name: 'clips', namespace: 'perception' },
        spec: { vendor: 'documents', account: name, gcs: { bucket, prefix: 'raw/' } },
      },
    ],
    assertServed: async () => {
      const { bindings, cors, rules, roles } = await now()
      for (const [entries, theirs] of [
        [bindings, start.bindings],
        [cors, start.cors],
        [rules, start.rules],
        [roles, start.roles],
      ]) {
        assert.deepEqual(entries.slice(0, theirs.length), theirs)
        assert.equal(entries.length, theirs.length + 1)
      }
      assert.deepEqual(bindings.at(-1).members, [MEMBER])
    },
  }
}

type Ask = (
  method: string,
  path: string,
  body?: object,
) => Promise<Awaited<ReturnType<typeof askGoogle>>['body']>

async function makeBucket(ask: Ask, projectId: string, bucket: string): Promise<void> {
  const at = `/storage/v1/b/${bucket}`
  const iamConfiguration = { uniformBucketLevelAccess: { enabled: true } }
  await ask('POST', `/storage/v1/b?project=${projectId}`, { name: bucket, iamConfiguration })
  const policy = await ask('GET', `${at}/iam?optionsRequestedPolicyVersion=3`)
  const theirs = { role: 'roles/storage.objectViewer', members: ['group:analysts@example.com'] }
  await ask('PUT', `${at}/iam`, { ...policy, version: 3, bindings: [...(policy.bindings ?? []), theirs] })
  await ask('PATCH', at, {
    cors: [{ origin: ['https://upload.example.com'], method: ['PUT'], maxAgeSeconds: 600 }],
    lifecycle: { rule: [{ action: { type: 'Delete' }, condition: { age: 90 } }] },
  })
}
