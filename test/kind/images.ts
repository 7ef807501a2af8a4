/**
 * The images of the cluster, each built once from pinned versions and kept as a file.
 *
 * Online the node and the bases come from their registries; offline they are built from packages. Everything else is
 * built on them by the same Dockerfiles either way.
 */
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentKey, installed, repository } from '../rig/cache.ts'
import { timed } from '../rig/progress.ts'
import { mustRun } from '../rig/run-command.ts'
import { fillAzureContext } from './azure-context.ts'
import { build, load, pull, save } from './docker-images.ts'
import { filesKey, kindFolder, stateFolder } from './paths.ts'

export interface Image {
  readonly name: string
  /** `docker save`, packed by zstd; none for what a registry has. */
  readonly file?: string
}

export interface Bases {
  /** To build the operator with: node and npm. */
  readonly build: string
  /** What the operator runs on. */
  readonly base: string
  readonly python: string
}

/**
 * For kind v0.33.0: https://github.com/kubernetes-sigs/kind/releases/tag/v0.33.0. The minor version is that of the API server
 * in the other tests.
 */
const PUBLISHED_NODE =
  'kindest/node:v1.35.8@sha256:07b2536e30b803ed61d1677a79df6115f798ce64c80f9e22f6ed45afd09323c0'
const PUBLISHED_BASES: Bases = {
  build: 'node:24-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df',
  base: 'node:24-slim@sha256:a9f5f7c91a432850b2a8a7797adf5eadb6c733ceed61167806cee7ea7fbc29df',
  python: 'python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b',
}
const BUILT_BASES: Bases = {
  build: 'mooring-kind/build:24',
  base: 'mooring-kind/base:24',
  python: 'mooring-kind/python:3.11',
}
const NPM = '11.19.1'

/** As docs/install.md calls them; the second one is what an upgrade goes to. */
export const OPERATOR_IMAGE = 'registry.example.com/mooring:0.1.0'
export const NEXT_OPERATOR_IMAGE = 'registry.example.com/mooring:0.1.1'
export const LOCALSTACK_IMAGE = 'mooring-kind/localstack:4.13.0'
export const AZURE_IMAGE = 'mooring-kind/azure:3.37.0'

async function runScript(name: string, ...args: string[]): Promise<void> {
  await mustRun(join(kindFolder, 'offline', name), args)
}

const scripts = (...names: string[]) => names.map((name) => `test/kind/offline/${name}`)

/** kind itself; its version is that of modules/kind. */
export async function kindProgram(): Promise<string> {
  const module = join(kindFolder, 'modules', 'kind')
  const folder = await installed(`kind-program-${await contentKey(join(module, 'go.sum'))}`, (unfinished) =>
    timed('Building kind (once; 10 seconds)', async () => {
      const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', '-s -w']
      const env = { ...process.env, CGO_ENABLED: '0' }
      await mustRun('go', ['build', ...flags, '-o', join(unfinished, 'kind'), 'sigs.k8s.io/kind'], {
        cwd: module,
        env,
      })
    }),
  )
  return join(folder, 'kind')
}

export async function nodeImage(isOffline: boolean): Promise<Image> {
  if (!isOffline) return { name: PUBLISHED_NODE }
  const name = 'mooring-kind/node:v1.35.4'
  const modules = await filesKey(['test/kind/modules/**', ...scripts('binaries.sh')])
  const key = await filesKey(scripts('node-image.sh', 'debian-root.sh', 'crictl.sh', 'pod-network.sh'), [
    modules,
  ])
  const folder = await installed(`kind-node-${key}`, async (unfinished) => {
    const programs = await installed(`kind-kubernetes-${modules}`, (into) =>
      timed('Building every program of Kubernetes (once; about 11 minutes on two cores)', () =>
        runScript('binaries.sh', into),
      ),
    )
    await timed('Making the image of a kind node (once; 2 minutes)', () =>
      runScript('node-image.sh', programs, join(unfinished, 'image.tar.zst'), name),
    )
  })
  return { name, file: join(folder, 'image.tar.zst') }
}

