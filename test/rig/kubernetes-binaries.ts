/** kube-apiserver, etcd and kubectl: found on this machine, or built from the versions that tools/go.mod pins. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { contentKey, installed, repository } from './cache.ts'
import { timed } from './progress.ts'
import { mustRun, runCommand } from './run-command.ts'

export interface KubernetesBinaries {
  readonly apiServer: string
  readonly etcd: string
  readonly kubectl: string
}

const tools = join(repository, 'tools')
const names = ['kube-apiserver', 'etcd', 'kubectl'] as const

/** In this order: `KUBEBUILDER_ASSETS`, `PATH`, the cache; and what is nowhere is built into the cache. */
export async function kubernetesBinaries(): Promise<KubernetesBinaries> {
  const assets = process.env.KUBEBUILDER_ASSETS
  if (assets) return fromAssets(assets)
  const folder = (await suitableFolderOnPath()) ?? (await builtBinaries())
  return inFolder(folder)
}

function inFolder(folder: string): KubernetesBinaries {
  const [apiServer, etcd, kubectl] = names.map((name) => join(folder, name)) as [string, string, string]
  return { apiServer, etcd, kubectl }
}

function fromAssets(folder: string): KubernetesBinaries {
  const missing = names.filter((name) => !existsSync(join(folder, name)))
  if (missing.length > 0)
    throw new Error(`KUBEBUILDER_ASSETS=${folder} lacks ${missing.join(', ')}. Correct or unset it.`)
  return inFolder(folder)
}

/** All three must be in one folder: an API server and a kubectl of different installations may not fit together. */
async function suitableFolderOnPath(): Promise<string | undefined> {
  const complete = (folder: string) => names.every((name) => existsSync(join(folder, name)))
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    if (complete(folder) && (await isKubernetes13x(folder))) return folder
  }
  return undefined
}

async function isKubernetes13x(folder: string): Promise<boolean> {
  const cannotRun = { code: -1, stdout: '', stderr: '' }
  const version = (name: string) => runCommand(join(folder, name), ['--version']).catch(() => cannotRun)
  const [apiServer, etcd] = await Promise.all([version('kube-apiserver'), version('etcd')])
  return /^Kubernetes v1\.3\d/.test(apiServer.stdout) && /^etcd Version: 3/.test(etcd.stdout)
}

async function builtBinaries(): Promise<string> {
  const goMod = join(tools, 'go.mod')
  const version = pinnedVersion(await readFile(goMod, 'utf8'), 'k8s.io/kubernetes')
  const name = `kubernetes-${version}-${process.platform}-${process.arch}-${await contentKey(goMod)}`
  return installed(name, (folder) =>
    timed(`Building Kubernetes ${version} and etcd from source (once; 5 to 10 minutes on two cores)`, () =>
      build(folder, version),
    ),
  )
}

function pinnedVersion(goMod: string, module: string): string {
  const version = goMod.match(new RegExp(`^\\s+${module.replaceAll('.', '\\.')} (v\\S+)`, 'm'))?.[1]
  if (!version) throw new Error(`tools/go.mod does not pin ${module}`)
  return version
}

async function build(folder: string, version: string): Promise<void> {
  const [major, minor] = version.slice(1).split('.')
  const stamp = Object.entries({ gitVersion: version, gitMajor: major, gitMinor: minor })
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(' ')
  const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', `-s -w ${stamp}`]
  const env = { ...process.env, CGO_ENABLED: '0' }
  const go = (...args: string[]) => mustRun('go', args, { cwd: tools, env }).catch(explainMissingGo)
  // One at a time: together they need more memory than a small machine has.
  await go('build', ...flags, '-o', `${folder}/`, 'k8s.io/kubernetes/cmd/kube-apiserver')
  await go('build', ...flags, '-o', `${folder}/`, 'k8s.io/kubernetes/cmd/kubectl')
  await go('build', ...flags, '-o', join(folder, 'etcd'), 'go.etcd.io/etcd/server/v3')
}

function explainMissingGo(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error
  throw new Error(
    'The tests need a Kubernetes API server. Install Go 1.26 or newer to build one, or point KUBEBUILDER_ASSETS at a folder with kube-apiserver, etcd and kubectl.',
    { cause: error },
  )
}
