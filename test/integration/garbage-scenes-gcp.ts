/** A bucket of Google Cloud with strangers in it, and a custom role. */
import { openSession } from '../../src/clouds/index.ts'
import type { DocumentName } from '../../src/plan/document.ts'
import { installationTag } from '../../src/plan/mark.ts'
import type { ClaimedEntry } from '../../src/plan/plan-target.ts'
import { gcpAccount } from '../rig/gcp.ts'
import { ask as askGoogle } from '../rig/gcp-clients.ts'
import { gcp, uniqueName } from '../rig/shared.ts'
import { type Place, requestsPerSecond, type Scene } from './garbage-scenes.ts'
import { INSTALLATION } from './ledger-pass.ts'

type Ask = (method: string, path: string, body?: object) => ReturnType<typeof askGoogle>

export async function gcpScenes(): Promise<Scene[]> {
  const cloud = await gcp()
  const projectId = uniqueName('project')
  const account = gcpAccount(cloud, projectId, { isUnpaced: true })
  const ask: Ask = (method, path, body) => askGoogle(account, method, path, body)
  const open: Scene['open'] = ([address = ''], hooks) => {
    const endpoints = { storage: address, iam: address, iamCredentials: address }
    const spec = { gcp: { projectId, endpoints }, requestsPerSecond }
    return openSession(spec, { accessToken: account.accessToken }, hooks)
  }
  const common = { upstreams: [cloud.endpoint], open }
  return [
    { ...common, ...(await bucketScene(ask, projectId)) },
    { ...common, ...roleScene(ask, projectId) },
  ]
}

const part = (document: DocumentName, name: string, value: object): ClaimedEntry => ({
  document,
  name,
  body: { part: value },
})

async function bucketScene(ask: Ask, projectId: string): Promise<Place> {
  const bucket = uniqueName('clips')
  const uniform = { uniformBucketLevelAccess: { enabled: true } }
  await ask('POST', `/storage/v1/b?project=${projectId}`, { name: bucket, iamConfiguration: uniform })
  const at = `/storage/v1/b/${bucket}`
  const { body: policy } = await ask('GET', `${at}/iam?optionsRequestedPolicyVersion=3`)
  const theirs = { role: 'roles/storage.objectViewer', members: ['group:analysts@example.com'] }
  await ask('PUT', `${at}/iam`, { ...policy, bindings: [...(policy.bindings ?? []), theirs] })
  await ask('PATCH', at, {
    cors: [{ origin: ['https://upload.example.com'], method: ['PUT'], maxAgeSeconds: 600 }],
    lifecycle: { rule: [{ action: { type: 'Delete' }, condition: { age: 90 } }] },
  })
  const member = 'serviceAccount:reader@vendor.iam.gserviceaccount.com'
  const condition = { age: 7, matchesPrefix: ['raw/temp/'] }
  return {
    name: 'a Google bucket',
    isSlow: true,
    target: { kind: 'GcsBucket', key: bucket, name: `gs://${bucket}`, bucket },
    documents: ['BucketIam', 'Cors', 'Lifecycle'],
    entries: [
      part('BucketIam', 'read', { role: 'roles/storage.objectViewer', member }),
      part('Cors', 'app', { origin: ['https://*.segments.ai'], method: ['GET'] }),
      part('Lifecycle', 'temp', { action: { type: 'Delete' }, condition }),
    ],
    now: async () => {
      const { bindings } = (await ask('GET', `${at}/iam?optionsRequestedPolicyVersion=3`)).body
      const { cors, lifecycle } = (await ask('GET', at)).body
      return { bindings, cors, lifecycle }
    },
  }
}

function roleScene(ask: Ask, projectId: string): Place {
  const roleId = 'mooring_reader'
  const role = `projects/${projectId}/roles/${roleId}`
  const description = `Reads [mooring:${installationTag(INSTALLATION, role)}]`
  return {
    name: 'a custom role',
    target: { kind: 'CustomRole', key: role, name: role, projectId, roleId },
    documents: ['CustomRole'],
    entries: [
      part('CustomRole', 'role', { in: 'Role' }),
      part('CustomRole', 'texts', { in: 'Texts', title: 'Reader', description }),
      part('CustomRole', 'get', { in: 'Permission', permission: 'storage.objects.get' }),
    ],
    now: async () => {
      const { status, body } = await ask('GET', `/v1/${role}`)
      return status === 404 || body.deleted === true ? 'absent' : body
    },
  }
}
