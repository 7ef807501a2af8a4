/** A real kube-apiserver over a real etcd. There is no controller manager: no namespace deletion, no garbage collection. */
import { strict as assert } from 'node:assert'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { childEnvironment } from './child-environment.ts'
import { freePort } from './free-port.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { type KubernetesBinaries, kubernetesBinaries } from './kubernetes-binaries.ts'
import type { Launched } from './process.ts'
import { startServer } from './server.ts'
import { eventually } from './wait.ts'

export interface ControlPlane {
  readonly url: string
  readonly port: number
  /** Of an administrator. */
  readonly kubeconfigPath: string
  /** The API server goes, etcd and everything in it stays. With 'SIGKILL' it goes without a goodbye. */
  stopApiServer(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts it again: same port, same certificate, same tokens, same objects. */
  startApiServer(): Promise<void>
  /** etcd goes, the API server stays and can neither read nor write. What was written is kept, also with 'SIGKILL'. */
  stopEtcd(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts it again with what it had, and waits until the API server is ready again. */
  startEtcd(): Promise<void>
  /** The API server's own certificate and key, for a proxy that speaks in its place; PEM. */
  identity(): Promise<{ readonly cert: string; readonly key: string }>
  stop(): Promise<void>
}

interface Settings {
  readonly folder: string
  readonly binaries: KubernetesBinaries
  readonly etcdPort: number
  readonly peerPort: number
  readonly port: number
  readonly token: string
  readonly extraArgs: readonly string[]
}

/** `apiServerArgs`: more flags for kube-apiserver, e.g. `--min-request-timeout=5` for watches that end soon. */
export async function startControlPlane(
  folder: string,
  { apiServerArgs = [] }: { readonly apiServerArgs?: readonly string[] } = {},
): Promise<ControlPlane> {
  const binaries = await kubernetesBinaries()
  await mkdir(folder, { recursive: true })
  const settings: Settings = {
    folder,
    binaries,
    etcdPort: await freePort(),
    peerPort: await freePort(),
    port: await freePort(),
    token: randomBytes(16).toString('hex'),
    extraArgs: apiServerArgs,
  }
  await writeSecrets(settings)
  const etcd = await startEtcd(settings)
  try {
    return await withApiServer(settings, etcd)
  } catch (error) {
    await etcd.stop()
    throw error
  }
}

async function withApiServer(settings: Settings, etcd: Launched): Promise<ControlPlane> {
  const running = { etcd, apiServer: await startApiServer(settings) }
  const url = apiServerUrl(settings)
  const kubeconfigPath = join(settings.folder, 'admin.kubeconfig')
  await writeKubeconfig(kubeconfigPath, {
    server: url,
    authority: await authority(settings),
    token: settings.token,
  })
  return {
    url,
    port: settings.port,
    kubeconfigPath,
    async stopApiServer(signal = 'SIGTERM') {
      if (signal === 'SIGKILL') running.apiServer.kill(signal)
      await running.apiServer.stop()
    },
    async startApiServer() {
      assert.ok(running.apiServer.ending(), 'the API server is running')
      running.apiServer = await startApiServer(settings)
    },
    async stopEtcd(signal = 'SIGTERM') {
      if (signal === 'SIGKILL') running.etcd.kill(signal)
      await running.etcd.stop()
    },
    async startEtcd() {
      assert.ok(running.etcd.ending(), 'etcd is running')
      running.etcd = await startEtcd(settings)
      await eventually(() => apiServerReady(settings), { timeoutMs: 60_000 })
    },
    identity: async () => ({
      cert: await authority(settings),
      key: await readFile(join(certificates(settings), 'apiserver.key'), 'utf8'),
    }),
    async stop() {
      running.apiServer.kill('SIGKILL')
      running.etcd.kill('SIGKILL')
      await Promise.all([running.apiServer.stop(), running.etcd.stop()])
    },
  }
}

const tokensFile = 'tokens.csv'
const signingKeyFile = 'service-account.key'

async function writeSecrets({ folder, token }: Settings): Promise<void> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFile(join(folder, signingKeyFile), key, { mode: 0o600 })
  await writeFile(join(folder, tokensFile), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 })
}

async function startEtcd(settings: Settings): Promise<Launched> {
  const { folder, binaries, etcdPort: port, peerPort } = settings
  const [etcdUrl, peerUrl] = [etcdUrlOf(settings), `http://127.0.0.1:${peerPort}`]
  return startServer({
    name: 'etcd',
    command: binaries.etcd,
    args: [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${etcdUrl}`,
      `--advertise-client-urls=${etcdUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    env: childEnvironment(folder),
    logFile: join(folder, 'etcd.log'),
    port,
    ready: async () => assert.ok((await fetch(`${etcdUrl}/health`)).ok, 'etcd is not healthy'),
  })
}

function startApiServer(settings: Settings): Promise<Launched> {
  const { folder, binaries, port, extraArgs } = settings
  const signingKey = join(folder, signingKeyFile)
  return startServer({
    name: 'kube-apiserver',
    command: binaries.apiServer,
    args: [
      `--etcd-servers=${etcdUrlOf(settings)}`,
      `--cert-dir=${certificates(settings)}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${signingKey}`,
      `--service-account-signing-key-file=${signingKey}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      `--token-auth-file=${join(folder, tokensFile)}`,
      '--authorization-mode=RBAC',
      '--endpoint-reconciler-type=none', // nobody needs the Endpoints of `kubernetes`, and 127.0.0.1 is refused there
      ...extraArgs,
    ],
    env: childEnvironment(folder),
    logFile: join(folder, 'kube-apiserver.log'),
    port,
    ready: () => apiServerReady(settings),
  })
}

const etcdUrlOf = ({ etcdPort }: Settings) => `http://127.0.0.1:${etcdPort}`
const apiServerUrl = ({ port }: Settings) => `https://127.0.0.1:${port}`
const certificates = ({ folder }: Settings) => join(folder, 'certificates')

/** The certificate it has signed for itself at the first start. */
const authority = (settings: Settings) => readFile(join(certificates(settings), 'apiserver.crt'), 'utf8')

/** Ready is: it says so, and has made the namespaces that every cluster has. */
async function apiServerReady(settings: Settings): Promise<void> {
  assert.ok(existsSync(join(certificates(settings), 'apiserver.crt')), 'it has no certificate yet')
  for (const path of ['/readyz', '/api/v1/namespaces/default', '/api/v1/namespaces/kube-system']) {
    assert.equal(await statusOf(path, settings), 200, `GET ${path}`)
  }
}

async function statusOf(path: string, settings: Settings): Promise<number> {
  const options = { ca: await authority(settings), headers: { authorization: `Bearer ${settings.token}` } }
  return new Promise((resolve, reject) => {
    request(`${apiServerUrl(settings)}${path}`, options, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end()
  })
}
