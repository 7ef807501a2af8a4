/** What `deploy/` installs, on a real API server, and the operator with the rights that it gives and no others. */
import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CreateBucketCommand, GetBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'
import { repository } from '../rig/cache.ts'
import { awaitEstablished } from '../rig/established.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import { startOperator } from '../rig/operator.ts'
import type { Aws } from '../rig/rig.ts'
import { serviceAccountKubeconfig } from '../rig/service-account.ts'
import { ownRig, uniqueName } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'

const { aws, ...cluster } = await ownRig()
const { kubectl } = cluster
const account = { namespace: 'mooring-system', name: 'mooring' }
const bucket = uniqueName('street-scenes')
const s3 = s3Client(aws)

await kubectl.must('apply', '-k', join(repository, 'deploy'))
await awaitEstablished(kubectl, 'crd', '--all')
await kubectl.must('apply', '-f', join(repository, 'deploy', 'vendors'))
await kubectl.apply([namespaceNamed('perception'), accountSecret(), cloudAccount()])

describe('deploy/', () => {
  it('is accepted a second time and then changes nothing', async () => {
    const output = await kubectl.must('apply', '-k', join(repository, 'deploy'), '--dry-run=server')
    const changed = output.split('\n').filter((line) => line !== '' && !line.includes(' unchanged '))
    assert.deepEqual(changed, [])
  })

  it('leaves crds/ and deploy/vendors/ to plain kubectl apply -f, although both are kustomize bases', async () => {
    for (const folder of ['crds', join('deploy', 'vendors')]) {
      const plain = await kubectl.must(
        'apply',
        '-f',
        join(repository, folder),
        '--dry-run=server',
        '-o',
        'name',
      )
      const based = await kubectl.must('kustomize', join(repository, folder))
      assert.equal(plain.trim().split('\n').length, based.match(/^kind: /gm)?.length, folder)
    }
  })

  it('makes pods that the Pod Security level restricted lets in', async () => {
    const { spec } = await kubectl.get('deployment', 'mooring', '-n', account.namespace)
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'probe', namespace: account.namespace },
      spec: spec.template.spec,
    }
    const { code, stderr } = await kubectl.tryApply(pod, '--dry-run=server')
    assert.equal(code, 0, stderr)
    const privileged = { ...pod, spec: { ...pod.spec, hostNetwork: true } }
    assert.match(
      (await kubectl.tryApply(privileged, '--dry-run=server')).stderr,
      /violates PodSecurity "restricted/,
    )
  })
})

describe('the operator’s ServiceAccount', () => {
  for (const [verb, resource, namespace] of [
    ['patch', 'storageintegrations', 'perception'],
    ['patch', 'storageintegrations#status', 'perception'],
    ['patch', 'cloudaccounts#status', ''],
    ['patch', 'storagevendors#status', ''],
    ['get', 'secrets', 'mooring-system'],
    ['patch', 'secrets/mooring-ledger-key', 'mooring-system'],
    ['update', 'leases/mooring', 'mooring-system'],
    ['create', 'events.events.k8s.io', 'perception'],
  ] as const) {
    it(`may ${verb} ${resource} ${where(namespace)}`, async () =>
      assert.ok(await may(verb, resource, namespace)))
  }

  for (const [verb, resource, namespace] of [
    ['list', 'secrets', 'mooring-system'],
    ['watch', 'secrets', 'mooring-system'],
    ['patch', 'secrets/another', 'mooring-system'],
    ['create', 'secrets', 'mooring-system'],
    ['patch', 'secrets/mooring-ledger-key', 'perception'],
    ['get', 'secrets', 'perception'],
    ['get', 'secrets', 'kube-system'],
    ['list', 'secrets', ''],
    ['create', 'storageintegrations', 'perception'],
    ['update', 'storageintegrations', 'perception'],
    ['delete', 'storageintegrations', 'perception'],
    ['patch', 'cloudaccounts', ''],
    ['patch', 'storagevendors', ''],
    ['delete', 'cloudaccounts', ''],
    ['patch', 'namespaces', ''],
    ['update', 'leases/somebody-else', 'mooring-system'],
    ['create', 'leases', 'kube-system'],
    ['list', 'events.events.k8s.io', 'perception'],
    ['get', 'pods', 'mooring-system'],
    ['create', 'serviceaccounts#token', 'mooring-system'],
    ['bind', 'clusterroles', ''],
    ['impersonate', 'users', ''],
  ] as const) {
    it(`may not ${verb} ${resource} ${where(namespace)}`, async () =>
      assert.ok(!(await may(verb, resource, namespace))))
  }
})