/** The operator, by its own Dockerfile. */
export function operatorImage(isOffline: boolean): Promise<Image> {
  const inputs = ['Dockerfile', '.dockerignore', 'package*.json', 'tools/bundle*.ts', 'src/**/*.ts']
  return builtImage('operator', OPERATOR_IMAGE, inputs, isOffline, async (bases, log) => {
    const args = { BUILD: bases.build, BASE: bases.base }
    await build({ image: OPERATOR_IMAGE, context: repository, args, log })
  })
}

export function localstackImage(isOffline: boolean): Promise<Image> {
  const parts = ['requirements-localstack.txt', 'start-localstack.py']
  const dockerfile = join(kindFolder, 'localstack.Dockerfile')
  const inputs = [...parts.map((file) => `tools/${file}`), 'test/kind/localstack.Dockerfile']
  return builtImage('localstack', LOCALSTACK_IMAGE, inputs, isOffline, (bases, log) =>
    inContext(async (context) => {
      for (const file of parts) await copyFile(join(repository, 'tools', file), join(context, file))
      await build({ image: LOCALSTACK_IMAGE, context, dockerfile, args: { BASE: bases.python }, log })
    }),
  )
}

export function azureImage(isOffline: boolean): Promise<Image> {
  const dockerfile = join(kindFolder, 'azure.Dockerfile')
  const inputs = [
    ...['test/kind/azure*', 'test/rig/azure*.ts', 'test/rig/gcp-hooks.ts', 'test/rig/{free-port,server}.ts'],
    ...['tools/azure-facade/*', 'package-lock.json'],
  ]
  return builtImage('azure', AZURE_IMAGE, inputs, isOffline, (bases, log) =>
    inContext(async (context) => {
      await fillAzureContext(context)
      await build({ image: AZURE_IMAGE, context, dockerfile, args: { BASE: bases.build }, log })
    }),
  )
}

/** From the file of the cache that was made of the same inputs, or made now. */
export async function builtImage(
  what: string,
  name: string,
  inputs: readonly string[],
  isOffline: boolean,
  make: (bases: Bases, log: string) => Promise<void>,
): Promise<Image> {
  const basesKey = isOffline ? await builtBasesName() : Object.values(PUBLISHED_BASES).join()
  const key = await filesKey(inputs, [basesKey])
  const folder = await installed(`kind-${what}-${key}`, async (unfinished) => {
    const bases = isOffline ? await builtBases() : await publishedBases()
    await timed(`Building the image ${name}`, () => make(bases, join(stateFolder(), `build-${what}.log`)))
    await save(name, join(unfinished, 'image.tar.zst'))
  })
  return { name, file: join(folder, 'image.tar.zst') }
}

async function publishedBases(): Promise<Bases> {
  for (const name of new Set(Object.values(PUBLISHED_BASES))) await pull(name)
  return PUBLISHED_BASES
}

async function builtBasesName(): Promise<string> {
  const lock = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8'))
  const node = lock.packages['node_modules/node'].version
  return `kind-bases-node${node}-${await filesKey(scripts('base-images.sh', 'debian-root.sh'), [NPM])}`
}

async function builtBases(): Promise<Bases> {
  const name = await builtBasesName()
  const node = /-node([^-]*)-/.exec(name)?.[1] ?? ''
  const folder = await installed(name, (unfinished) =>
    timed('Making the base images (once; 2 minutes)', () =>
      runScript('base-images.sh', node, unfinished, NPM),
    ),
  )
  for (const [what, image] of Object.entries(BUILT_BASES)) await load(image, join(folder, `${what}.tar.zst`))
  return BUILT_BASES
}

/** A folder for `docker build`, for as long as the work takes. */
export async function inContext(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-kind-context-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
