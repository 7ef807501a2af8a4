/** Images in Docker, and as files in the cache. What this run brought into Docker goes with it. */
import { createWriteStream } from 'node:fs'
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun, runCommand } from '../rig/run-command.ts'
import { stateFolder } from './paths.ts'

const broughtFile = () => join(stateFolder(), 'images')

export async function hasImage(name: string): Promise<boolean> {
  return (await runCommand('docker', ['image', 'inspect', name])).code === 0
}

/** Unless somebody has the image already, it comes, and is noted. */
async function bring(name: string, how: () => Promise<unknown>): Promise<void> {
  if (await hasImage(name)) return
  await note(name)
  await how()
}

async function note(name: string): Promise<void> {
  await mkdir(stateFolder(), { recursive: true })
  await appendFile(broughtFile(), `${name}\n`)
}

export const pull = (name: string): Promise<void> =>
  bring(name, () => mustRun('docker', ['pull', '--quiet', name]))

/** From a file of the cache. */
export const load = (name: string, file: string): Promise<void> =>
  bring(name, () => mustRun('bash', ['-o', 'pipefail', '-c', 'zstd -dc "$0" | docker load', file]))

export interface Build {
  readonly image: string
  readonly context: string
  readonly dockerfile?: string
  readonly args?: Readonly<Record<string, string>>
  /** Where its whole output goes. */
  readonly log: string
}

/** `docker build` as its users call it. The classic builder does where there is no buildx. */
export async function build({ image, context, dockerfile, args = {}, log }: Build): Promise<void> {
  await note(image)
  const buildArgs = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`])
  const file = dockerfile === undefined ? [] : ['--file', dockerfile]
  const hasBuildx = (await runCommand('docker', ['buildx', 'version'])).code === 0
  const env = hasBuildx ? process.env : { ...process.env, DOCKER_BUILDKIT: '0' }
  const result = await runCommand('docker', ['build', '--tag', image, ...file, ...buildArgs, context], {
    env,
  })
  createWriteStream(log).end(result.stdout + result.stderr)
  if (result.code !== 0)
    throw new Error(`docker build of ${image} failed:\n${(result.stdout + result.stderr).slice(-3_000)}`)
}

export async function save(image: string, file: string): Promise<void> {
  await mustRun('bash', ['-o', 'pipefail', '-c', 'docker save "$0" | zstd -q -3 -T2 -o "$1"', image, file])
}

/** Takes away what this run brought. */
export async function removeBrought(): Promise<void> {
  const names = await readFile(broughtFile(), 'utf8').catch(() => '')
  for (const name of new Set(names.split('\n').filter(Boolean))) {
    // One that it was built on may be needed by another that goes next.
    await runCommand('docker', ['image', 'rm', '--force', name])
  }
  if (names !== '')
    await runCommand('docker', ['image', 'prune', '--force', '--filter', 'label=mooring.dev/kind'])
  await rm(broughtFile(), { force: true })
}
