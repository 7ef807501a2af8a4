/** The kind cluster in the place of the bare API server: what test/rig/shared.ts hands out when TEST_CLUSTER is `kind`. */
import type { ControlPlane } from '../rig/control-plane.ts'
import { readKubeconfig } from '../rig/kubeconfig.ts'
import type { Kubectl } from '../rig/kubectl.ts'
import { localstackAccount, type OwnRig } from '../rig/rig.ts'
import { mustRun } from '../rig/run-command.ts'
import { CONTROL_PLANE, kindKubectl, kubeconfigPath, LOCALSTACK } from './cluster.ts'
import { SYSTEM } from './installation.ts'
import { TEST_LABEL } from './operator-pod.ts'

/** Namespaces that are there before any test. */
const KEPT = [
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'local-path-storage',
  'clouds',
  SYSTEM,
]
/** Nearly every test file uses it; its objects go, the namespace stays, since waiting for its end takes longer than many a test. */
const USUAL = 'perception'

/** The cluster as it is. */
export async function sharedKindRig(): Promise<OwnRig> {
  return {
    kubeconfigPath: kubeconfigPath(),
    kubectl: await kindKubectl(),
    controlPlane: await controlPlane(),
    leaseNamespace: SYSTEM,
    aws: localstackAccount(LOCALSTACK),
    stop: async () => undefined, // it is everybody's
  }
}

/** The cluster, cleaned of what the test file before has left, with the AWS in it. One file has it at a time. */
export async function kindRig(): Promise<OwnRig> {
  const rig = await sharedKindRig()
  await clean(rig.kubectl)
  return rig
}

/** The API server as the other tests know one, but for stopping it. */
async function controlPlane(): Promise<ControlPlane> {
  const { server } = await readKubeconfig(kubeconfigPath())
  const cannot = (what: string) => async () => {
    throw new Error(
      `${what} cannot be stopped in the kind cluster: put this test on the list in test/kind/skipped.ts.`,
    )
  }
  const inNode = (path: string) => mustRun('docker', ['exec', CONTROL_PLANE, 'cat', path])
  return {
    url: server,
    port: Number(new URL(server).port),
    kubeconfigPath: kubeconfigPath(),
    stopApiServer: cannot('the API server'),
    startApiServer: cannot('the API server'),
    stopEtcd: cannot('etcd'),
    startEtcd: cannot('etcd'),
    identity: async () => ({
      // A proxy shows it to its clients, and trusts its server by it: so with the authority that signed it.
      cert:
        (await inNode('/etc/kubernetes/pki/apiserver.crt')) + (await inNode('/etc/kubernetes/pki/ca.crt')),
      key: await inNode('/etc/kubernetes/pki/apiserver.key'),
    }),
    stop: async () => undefined,
  }
}

/** First whoever could still do something; then, at the same time, all that is left. */
export async function clean(kubectl: Kubectl): Promise<void> {
  await Promise.all([
    kubectl.delete('pod,secret', '-n', SYSTEM, '-l', TEST_LABEL, '--grace-period=0', '--force'),
    stopDeployment(kubectl),
  ])
  const usual = 'secrets,configmaps,rolebindings,roles,events,events.events.k8s.io'
  await Promise.all([
    ...WITH_FINALIZERS.map((resource) => removeAll(kubectl, resource)),
    removeNamespaces(kubectl),
    kubectl.delete('clusterrolebinding', '-l', TEST_LABEL),
    kubectl.run(['delete', 'cloudaccounts,storagevendors', '--all']),
    kubectl.run([
      'delete',
      usual,
      '--all',
      '-n',
      USUAL,
      '--field-selector',
      'metadata.name!=kube-root-ca.crt',
    ]),
    kubectl.run(['delete', 'leases', 'mooring', '-n', SYSTEM]),
    kubectl.run(['delete', 'events', '--all', '-n', SYSTEM]),
  ])
}

/** Waits until none of its pods is left: one would serve what the tests make. */
export async function stopDeployment(kubectl: Kubectl): Promise<void> {
  await kubectl.run(['scale', 'deployment/mooring', '-n', SYSTEM, '--replicas=0'])
  const its = ['pods', '-n', SYSTEM, '-l', 'app.kubernetes.io/name=mooring']
  await kubectl.run(['wait', ...its, '--for=delete', '--timeout=60s'])
}

async function removeNamespaces(kubectl: Kubectl): Promise<void> {
  const { items } = await kubectl.get<{ items: { metadata: { name: string } }[] }>('namespaces')
  const others = items.map(({ metadata }) => metadata.name).filter((name) => ![...KEPT, USUAL].includes(name))
  if (others.length > 0) await kubectl.delete('namespace', ...others, '--timeout=120s')
}

/** What tests put finalizers on: nobody is there any more who would take them off. */
const WITH_FINALIZERS = ['storageintegrations.mooring.dev', 'things.kube-tests.mooring.dev']

async function removeAll(kubectl: Kubectl, resource: string): Promise<void> {
  const { code, stdout } = await kubectl.run(['get', resource, '-A', '-o', 'json'])
  if (code !== 0) return // there is no such CRD yet
  const { items } = JSON.parse(stdout) as { items: { metadata: { name: string; namespace: string } }[] }
  const patch = ['--type=merge', '-p', '{"metadata":{"finalizers":null}}']
  await inGroups(items, 10, ({ metadata: { name, namespace } }) =>
    kubectl.run(['patch', resource, name, '-n', namespace, ...patch]),
  )
  if (items.length > 0) await kubectl.run(['delete', resource, '--all', '-A', '--timeout=60s'])
}

/** Some at a time: every one is a process. */
async function inGroups<T>(
  all: readonly T[],
  size: number,
  work: (one: T) => Promise<unknown>,
): Promise<void> {
  for (let at = 0; at < all.length; at += size) await Promise.all(all.slice(at, at + size).map(work))
}
