import { strict as assert } from 'node:assert'
import { after, test } from 'node:test'
import { startControlPlane } from './control-plane.ts'
import { KubectlError } from './kubectl.ts'
import { clusterAt } from './rig.ts'
import { makeRunFolder } from './run-folder.ts'
import { serviceAccountKubeconfig } from './service-account.ts'
import { cluster, ownCluster, uniqueName } from './shared.ts'

const settings = (namespace: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace },
  data: { colour: 'blue' },
})

async function makeNamespace(kubectl: Awaited<ReturnType<typeof cluster>>['kubectl']): Promise<string> {
  const name = uniqueName('rig')
  await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return name
}

test('kubectl applies, reads and deletes', async () => {
  const { kubectl } = await cluster()
  const namespace = await makeNamespace(kubectl)
  await kubectl.apply(settings(namespace))
  assert.equal((await kubectl.get('configmap', 'settings', '-n', namespace)).data.colour, 'blue')
  await kubectl.delete('configmap', 'settings', '-n', namespace)
  await assert.rejects(kubectl.get('configmap', 'settings', '-n', namespace), KubectlError)
})

test('a ServiceAccount may do what its role says, and nothing else', async () => {
  const admin = await cluster()
  const namespace = await makeNamespace(admin.kubectl)
  const metadata = { name: 'reader', namespace }
  const role = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' }
  await admin.kubectl.apply([
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: role,
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
    settings(namespace),
  ])
  const { kubectl } = await clusterAt(await serviceAccountKubeconfig(admin, metadata))
  assert.equal((await kubectl.get('configmap', 'settings')).data.colour, 'blue')
  const refused = await kubectl.run(['delete', 'configmap', 'settings'])
  assert.match(refused.stderr, /Forbidden/)
})

test('an API server that was killed comes back with everything it had', async () => {
  const { controlPlane, kubectl, stop } = await ownCluster()
  after(stop)
  await kubectl.apply(settings('default'))
  await controlPlane.stopApiServer('SIGKILL')
  assert.match((await kubectl.run(['get', 'configmaps'])).stderr, /refused/)
  await controlPlane.startApiServer()
  assert.equal((await kubectl.get('configmap', 'settings')).data.colour, 'blue')
})

test('an etcd that was killed comes back with everything it had, under an API server that went on', async () => {
  const { controlPlane, kubectl, stop } = await ownCluster()
  after(stop)
  await kubectl.apply(settings('default'))
  await controlPlane.stopEtcd('SIGKILL')
  assert.notEqual((await kubectl.run(['create', 'configmap', 'other', '--request-timeout=2s'])).code, 0)
  await controlPlane.startEtcd()
  assert.equal((await kubectl.get('configmap', 'settings')).data.colour, 'blue')
  await kubectl.must('create', 'configmap', 'another')
})

test('a server that does not start says why, and leaves nothing running', async () => {
  const start = startControlPlane(makeRunFolder('broken'), { apiServerArgs: ['--no-such-flag'] })
  await assert.rejects(start, /kube-apiserver did not start[\s\S]*unknown flag: --no-such-flag/)
})
