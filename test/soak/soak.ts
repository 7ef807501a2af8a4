/**
 * `make soak`: many integrations on three clouds for a long time, while requests are turned away, answers are lost,
 * connections are cut, strangers undo what was done, and integrations come and go. Ends with a table of what must hold,
 * and with 1 if one of it does not. settings.ts has what can be set.
 */
import { strict as assert } from 'node:assert'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readyOf } from '../integration/stage.ts'
import { startApiProxy } from '../rig/api-proxy.ts'
import { installCatalogue, installCrds, installOperatorRights } from '../rig/install.ts'
import { readKubeconfig, writeKubeconfig } from '../rig/kubeconfig.ts'
import type { Kubectl, KubernetesObject } from '../rig/kubectl.ts'
import { type OwnRig, startRig } from '../rig/rig.ts'
import { makeRunFolder } from '../rig/run-folder.ts'
import { startTcpProxy } from '../rig/tcp-proxy.ts'
import { eventually } from '../rig/wait.ts'
import { soakAws } from './aws.ts'
import { soakAzure } from './azure.ts'
import { NAMESPACE, oneOf, type SoakCloud } from './cloud.ts'
import { type Fleet, startFleet } from './fleet.ts'
import { soakGcs } from './gcs.ts'
import { type Sample, told } from './samples.ts'
import { type SoakSettings, soakSettings } from './settings.ts'
import { growth, logged, none, type Row, table } from './verdict.ts'

const SAMPLE_SECONDS = 10
const RESYNC = '2m'
/** What comes and goes meanwhile: so many are there at a time. */
const NEWCOMERS = 12
const SETTLE_MS = 20 * 60_000

interface Scene {
  readonly settings: SoakSettings
  readonly kubectl: Kubectl
  readonly clouds: readonly SoakCloud[]
  readonly fleet: Fleet
  readonly cutWatches: () => void
  readonly cutCluster: () => void
  readonly samples: Sample[]
  readonly takeovers: number[]
  /** Newcomers that are there now, the oldest first. */
  readonly newcomers: string[]
  /** What the soak itself could not do, such as a stranger's request that was refused. */
  readonly troubles: string[]
  readonly seconds: () => number
}

async function soak(settings: SoakSettings): Promise<boolean> {
  const rig = await startRig()
  const clouds = await openClouds(rig, settings)
  const started = performance.now()
  const api = await startApiProxy(rig)
  const cluster = await startTcpProxy(api.port)
  const kubeconfigPath = await prepare(rig, clouds, cluster.port)
  const env = Object.assign(
    { MOORING_RESYNC: RESYNC, MOORING_LOG_LEVEL: 'info' },
    ...clouds.map(({ environment }) => environment),
  )
  const fleet = await startFleet({ kubeconfigPath, env, replicas: settings.replicas })
  const scene: Scene = {
    ...{ settings, clouds, fleet, kubectl: rig.kubectl },
    ...{ samples: [], takeovers: [], newcomers: [], troubles: [] },
    cutWatches: () => api.endStreams(({ query }) => query.get('watch') === 'true'),
    cutCluster: () => cluster.cut(),
    seconds: () => (performance.now() - started) / 1_000,
  }
  const looking = new AbortController()
  const looks = lookAgainAndAgain(scene, looking.signal)
  try {
    const rows = await acts(scene)
    looking.abort()
    await looks
    return tell(scene, rows)
  } finally {
    looking.abort()
    await fleet.stop()
    await Promise.all(clouds.map((cloud) => cloud.stop()))
    await cluster.stop()
    await api.stop()
    await rig.stop()
  }
}

async function openClouds(rig: OwnRig, { integrations, clouds }: SoakSettings): Promise<SoakCloud[]> {
  const azure = clouds.includes('azure') ? Math.min(40, Math.round(integrations * 0.08)) : 0
  const gcs = clouds.includes('gcp') ? Math.min(160, Math.round(integrations * 0.16)) : 0
  const open: SoakCloud[] = []
  if (clouds.includes('aws')) open.push(await soakAws(rig.aws, integrations - azure - gcs))
  if (gcs > 0) open.push(await soakGcs(gcs))
  if (azure > 0) open.push(await soakAzure(azure))
  return open
}

