/** A kind cluster with the clouds in it: up, down, and what there is to know about it. */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { writeKubeconfig } from '../rig/kubeconfig.ts'
import { type Kubectl, makeKubectl } from '../rig/kubectl.ts'
import { kubernetesBinaries } from '../rig/kubernetes-binaries.ts'
import { timed } from '../rig/progress.ts'
import { mustRun, runCommand } from '../rig/run-command.ts'
import { makeCertificate } from './certificates.ts'
import { findDocker, provideDocker, requirePrograms, stopOwnDaemon } from './docker.ts'
import { load, pull, removeBrought } from './docker-images.ts'
import {
  azureImage,
  type Image,
  kindProgram,
  localstackImage,
  NEXT_OPERATOR_IMAGE,
  nodeImage,
  OPERATOR_IMAGE,
  operatorImage,
} from './images.ts'
import { bridgeOf, closeLoopback, openLoopback, redirectIn, routeToPods } from './loopback.ts'
import { kindFolder, NAME, stateFolder } from './paths.ts'
import { isOffline } from './registry.ts'

export const NETWORK = 'mooring-kind'
export const CONTROL_PLANE = `${NAME}-control-plane`
export const WORKER = `${NAME}-worker`

/** In the cluster, and by a port of this machine (cluster.yaml): tests and their proxies, and the pods that operator-network.sh serves, have the same address. */
export const LOCALSTACK = 'http://127.0.0.1:30566'

/** Of an administrator, in the form that the tests read. */
export const kubeconfigPath = (): string => join(stateFolder(), 'kubeconfig')
const kindKubeconfig = () => join(stateFolder(), 'kind.kubeconfig')
const certificates = () => join(stateFolder(), 'certificates')
/** What the operator's pods have to trust to talk to the Azure in the cluster. */
export const authorityFile = (): string => join(certificates(), 'ca.pem')

export async function kindKubectl(): Promise<Kubectl> {
  const { kubectl } = await kubernetesBinaries()
  return makeKubectl(kubectl, kubeconfigPath())
}

type Images = Readonly<Record<'node' | 'operator' | 'localstack' | 'azure', Image>>

/** Builds or finds every image; `make kind-offline`. */
export async function prepareImages(offline: boolean): Promise<Images> {
  const node = nodeImage(offline)
  // The node's programs keep both cores busy for minutes; meanwhile the others mostly wait for registries.
  const others = (async () => ({
    operator: await operatorImage(offline),
    localstack: await localstackImage(offline),
    azure: await azureImage(offline),
  }))()
  return { node: await node, ...(await others) }
}

export async function up(): Promise<void> {
  const offline = await isOffline()
  await findDocker() // its absence is the first thing to say
  await requirePrograms(offline)
  await provideDocker()
  console.log(
    offline
      ? 'No registry: everything is built from packages.'
      : 'Node and bases come from their registries.',
  )
  const images = await prepareImages(offline)
  if (await isUp()) {
    console.log('The cluster is up already; its images are renewed.')
  } else {
    await create(images.node)
  }
  await joinNetworks(images.node)
  await timed('Loading the images', () => loadIntoNodes(images))
  await timed('Starting the clouds', startClouds)
}

async function isUp(): Promise<boolean> {
  const { stdout } = await runCommand(await kindProgram(), ['get', 'clusters'])
  return stdout.split('\n').includes(NAME) && existsSync(kubeconfigPath())
}

async function create(node: Image): Promise<void> {
  const kind = await kindProgram()
  await mkdir(stateFolder(), { recursive: true })
  await timed('Loading the node image', () => (node.file ? load(node.name, node.file) : pull(node.name)))
  await timed('Creating the cluster', () =>
    mustRun(
      kind,
      [
        ...['create', 'cluster', '--name', NAME, '--image', node.name, '--wait', '180s'],
        ...['--config', join(kindFolder, 'cluster.yaml'), '--kubeconfig', kindKubeconfig()],
      ],
      { env: { ...process.env, KIND_EXPERIMENTAL_DOCKER_NETWORK: NETWORK } },
    ),
  )
  await writeAdministrator()
}

/** Nodes that were started again, with the daemon, may have changed their addresses. */
async function joinNetworks(node: Image): Promise<void> {
  const bridge = await bridgeOf(NETWORK)
  await openLoopback(bridge, node.name)
  await routeToPods(await podRanges(), node.name)
  for (const name of [CONTROL_PLANE, WORKER])
    await redirectIn(name, bridge.gateway, join(kindFolder, 'operator-network.sh'))
}

