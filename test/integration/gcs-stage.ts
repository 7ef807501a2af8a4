/** The stage of the story tests on Google Cloud: an operator in a cluster of its own, buckets, and words to look at them. */
import { strict as assert } from 'node:assert'
import { type GcpAccount, gcpAccount } from '../rig/gcp.ts'
import { ask } from '../rig/gcp-clients.ts'
import type { GcpFacade } from '../rig/gcp-facade.ts'
import { installCatalogue, installCrds } from '../rig/install.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import { type Operator, startOperator } from '../rig/operator.ts'
import type { OwnCluster } from '../rig/rig.ts'
import { gcp, ownCluster, uniqueName } from '../rig/shared.ts'
import { type Stage, type Words, wordsFor } from './stage.ts'

/** A member list of a role, with its condition. */
export interface Binding {
  readonly role: string
  readonly members: readonly string[]
  readonly condition?: { readonly title: string; readonly description?: string; readonly expression: string }
}

export interface GcsRule {
  readonly origin: readonly string[]
  readonly method: readonly string[]
  readonly responseHeader?: readonly string[]
  readonly maxAgeSeconds?: number
}

export interface CustomRole {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly includedPermissions?: readonly string[]
  readonly deleted?: boolean
  readonly etag: string
}

export interface GcsStage extends Words, Pick<Stage, 'namespace' | 'si'> {
  readonly cluster: OwnCluster
  readonly cloud: GcpFacade
  /** Somebody else of the project, who may do everything in it, as often as they like. */
  readonly stranger: GcpAccount
  /** The operator's identity in the project. */
  readonly operatorPrincipal: string
  operator(env?: NodeJS.ProcessEnv): Promise<Operator>
  bucket(options?: { readonly isUniform?: boolean }): Promise<string>
  /** A StorageIntegration for Segments.ai, whose service account is `VENDOR`. */
  gcs(name: string, bucket: string, spec?: object): KubernetesObject
  bindings(bucket: string): Promise<Binding[]>
  /** The whole policy is replaced, as a stranger's tool does that reads and writes. */
  addBindings(bucket: string, ...bindings: readonly Binding[]): Promise<void>
  cors(bucket: string): Promise<GcsRule[]>
  putCors(bucket: string, rules: readonly GcsRule[]): Promise<void>
  lifecycle(bucket: string): Promise<object[]>
  /** Custom roles of the project, soft-deleted ones too. */
  roles(): Promise<CustomRole[]>
  /** A request as the stranger. */
  asStranger(method: string, path: string, body?: object): Promise<Awaited<ReturnType<typeof ask>>>
}

/** The service account that Segments.ai hands out. */
export const VENDOR = 'reader@segments-ai-production.iam.gserviceaccount.com'

export async function setGcsStage(): Promise<GcsStage> {
  const [cluster, cloud] = [await ownCluster(), await gcp()]
  const projectId = uniqueName('project')
  const stranger = gcpAccount(cloud, projectId, { isUnpaced: true })
  const operatorPrincipal = `mooring@${projectId}.iam.gserviceaccount.com`
  const operator = gcpAccount(cloud, projectId, { principal: operatorPrincipal })
  const { kubectl } = cluster
  const namespace = 'perception'
  await installCrds(kubectl)
  await installCatalogue(kubectl)
  await kubectl.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    tokenSecret(namespace, operator.accessToken),
    gcpCloudAccount(cloud, projectId, namespace),
  ])
  const si = (name: string) => kubectl.get('si', name, '-n', namespace)
  const asStranger = async (method: string, path: string, body?: object) => {
    const answer = await ask(stranger, method, path, body)
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer
  }
  return {
    cluster,
    cloud,
    stranger,
    operatorPrincipal,
    namespace,
    si,
    asStranger,
    operator: async (env) => {
      const settings = { MOORING_RESYNC: '2s', MOORING_LEADER_ELECTION: 'false', ...env }
      const started = await startOperator({ kubeconfigPath: cluster.kubeconfigPath, env: settings })
      await started.ready()
      return started
    },
    bucket: async ({ isUniform = true } = {}) => {
      const name = uniqueName('clips')
      const iamConfiguration = { uniformBucketLevelAccess: { enabled: isUniform } }
      await asStranger('POST', `/storage/v1/b?project=${projectId}`, { name, iamConfiguration })
      return name
    },
    gcs: (name, bucket, spec = {}) => ({
      apiVersion: 'mooring.dev/v1alpha1',
      kind: 'StorageIntegration',
      metadata: { name, namespace },
      spec: {
        vendor: 'segments-ai',
        account: 'gcp-test',
        gcs: { bucket },
        parameters: { serviceAccount: VENDOR },
        ...spec,
      },
    }),
    ...documentsOf(asStranger, projectId),
    ...wordsFor(cluster, namespace, si),
  }
}

type Documents = Pick<GcsStage, 'bindings' | 'addBindings' | 'cors' | 'putCors' | 'lifecycle' | 'roles'>

/** The documents of buckets as the cloud has them. */
function documentsOf(asStranger: GcsStage['asStranger'], projectId: string): Documents {
  const policy = async (bucket: string) => {
    const { body } = await asStranger('GET', `/storage/v1/b/${bucket}/iam?optionsRequestedPolicyVersion=3`)
    return body
  }
  const bucketNow = async (bucket: string) => (await asStranger('GET', `/storage/v1/b/${bucket}`)).body
  return {
    bindings: async (bucket) => (await policy(bucket)).bindings ?? [],
    addBindings: async (bucket, ...bindings) => {
      const now = await policy(bucket)
      const after = { ...now, version: 3, bindings: [...(now.bindings ?? []), ...bindings] }
      await asStranger('PUT', `/storage/v1/b/${bucket}/iam`, after)
    },
    cors: async (bucket) => (await bucketNow(bucket)).cors ?? [],
    putCors: async (bucket, cors) => {
      await asStranger('PATCH', `/storage/v1/b/${bucket}`, { cors })
    },
    lifecycle: async (bucket) => (await bucketNow(bucket)).lifecycle?.rule ?? [],
    roles: async () => {
      const path = `/v1/projects/${projectId}/roles?showDeleted=true&view=FULL`
      return (await asStranger('GET', path)).body.roles ?? []
    },
  }
}

function tokenSecret(namespace: string, accessToken: string): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'gcp', namespace },
    stringData: { accessToken },
  }
}

export function gcpCloudAccount(
  { endpoint }: GcpFacade,
  projectId: string,
  namespace: string,
): KubernetesObject {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'CloudAccount',
    metadata: { name: 'gcp-test' },
    spec: {
      gcp: {
        projectId,
        credentialsSecretRef: { namespace, name: 'gcp' },
        endpoints: { storage: endpoint, iam: endpoint, iamCredentials: endpoint },
      },
      allow: [{ namespaces: [namespace] }],
    },
  }
}
