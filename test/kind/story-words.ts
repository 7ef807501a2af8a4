/** What the story does in the cluster: accounts, integrations, pods, and a look at the clouds. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { account as cloudAccount, oursIn } from '../integration/stage.ts'
import type { Kubectl, KubernetesObject } from '../rig/kubectl.ts'
import { type Aws, localstackAccount } from '../rig/rig.ts'
import { uniqueName } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { authorityFile, nodeAddress } from './cluster.ts'
import { SYSTEM } from './installation.ts'

/** LocalStack in the cluster; pods and this process use the same address. */
export async function kindAws(): Promise<Aws> {
  return localstackAccount(`http://${await nodeAddress()}:30566`)
}

export const s3Of = ({ endpoint, region, credentials }: Aws): S3Client =>
  new S3Client({ endpoint, region, credentials, forcePathStyle: true })

/** The account `aws-test` with its keys in a Secret of the operator's namespace, open for these namespaces. */
export async function applyAwsAccount(kubectl: Kubectl, aws: Aws, namespaces: readonly string[]) {
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'aws', namespace: SYSTEM },
    stringData: {
      AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
    },
  }
  const { spec, ...rest } = cloudAccount({ aws } as Parameters<typeof cloudAccount>[0])
  const allow = [{ namespaces }]
  const withSecret = { ...spec.aws, credentialsSecretRef: { namespace: SYSTEM, name: 'aws' } }
  await kubectl.apply([secret, { ...rest, spec: { aws: withSecret, allow } }])
}

/** As the test Azure tells about itself; see azure-server.ts. */
export interface KindAzure {
  readonly tenantId: string
  readonly subscriptionId: string
  readonly resourceGroup: string
  readonly storageAccount: string
  readonly clientId: string
  readonly clientSecret: string
  readonly endpoints: Readonly<Record<'resourceManager' | 'authority' | 'graph' | 'blob', string>>
  readonly violations: readonly string[]
}

export async function kindAzure(): Promise<KindAzure> {
  return (await fetch(`http://${await nodeAddress()}:30806/`)).json() as Promise<KindAzure>
}

export async function applyAzureAccount(kubectl: Kubectl, azure: KindAzure, namespaces: readonly string[]) {
  const { tenantId, subscriptionId, endpoints, clientId, clientSecret } = azure
  const credentialsSecretRef = { namespace: SYSTEM, name: 'azure' }
  await kubectl.apply([
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: credentialsSecretRef,
      stringData: { AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: clientSecret },
    },
    {
      apiVersion: 'mooring.dev/v1alpha1',
      kind: 'CloudAccount',
      metadata: { name: 'azure-test' },
      spec: { azure: { tenantId, subscriptionId, endpoints, credentialsSecretRef }, allow: [{ namespaces }] },
    },
  ])
}

/** What a browser is told about an origin: 200 or 403. */
export function azurePreflight(azure: KindAzure, origin: string): Promise<number> {
  const url = `${azure.endpoints.blob.replace('{account}', azure.storageAccount)}/images/x.jpg`
  const headers = { origin, 'access-control-request-method': 'GET' }
  return new Promise((resolve, reject) => {
    request(url, { method: 'OPTIONS', headers, ca: readFileSync(authorityFile()) }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}

export async function newBucket(s3: S3Client, prefix = 'street'): Promise<string> {
  const Bucket = uniqueName(prefix)
  await s3.send(new CreateBucketCommand({ Bucket }))
  return Bucket
}

/** A StorageIntegration for Segments.ai. */
export function integration(namespace: string, name: string, spec: object): KubernetesObject {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'StorageIntegration',
    metadata: { name, namespace },
    spec: { vendor: 'segments-ai', account: 'aws-test', ...spec },
  }
}

export async function allReady(kubectl: Kubectl, namespace: string): Promise<void> {
  await kubectl.must('wait', 'si', '--all', '-n', namespace, '--for=condition=Ready', '--timeout=120s')
}

/** Waits until the operator has this many statements in the bucket. */
export function statements(s3: S3Client, bucket: string, count: number): Promise<void> {
  return eventually(async () => assert.equal((await oursIn(s3, bucket)).length, count, bucket), {
    timeoutMs: 90_000,
    everyMs: 200,
  })
}

export interface Pod extends KubernetesObject {
  readonly metadata: KubernetesObject['metadata'] & { readonly uid: string }
}

/** The operator's pods that nobody deletes. */
export async function pods(kubectl: Kubectl): Promise<Pod[]> {
  const list = await kubectl.get<{ items: Pod[] }>(
    'pods',
    ...['-n', SYSTEM, '-l', 'app.kubernetes.io/name=mooring'],
  )
  return list.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
}

/** The name of the pod that holds the Lease; fails while nobody does, or a pod that is gone. */
export async function leader(kubectl: Kubectl): Promise<string> {
  const { spec } = await kubectl.get('lease', 'mooring', '-n', SYSTEM)
  const holder = String(spec.holderIdentity ?? '')
  const pod = (await pods(kubectl)).find(({ metadata }) => holder.startsWith(metadata.name))
  assert.ok(pod, `the Lease is held by "${holder}"`)
  return pod.metadata.name
}

/** Waits for a leader that is not this one. */
export function otherLeader(kubectl: Kubectl, than: string): Promise<string> {
  return eventually(
    async () => {
      const name = await leader(kubectl)
      assert.notEqual(name, than, 'the Lease has not changed hands')
      return name
    },
    { timeoutMs: 90_000, everyMs: 300 },
  )
}