/** kind's own kubeconfig has a client certificate; tests and their proxies want a token. */
async function writeAdministrator(): Promise<void> {
  const { kubectl: program } = await kubernetesBinaries()
  const kubectl = makeKubectl(program, kindKubeconfig())
  await kubectl.must('create', 'serviceaccount', 'tests', '-n', 'kube-system')
  const binding = ['clusterrolebinding', 'tests', '--clusterrole=cluster-admin']
  await kubectl.must('create', ...binding, '--serviceaccount=kube-system:tests')
  const token = await kubectl.must('create', 'token', 'tests', '-n', 'kube-system', '--duration=24h')
  const [{ cluster }] = parse(await readFile(kindKubeconfig(), 'utf8')).clusters
  await writeKubeconfig(kubeconfigPath(), {
    server: cluster.server,
    authority: Buffer.from(cluster['certificate-authority-data'], 'base64').toString(),
    token: token.trim(),
  })
}

/** Every node's address and the range of its pods. */
async function podRanges(): Promise<string[][]> {
  const kubectl = await kindKubectl()
  const path = '{range .items[*]}{.status.addresses[0].address} {.spec.podCIDR}{"\\n"}{end}'
  const lines = (await kubectl.must('get', 'nodes', '-o', `jsonpath=${path}`)).trim().split('\n')
  return lines.map((line) => line.split(' '))
}

/** The clouds stay on the control plane's node. */
async function loadIntoNodes({ operator, localstack, azure }: Images): Promise<void> {
  await Promise.all([loadInto(CONTROL_PLANE, operator, localstack, azure), loadInto(WORKER, operator)])
  // The same content under the name of a later version, to upgrade to.
  for (const node of [CONTROL_PLANE, WORKER]) {
    const tag = ['exec', node, 'ctr', '--namespace', 'k8s.io', 'images', 'tag', '--force']
    await mustRun('docker', [...tag, OPERATOR_IMAGE, NEXT_OPERATOR_IMAGE])
  }
}

/** Gives a node images from their files. */
export async function loadInto(node: string, ...images: readonly Image[]): Promise<void> {
  const script =
    'zstd -dc "$0" | docker exec -i "$1" ctr --namespace k8s.io images import --snapshotter overlayfs -'
  for (const { name, file } of images) {
    if (file === undefined) throw new Error(`${name} is no file`)
    await mustRun('bash', ['-o', 'pipefail', '-c', script, file, node])
  }
}

/** The address of the control plane's node, where the clouds are. */
export async function nodeAddress(): Promise<string> {
  const format = `{{(index .NetworkSettings.Networks "${NETWORK}").IPAddress}}`
  return (await mustRun('docker', ['inspect', '--format', format, CONTROL_PLANE])).trim()
}

async function startClouds(): Promise<void> {
  const kubectl = await kindKubectl()
  const address = await nodeAddress()
  await makeCertificate(certificates(), address)
  await kubectl.must('apply', '-f', join(kindFolder, 'clouds', 'namespace.yaml'))
  await kubectl.delete('secret', 'azure-certificates', '-n', 'clouds')
  const files = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => `--from-file=${join(certificates(), name)}`)
  await kubectl.must('create', 'secret', 'generic', 'azure-certificates', '-n', 'clouds', ...files)
  await kubectl.must('apply', '-k', join(kindFolder, 'clouds'))
  // Their images may be new ones of the same name, and their certificate is.
  await kubectl.delete('pods', '--all', '-n', 'clouds', '--wait=false')
  for (const name of ['localstack', 'azure'])
    await kubectl.must('rollout', 'status', `deployment/${name}`, '-n', 'clouds', '--timeout=240s')
}

/** Takes away all that `up` brought: cluster, network, images, and the daemon if it is ours. */
export async function down(): Promise<void> {
  if ((await findDocker()) !== undefined) {
    const kind = await kindProgram()
    const node = await runCommand('docker', ['inspect', '--format', '{{.Config.Image}}', CONTROL_PLANE])
    if (node.code === 0) await closeLoopback(await bridgeOf(NETWORK), node.stdout.trim())
    await runCommand(kind, ['delete', 'cluster', '--name', NAME, '--kubeconfig', kindKubeconfig()])
    await runCommand('docker', ['network', 'rm', NETWORK])
    await removeBrought()
  }
  await stopOwnDaemon()
  await rm(stateFolder(), { recursive: true, force: true })
}