/** The kubeconfig acts with the rights that deploy/ gives, by the proxy. */
async function prepare(rig: OwnRig, clouds: readonly SoakCloud[], port: number): Promise<string> {
  await installCrds(rig.kubectl)
  await installCatalogue(rig.kubectl)
  const rights = await installOperatorRights(rig)
  await rig.kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } })
  await rig.kubectl.apply(clouds.flatMap(({ accounts }) => accounts))
  await rig.kubectl.apply(secretReader())
  const kubeconfigPath = join(makeRunFolder('soak-kubeconfig'), 'kubeconfig')
  const server = `https://127.0.0.1:${port}`
  return writeKubeconfig(kubeconfigPath, { ...(await readKubeconfig(rights)), server })
}

/** Secrets in the namespace may be read: docs/install.md. */
function secretReader(): object {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'mooring-secret-reader', namespace: NAMESPACE },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'mooring-secret-reader' },
    subjects: [{ kind: 'ServiceAccount', name: 'mooring', namespace: 'mooring-system' }],
  }
}

async function acts(scene: Scene): Promise<Row[]> {
  const { settings, clouds, kubectl } = scene
  for (const cloud of clouds) cloud.setFaults(settings)
  say(scene, `${settings.integrations} integrations are applied`)
  for (const { integrations } of clouds) await kubectl.apply(integrations)
  await underFire(scene)
  say(scene, 'the fire is out')
  for (const cloud of clouds) cloud.setFaults({ throttle: 0, loseAnswer: 0 })
  const since = scene.seconds()
  const notReady = await untilReady(scene)
  say(scene, `all that will be Ready is so after ${(scene.seconds() - since).toFixed(0)} s`)
  const unserved = await untilEmpty(() => unservedAt(clouds, kubectl))
  say(scene, `what strangers undid last is back after ${(scene.seconds() - since).toFixed(0)} s`)
  const damaged = (await Promise.all(clouds.map((cloud) => cloud.damage()))).flat()
  await kubectl.must('delete', 'si', '--all', '-n', NAMESPACE, '--wait=false')
  const left = await untilGone(scene)
  const leftovers = (await Promise.all(clouds.map((cloud) => cloud.leftovers()))).flat()
  return [
    none('integrations that are not Ready in the end', notReady),
    none('Ready integrations that lack what they asked for', unserved),
    none('places where strangers’ entries changed', damaged),
    none('integrations that did not go when deleted', left),
    none('entries of ours after all are deleted, or strangers’ that changed', leftovers),
  ]
}

/** Everything that goes wrong meanwhile, each at its own pace. */
async function underFire(scene: Scene): Promise<void> {
  const { settings, clouds } = scene
  const over = new AbortController()
  const { cutSeconds, resetSeconds, killSeconds, minutes } = settings
  const every = async (seconds: number, act: () => unknown): Promise<void> => {
    if (seconds === 0) return
    while (!over.signal.aborted) {
      await sleep(seconds * 1_000, undefined, { signal: over.signal }).catch(() => undefined)
      if (over.signal.aborted) return
      try {
        await act()
      } catch (error) {
        scene.troubles.push(error instanceof Error ? error.message.slice(0, 200) : String(error))
      }
    }
  }
  const acting = [
    every(cutSeconds, scene.cutWatches),
    every(resetSeconds, scene.cutCluster),
    every(20, () => clouds.map((cloud) => cloud.cut())),
    every(4, () => oneOf(clouds, Math.random).disturb(Math.random)),
    every(10, () => comeAndGo(scene)),
    every(killSeconds, async () => {
      const seconds = await scene.fleet.killLeader()
      scene.takeovers.push(seconds)
      say(scene, `the leader was killed; another leads after ${seconds.toFixed(1)} s`)
    }),
  ]
  await sleep(minutes * 60_000)
  over.abort()
  await Promise.all(acting)
}