it('the operator leads, grants, reports and revokes with these rights', async () => {
  const kubeconfigPath = await serviceAccountKubeconfig(cluster, account)
  const operator = await startOperator({ kubeconfigPath, env: { MOORING_RESYNC: '1s' } })
  await operator.ready()
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  await kubectl.apply(integration())

  await kubectl.must('wait', 'si/scenes', '-n', 'perception', '--for=condition=Ready', '--timeout=30s')
  await kubectl.must('wait', 'cloudaccount/lab', '--for=condition=Ready', '--timeout=30s')
  await kubectl.must('wait', 'storagevendor/segments-ai', '--for=condition=Ready', '--timeout=30s')
  assert.match(await policyText(), /segmentsai-prod-user/)
  const { spec } = await kubectl.get('lease', 'mooring', '-n', account.namespace)
  assert.ok(spec.holderIdentity)
  await eventually(async () =>
    assert.match(await kubectl.must('get', 'events', '-n', 'perception'), /Granted/),
  )

  await kubectl.must('delete', 'si/scenes', '-n', 'perception', '--timeout=30s')
  await assert.rejects(policyText(), { name: 'NoSuchBucketPolicy' })
  assert.equal((await operator.stop()).code, 0)
  const refused = operator.logs().filter((entry) => /forbidden|\b403\b/i.test(JSON.stringify(entry)))
  assert.deepEqual(refused, [])
})

it('the command in the message about an unreadable Secret is all that it takes', async () => {
  const kubeconfigPath = await serviceAccountKubeconfig(cluster, account)
  const operator = await startOperator({ kubeconfigPath, env: { MOORING_RESYNC: '1s' } })
  const secret = {
    kind: 'Secret',
    metadata: { name: 'theirs', namespace: 'perception' },
    stringData: { id: 'x' },
  }
  const parametersFrom = [{ name: 'unknown', secretKeyRef: { name: 'theirs', key: 'id' } }]
  const { metadata, ...rest } = integration({ parametersFrom })
  await kubectl.apply([
    { apiVersion: 'v1', ...secret },
    { ...rest, metadata: { ...metadata, name: 'from' } },
  ])

  const told = await eventually(async () => ready('SecretNotReadable'))
  const [, command = ''] = /kubectl (create rolebinding .*? --serviceaccount=\S+)/.exec(told) ?? []
  await kubectl.must(...command.split(' '))
  await eventually(async () => ready('InvalidParameter'))
  await operator.stop()
})

/** kubectl auth can-i, as the ServiceAccount: `type`, `type/name` or `type#subresource`; '' asks for every namespace. */
async function may(verb: string, resource: string, namespace: string): Promise<boolean> {
  const scope = namespace === '' ? ['--all-namespaces'] : ['--namespace', namespace]
  const [type = '', subresource] = resource.split('#')
  const as = `--as=system:serviceaccount:${account.namespace}:${account.name}`
  const { stdout } = await kubectl.run([
    'auth',
    'can-i',
    verb,
    type,
    ...scope,
    as,
    `--subresource=${subresource ?? ''}`,
  ])
  return stdout.trim() === 'yes'
}

function where(namespace: string): string {
  return namespace === '' ? 'anywhere' : `in ${namespace}`
}

/** The message of the integration `from`, once its Ready condition has that reason. */
async function ready(reason: string): Promise<string> {
  const { status } = await kubectl.get('si', 'from', '-n', 'perception')
  const condition = status?.conditions.find(({ type }: { type: string }) => type === 'Ready')
  assert.equal(condition?.reason, reason)
  return condition.message
}

async function policyText(): Promise<string> {
  const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))
  return Policy ?? ''
}

function s3Client({ endpoint, region, credentials }: Aws): S3Client {
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true })
}

function namespaceNamed(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

function accountSecret(): KubernetesObject {
  const { accessKeyId, secretAccessKey } = aws.credentials
  const stringData = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
  const metadata = { name: 'lab', namespace: account.namespace }
  return { apiVersion: 'v1', kind: 'Secret', metadata, stringData }
}

function cloudAccount(): KubernetesObject {
  const { accountId, region, endpoint } = aws
  const credentialsSecretRef = { namespace: account.namespace, name: 'lab' }
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'CloudAccount',
    metadata: { name: 'lab' },
    spec: {
      aws: { accountId, region, endpoint, credentialsSecretRef },
      allow: [{ namespaces: ['perception'] }],
    },
  }
}

function integration(more: object = {}): KubernetesObject {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'StorageIntegration',
    metadata: { name: 'scenes', namespace: 'perception' },
    spec: { vendor: 'segments-ai', account: 'lab', s3: { bucket }, ...more },
  }
}
