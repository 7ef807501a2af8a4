/**
 * Docker: the one that is there, or a daemon of our own where Docker is installed and nobody runs it.
 * Without Docker nothing is done, and the error says how to install it.
 */
import { spawn } from 'node:child_process'
import { existsSync, openSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun, runCommand } from '../rig/run-command.ts'
import { eventually, Hopeless } from '../rig/wait.ts'
import { kindFolder, socketFolder, stateFolder } from './paths.ts'

/** Says what a person can do about it; its stack is of no use to them. */
export class Refusal extends Error {}

const INSTALL = `The kind cluster needs Docker, and there is none here. On Debian and Ubuntu:

  sudo apt-get install --yes docker.io

Elsewhere: https://docs.docker.com/engine/install/. Nothing was changed.`

/** Programs that everything or the way without a registry needs, and the Debian packages that have them. */
const PROGRAMS = { openssl: 'openssl', zstd: 'zstd' }
const PROGRAMS_OFFLINE = {
  ...{ debootstrap: 'debootstrap', jq: 'jq', iptables: 'iptables', ip: 'iproute2', gcc: 'gcc libc6-dev' },
  go: 'golang (1.26 or newer)',
}

/** Refuses before anything was begun, and names everything that is missing. */
export async function requirePrograms(isOffline: boolean): Promise<void> {
  const wanted = { ...PROGRAMS, ...(isOffline && PROGRAMS_OFFLINE) }
  const missing: string[] = []
  for (const [program, debian] of Object.entries(wanted))
    if (!(await canRun('/bin/sh', '-c', `command -v ${program}`))) missing.push(debian)
  if (missing.length > 0)
    throw new Refusal(`Missing, by their names in Debian: ${missing.join(', ')}. Nothing was changed.`)
}

const pidFile = () => join(socketFolder(), 'docker.pid')
const ownSocket = () => `unix://${join(socketFolder(), 'docker.sock')}`

/** Makes sure that `docker` reaches a daemon, from this process and what it starts. True when it had to start one. */
export async function provideDocker(): Promise<boolean> {
  if ((await findDocker()) !== undefined) return false
  await mayStartDaemon()
  await startDaemon()
  return true
}

/** The daemon's address if one answers: ours, or the one that `docker` itself finds. */
export async function findDocker(): Promise<'ours' | 'theirs' | undefined> {
  if (!(await canRun('docker', '--version'))) throw new Refusal(INSTALL)
  if (existsSync(pidFile()) && (await answers(ownSocket()))) {
    process.env.DOCKER_HOST = ownSocket()
    return 'ours'
  }
  return (await answers(process.env.DOCKER_HOST)) ? 'theirs' : undefined
}

async function answers(host: string | undefined): Promise<boolean> {
  const env = host === undefined ? process.env : { ...process.env, DOCKER_HOST: host }
  return (await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], { env })).code === 0
}

async function canRun(command: string, ...args: string[]): Promise<boolean> {
  return runCommand(command, args).then(
    ({ code }) => code === 0,
    () => false,
  )
}

/** A second daemon beside another would take its networks away. */
async function mayStartDaemon(): Promise<void> {
  if (!(await canRun('dockerd', '--version')))
    throw new Refusal(
      `docker is here and reaches no daemon, and dockerd is not installed. Start Docker, or\n\n${INSTALL}`,
    )
  if (process.getuid?.() !== 0)
    throw new Refusal(
      'docker reaches no daemon. Start it (sudo systemctl start docker), or become a member of the group docker. Nothing was changed.',
    )
  const running = (await runCommand('pgrep', ['-x', 'dockerd'])).stdout.trim()
  if (running !== '')
    throw new Refusal(
      `A dockerd runs (process ${running}) that does not answer to docker: set DOCKER_HOST to its socket. Nothing was changed.`,
    )
}

async function startDaemon(): Promise<void> {
  const [sockets, state] = [socketFolder(), stateFolder()]
  await mkdir(sockets, { recursive: true, mode: 0o700 })
  await mkdir(state, { recursive: true })
  await writeFile(join(sockets, 'daemon.json'), '{}')
  const hadBridge = existsSync('/sys/class/net/docker0')
  await writeFile(join(sockets, 'bridge'), hadBridge ? 'theirs' : 'ours')
  const log = openSync(join(state, 'dockerd.log'), 'a')
  const args = [
    ...['--config-file', join(sockets, 'daemon.json'), '--pidfile', pidFile(), '--host', ownSocket()],
    ...['--data-root', join(state, 'docker'), '--exec-root', join(sockets, 'exec')],
    // Not the ranges of a Docker that may be installed later, and far from those of most offices.
    ...['--bip', '172.31.255.1/24', '--default-address-pool', 'base=172.30.0.0/16,size=24'],
    ...['--add-runtime', `fewer=${join(kindFolder, 'offline', 'runtime-without-missing-capabilities.sh')}`],
    ...['--default-runtime', 'fewer'],
  ]
  const daemon = spawn('dockerd', args, { detached: true, stdio: ['ignore', log, log] })
  daemon.unref()
  process.env.DOCKER_HOST = ownSocket()
  await eventually(
    async () => {
      if (daemon.exitCode !== null) throw new Hopeless(`dockerd ended; see ${join(state, 'dockerd.log')}`)
      if (!(await answers(ownSocket()))) throw new Error('dockerd does not answer')
    },
    { timeoutMs: 60_000, everyMs: 300 },
  )
}

/** Ends our own daemon with everything it kept; does nothing to another one. */
export async function stopOwnDaemon(): Promise<void> {
  if (!existsSync(pidFile())) {
    if (existsSync(socketFolder())) await removeOwnDaemonsFiles() // it was killed
    return
  }
  const pid = Number(await readFile(pidFile(), 'utf8'))
  process.kill(pid, 'SIGTERM')
  await eventually(
    () => {
      if (existsSync(`/proc/${pid}`)) throw new Error(`dockerd (process ${pid}) does not end`)
    },
    { timeoutMs: 60_000, everyMs: 200 },
  )
  await removeOwnDaemonsFiles()
}

async function removeOwnDaemonsFiles(): Promise<void> {
  if ((await readFile(join(socketFolder(), 'bridge'), 'utf8').catch(() => '')) === 'ours')
    await removeBridges()
  const folders = [socketFolder(), join(stateFolder(), 'docker')]
  // dockerd leaves the mount of its own network behind.
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
  for (const mount of mounts
    .filter((path) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`)))
    .reverse())
    await mustRun('umount', [mount])
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
}

/** By their addresses, which are those that our daemon was given. */
async function removeBridges(): Promise<void> {
  const { stdout } = await runCommand('ip', ['-o', '-4', 'address'])
  for (const [, name = ''] of stdout.matchAll(/^\d+: (docker0|br-\w+) .* 172\.3[01]\.\d+\.1\/24 /gm))
    await runCommand('ip', ['link', 'delete', name])
}