async function comeAndGo({ kubectl, clouds, newcomers, seconds }: Scene): Promise<void> {
  const n = Math.round(seconds() * 10)
  const one = oneOf(clouds, Math.random).newcomer(n)
  await kubectl.apply(one)
  newcomers.push(one.metadata.name)
  const [oldest] = newcomers
  if (newcomers.length <= NEWCOMERS || oldest === undefined) return
  newcomers.shift()
  await kubectl.must('delete', 'si', oldest, '-n', NAMESPACE, '--wait=false')
}

async function lookAgainAndAgain(scene: Scene, signal: AbortSignal): Promise<void> {
  const { samples, fleet, seconds } = scene
  const csv = process.env.SAMPLES
  for (let n = 0; !signal.aborted; n += 1) {
    const now = await fleet.sample(seconds())
    samples.push(...now)
    if (csv) for (const sample of now) appendFileSync(csv, `${JSON.stringify(sample)}\n`)
    if (n % 6 === 0) for (const sample of now) process.stdout.write(`${told(sample)}\n`)
    await sleep(SAMPLE_SECONDS * 1_000, undefined, { signal }).catch(() => undefined)
  }
}

async function integrationsOf(kubectl: Kubectl): Promise<KubernetesObject[]> {
  return (await kubectl.get<{ items: KubernetesObject[] }>('si', '-n', NAMESPACE)).items
}

/** What strangers undid a moment ago is only noticed at the next look. */
async function unservedAt(clouds: readonly SoakCloud[], kubectl: Kubectl): Promise<string[]> {
  const objects = await integrationsOf(kubectl)
  return (await Promise.all(clouds.map((cloud) => cloud.unserved(objects)))).flat()
}

async function untilReady({ kubectl }: Scene): Promise<string[]> {
  const notReady = async () =>
    (await integrationsOf(kubectl))
      .filter((object) => readyOf(object)?.status !== 'True')
      .map((object) => `${object.metadata.name} ${readyOf(object)?.reason} ${readyOf(object)?.message}`)
  return untilEmpty(notReady)
}

function untilGone({ kubectl }: Scene): Promise<string[]> {
  return untilEmpty(async () => (await integrationsOf(kubectl)).map(({ metadata }) => metadata.name))
}

/** What is still in the list when patience is over. */
async function untilEmpty(list: () => Promise<string[]>): Promise<string[]> {
  const last: { list: string[] } = { list: [] }
  const probe = async () => {
    last.list = await list()
    assert.deepEqual(last.list, [])
  }
  await eventually(probe, { timeoutMs: SETTLE_MS, everyMs: 5_000 }).catch(() => undefined)
  return last.list
}

function tell({ fleet, samples, takeovers, troubles, settings }: Scene, rows: readonly Row[]): boolean {
  const { rows: fromLogs, list } = logged(fleet.logs())
  const deaths = none('processes that ended by themselves', fleet.unexpected)
  const all = [...rows, deaths, ...fromLogs, ...growth(samples)]
  const last = samples.at(-1)
  process.stdout.write(`\nErrors in the logs:\n${list.join('\n') || '     0'}\n`)
  process.stdout.write(
    `\nWhat the soak itself could not do: ${troubles.length}\n${[...new Set(troubles)].slice(0, 5).join('\n')}\n`,
  )
  if (takeovers.length > 0)
    process.stdout.write(
      `Takeovers after kill -9: ${takeovers.map((seconds) => seconds.toFixed(1)).join(', ')} s\n`,
    )
  if (last !== undefined) process.stdout.write(`Last look: ${told(last)}\n`)
  process.stdout.write(`\n${table(all)}\n`)
  const isGood = all.every((row) => row.isGood)
  process.stdout.write(`\nsoak of ${settings.minutes} min: ${isGood ? 'good' : 'BAD'}\n`)
  return isGood
}

function say({ seconds }: Scene, words: string): void {
  process.stdout.write(`${(seconds() / 60).toFixed(1)} min | ${words}\n`)
}

const isGood = await soak(soakSettings(process.env))
// The test clouds in this process would keep it alive; what it started ends with it.
process.exit(isGood ? 0 : 1)
