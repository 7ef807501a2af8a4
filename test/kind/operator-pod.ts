/**
 * The operator of the integration tests, as a pod of the installed Deployment's own template: image, ServiceAccount, rights, probes and
 * limits are those of `kubectl apply -k deploy/`. It is a pod and no replica of the Deployment, since tests hold what a
 * process ends with, and a Deployment would start another in its place; the Deployment itself is scaled to none.
 */
import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KubernetesObject } from '../rig/kubectl.ts'
import { kubernetesBinaries } from '../rig/kubernetes-binaries.ts'
import type { Operator, OperatorOptions } from '../rig/operator.ts'
import type { Ending } from '../rig/process.ts'
import { launch } from '../rig/process.ts'
import { makeRunFolder } from '../rig/run-folder.ts'
import { eventually, Hopeless } from '../rig/wait.ts'
import { kubeconfigPath as adminKubeconfig, kindKubectl } from './cluster.ts'
import { OPERATOR_IMAGE } from './images.ts'
import { SYSTEM } from './installation.ts'
import { processOf } from './pod-process.ts'

/** Marks what a test file leaves behind; see clean-cluster.ts. */
export const TEST_LABEL = 'mooring.dev/integration-test'
const FILES = '/files'

/**
 * Tests that do not say whose rights the operator has keep Secrets where they like. deploy/ has a role for that, which is bound where
 * it is wanted; here it is everywhere. All other rights are those of deploy/.
 */
const everySecret = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'every-secret', labels: { [TEST_LABEL]: 'true' } },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'mooring-secret-reader' },
  subjects: [{ kind: 'ServiceAccount', name: 'mooring', namespace: SYSTEM }],
}

/** Starts it; it may not be ready yet, and may have ended already. */
export async function startOperatorPod(options: OperatorOptions): Promise<Operator> {
  if (options.program) throw new Error('The image runs its own program.')
  const kubectl = await kindKubectl()
  const name = `operator-${randomBytes(4).toString('hex')}`
  if (options.kubeconfigPath === adminKubeconfig()) await kubectl.apply(everySecret)
  await kubectl.apply(await manifests(name, options))
  await started(name)
  const logFile = await followLogs(name)
  const signal = await processOf(kubectl, SYSTEM, name).catch(() => undefined) // it may be over already
  const { status } = await kubectl.get('pod', name, '-n', SYSTEM)
  const url = `http://${status.podIP}:8080`
  const ending: { promise?: Promise<Ending> } = {}
  // Asked for, not waited for: whoever does not ask must not be kept from ending.
  const exited = () => {
    ending.promise ??= ended(name)
    return ending.promise
  }
  const kill = (which: NodeJS.Signals) => signal?.(which)
  return {
    pid: signal?.pid ?? 0,
    ...{ logFile, kill, url },
    get exited() {
      return exited()
    },
    ready: (timeoutMs = 60_000) => eventually(() => answersReadyz(name, url), { timeoutMs, everyMs: 100 }),
    async stop() {
      kill('SIGTERM')
      const how = await exited()
      await remove(name)
      return how
    },
    logs: () => logsOf(logFile),
  }
}

/** The pod, and a Secret with the files that its settings name and its environment. */
async function manifests(
  name: string,
  { kubeconfigPath, env = {}, args = [] }: OperatorOptions,
): Promise<KubernetesObject[]> {
  const kubectl = await kindKubectl()
  const { spec } = await kubectl.get('deployment', 'mooring', '-n', SYSTEM)
  const settings = Object.entries({
    AWS_EC2_METADATA_DISABLED: 'true',
    MOORING_LOG_LEVEL: 'debug',
    ...env,
    ...(kubeconfigPath !== adminKubeconfig() && { KUBECONFIG: kubeconfigPath }),
  }).filter((pair): pair is [string, string] => pair[1] !== undefined)
  const files = new Map<string, string>()
  const environment = settings.map(([variable, value]) => ({ name: variable, value: mounted(files, value) }))
  const metadata = { name, namespace: SYSTEM, labels: { [TEST_LABEL]: 'true' } }
  const [container] = spec.template.spec.containers
  const volume = { name: 'test-files', secret: { secretName: name } }
  const pod = {
    ...spec.template.spec,
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    volumes: [...(spec.template.spec.volumes ?? []), volume],
    containers: [
      {
        ...container,
        image: OPERATOR_IMAGE,
        args: [...args],
        // Of the tests' own: how they end is what they look at.
        livenessProbe: undefined,
        startupProbe: undefined,
        readinessProbe: undefined,
        env: environment,
        volumeMounts: [...(container.volumeMounts ?? []), { name: 'test-files', mountPath: FILES }],
      },
    ],
  }
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: Object.fromEntries(files) }
  return [secret, { apiVersion: 'v1', kind: 'Pod', metadata, spec: pod }]
}

/** A path of this machine becomes a path in the pod. A kubeconfig's namespace is where the Lease is: the one of the others. */
function mounted(files: Map<string, string>, value: string): string {
  const content = value.startsWith('/') ? contentOf(value) : undefined
  if (content === undefined) return value
  const name = `file-${files.size}`
  files.set(name, content.replaceAll('"namespace": "default"', `"namespace": "${SYSTEM}"`))
  return join(FILES, name)
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

async function stateOf(name: string): Promise<KubernetesObject> {
  const kubectl = await kindKubectl()
  return (await kubectl.get('pod', name, '-n', SYSTEM)).status?.containerStatuses?.[0]?.state ?? {}
}

async function started(name: string): Promise<void> {
  await eventually(
    async () => {
      const state = await stateOf(name)
      assert.ok(state.running || state.terminated, JSON.stringify(state))
    },
    { timeoutMs: 60_000, everyMs: 150 },
  )
}

async function answersReadyz(name: string, url: string): Promise<void> {
  const { terminated } = await stateOf(name)
  if (terminated) throw new Hopeless(`the operator ended: ${JSON.stringify(terminated)}`)
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) })
  assert.equal(response.status, 200, `/readyz: ${await response.text()}`)
}

async function ended(name: string): Promise<Ending> {
  const exitCode = await eventually(
    async () => {
      const { terminated } = await stateOf(name)
      assert.ok(terminated)
      return Number(terminated.exitCode)
    },
    { timeoutMs: 3_600_000, everyMs: 300 },
  )
  return exitCode === 137 ? { code: null, signal: 'SIGKILL' } : { code: exitCode, signal: null }
}

/** kubectl logs, followed into a file. */
async function followLogs(name: string): Promise<string> {
  const { kubectl } = await kubernetesBinaries()
  const folder = makeRunFolder('operator')
  const logFile = join(folder, 'operator.log')
  await launch({
    name: 'kubectl logs',
    command: kubectl,
    args: ['logs', '--follow', '--namespace', SYSTEM, name],
    env: { PATH: process.env.PATH, HOME: folder, KUBECONFIG: adminKubeconfig() },
    logFile,
  })
  return logFile
}

function logsOf(logFile: string) {
  return readFileSync(logFile, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      try {
        return JSON.parse(line)
      } catch {
        return { level: 'raw', msg: line }
      }
    })
}

async function remove(name: string): Promise<void> {
  const kubectl = await kindKubectl()
  await kubectl.delete('pod,secret', name, '-n', SYSTEM, '--grace-period=0', '--force', '--wait=false')
}
