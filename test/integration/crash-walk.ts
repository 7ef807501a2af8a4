/**
 * A walk through crash points: an operator behind proxies, which see each of its steps and hold it up, right before it is carried out
 * or right after; then the operator is killed, and the next one goes on to the next point. Lanes that come to a point at the
 * same time are killed at once.
 */
import { strict as assert } from 'node:assert'
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Certificates, makeCertificates } from '../rig/azure-certificates.ts'
import {
  type Fate,
  type HttpProxy,
  PASS,
  type ProxiedAnswer,
  type ProxiedRequest,
  startHttpProxy,
} from '../rig/http-proxy.ts'
import { type KubeconfigContent, readKubeconfig, writeKubeconfig } from '../rig/kubeconfig.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import { type Operator, startOperator } from '../rig/operator.ts'
import type { OwnCluster } from '../rig/rig.ts'
import { makeRunFolder } from '../rig/run-folder.ts'
import { eventually } from '../rig/wait.ts'
import { type CrashPoints, type Lanes, READ_BACK, SOMETIMES } from './crash-points.ts'
import { type LedgerLanes, objectStep, type Step, type StepOf } from './crash-steps.ts'

/** A cloud as the walk sees it. */
export interface WalkedCloud {
  readonly cluster: OwnCluster
  readonly upstreams: readonly string[]
  /** With which its proxies speak TLS to the operator, who trusts them by `environment`; else they speak plain HTTP. */
  readonly certificates?: Certificates
  readonly environment: NodeJS.ProcessEnv
  readonly stepOf: StepOf
  readonly ledgerLanes: LedgerLanes
  /** New things in the cloud, and integrations that want something of them; they are not applied yet. */
  cast(addresses: readonly string[]): Promise<Cast>
}

/** Integrations, and what there is of them in the cloud. */
export interface Cast {
  readonly integrations: readonly KubernetesObject[]
  /** Everything at their places. */
  now(): Promise<unknown>
  /** Each has what it asks for once, and strangers have what they had. */
  assertServed(): Promise<void>
}

type Phase = keyof CrashPoints
type When = 'before' | 'after'

/** What happened: steps by phase and lane, each once, in the order in which they came first. */
export type Trace = Readonly<Record<Phase, Readonly<Record<string, readonly string[]>>>>

/** Milliseconds without any request after which the other lanes are not waited for. It decides how many deaths a walk takes. */
const QUIET_MS = 200
const ROUNDS = 12
const LONGEST_LIFE_MS = 90_000

/** From the start of one operator to its end. */
class Life {
  readonly written = new Set<string>()
  readonly frozen = new Set<string>()
  readonly end = Promise.withResolvers<void>()
  isOver = false
  movedAt = performance.now()
}

export class CrashWalk {
  readonly #cloud: WalkedCloud
  readonly #proxies: HttpProxy[] = []
  readonly #trace: Record<Phase, Record<string, string[]>> = { apply: {}, revoke: {} }
  readonly #open = new Map<string, Set<When>>()
  readonly #strange = new Set<string>()
  #api: KubeconfigContent | undefined
  #kubeconfigPath = ''
  #compiled = ''
  #phase: Phase = 'apply'
  #life = new Life()
  #operator: Operator | undefined
  #deaths = 0

  constructor(cloud: WalkedCloud) {
    this.#cloud = cloud
  }

  async start(): Promise<void> {
    const { cluster, upstreams, ledgerLanes: cloudLanes } = this.#cloud
    const folder = makeRunFolder('crash-walk')
    this.#compiled = join(folder, 'compiled')
    // Two authorities of one name would be taken for each other.
    const certificates = this.#cloud.certificates ?? (await makeCertificates(folder))
    const tls = {
      key: await readFile(certificates.keyFile, 'utf8'),
      cert: await readFile(certificates.certificateFile, 'utf8'),
    }
    this.#api = await readKubeconfig(cluster.kubeconfigPath)
    const api = await this.#watch(
      this.#api.server,
      (asked) => objectStep(asked, cloudLanes, (name) => this.#integration(name)),
      {
        tls,
        targetAuthority: this.#api.authority,
      },
    )
    this.#kubeconfigPath = await writeKubeconfig(join(folder, 'kubeconfig'), {
      ...this.#api,
      server: api.endpoint,
      authority: await readFile(certificates.authorityFile, 'utf8'),
    })
    for (const upstream of upstreams)
      await this.#watch(upstream, this.#cloud.stepOf, this.#cloud.certificates === undefined ? {} : { tls })
  }

  async #watch(
    upstream: string,
    stepOf: (asked: ProxiedRequest) => ReturnType<StepOf> | Promise<ReturnType<StepOf>>,
    more: Partial<Parameters<typeof startHttpProxy>[1]>,
  ): Promise<HttpProxy> {
    const steps = new WeakMap<ProxiedRequest, Step>()
    const proxy = await startHttpProxy(upstream, {
      decide: async (asked) => {
        const step = await stepOf(asked)
        if (step !== undefined) steps.set(asked, step)
        return this.#before(step)
      },
      after: (asked, answer) => this.#after(steps.get(asked), answer),
      ...more,
    })
    this.#proxies.push(proxy)
    return proxy
  }

  async stop(): Promise<void> {
    await this.#operator?.stop()
    for (const proxy of this.#proxies) await proxy.stop()
  }

  /** Applies and revokes twice, and nobody dies. */
  async trace(): Promise<Trace> {
    const cast = await this.#cast()
    for (const _ of [1, 2]) await this.#round(cast)
    // An end in peace leaves the next ones what it compiled, so that they start faster.
    await this.#operator?.stop()
    this.#operator = undefined
    return { apply: withReadBackLast(this.#trace.apply), revoke: withReadBackLast(this.#trace.revoke) }
  }

  /** Dies at every point; tells how often, and what the next operators did that is no listed step. */
  async walk(
    points: CrashPoints,
  ): Promise<{ readonly deaths: number; readonly rounds: number; readonly others: string[] }> {
    for (const point of pointsIn(points)) this.#open.set(point, new Set<When>(['before', 'after']))
    const cast = await this.#cast()
    let rounds = 0
    while (this.#open.size > 0) {
      rounds += 1
      assert.ok(rounds <= ROUNDS, `nobody came by: ${[...this.#open.keys()].join(', ')}`)
      await this.#round(cast)
    }
    return { deaths: this.#deaths, rounds, others: [...this.#strange] }
  }

  #cast(): Promise<Cast> {
    const [, ...clouds] = this.#proxies
    return this.#cloud.cast(clouds.map(({ endpoint }) => endpoint))
  }

  async #round(cast: Cast): Promise<void> {
    const { kubectl } = this.#cloud.cluster
    const before = await cast.now()
    this.#phase = 'apply'
    await kubectl.apply(cast.integrations)
    await this.#until((objects) => objects.length > 0 && objects.every(isReady))
    await cast.assertServed()
    this.#phase = 'revoke'
    this.#life.written.clear()
    const names = cast.integrations.map(({ metadata }) => metadata.name)
    await kubectl.delete('si', ...names, '-n', 'perception', '--wait=false')
    await this.#until((objects) => objects.length === 0)
    assert.deepEqual(await cast.now(), before)
  }

  /** Lives, one after the other, until one of them has it done. */
  async #until(isDone: (objects: readonly KubernetesObject[]) => boolean): Promise<void> {
    for (;;) {
      if (this.#operator === undefined) await this.#begin()
      if (await this.#livesUntil(isDone)) return
    }
  }

  /** False when it died before. */
  async #livesUntil(isDone: (objects: readonly KubernetesObject[]) => boolean): Promise<boolean> {
    const life = this.#life
    const deadline = performance.now() + LONGEST_LIFE_MS
    while (!life.isOver) {
      const objects = await this.#integrations()
      if (isDone(objects) && life.frozen.size === 0 && !life.isOver) return true
      assert.ok(performance.now() < deadline, `${this.#phase}: ${objects.map(said).join('; ')}`)
      await sleep(50)
    }
    await life.end.promise
    return false
  }

  async #begin(): Promise<void> {
    this.#life = new Life()
    this.#operator = await startOperator({
      kubeconfigPath: this.#kubeconfigPath,
      env: {
        MOORING_LEADER_ELECTION: 'false',
        MOORING_RESYNC: '1h',
        NODE_COMPILE_CACHE: this.#compiled,
        ...this.#cloud.environment,
      },
    })
  }

  /** Kills the operator as soon as nothing moves any more. */
  async #die(life: Life): Promise<void> {
    while (performance.now() - life.movedAt < QUIET_MS) await sleep(20)
    const operator = this.#operator
    this.#operator = undefined
    this.#deaths += 1
    operator?.kill('SIGKILL')
    await operator?.exited
    life.isOver = true
    life.end.resolve()
    // What the dead one had asked for is carried out even so.
    await eventually(() => assert.ok(this.#proxies.every(({ underWay }) => underWay === 0)))
  }

  async #before(step: Step | undefined): Promise<Fate> {
    const life = this.#life
    life.movedAt = performance.now()
    if (life.isOver) return { do: 'cut' }
    const point = this.#pointOf(step, life)
    if (step === undefined || point === undefined) return PASS
    if (life.frozen.has(step.lane) || this.#take(point, 'before')) return this.#freeze(step.lane, life)
    return PASS
  }

  async #after(step: Step | undefined, { status }: ProxiedAnswer): Promise<Fate> {
    const life = this.#life
    life.movedAt = performance.now()
    const point = this.#pointOf(step, life)
    // A write that was refused is no step; a look that finds nothing is one.
    const isDone = step?.name === undefined ? status < 500 : status < 300
    if (step?.name !== undefined && isDone) life.written.add(`${step.lane} ${step.document}`)
    if (step !== undefined && point !== undefined && isDone) this.#note(step.lane, point)
    if (life.isOver) return { do: 'cut' }
    if (step === undefined || !isDone) return PASS
    if (point !== undefined && !life.frozen.has(step.lane) && this.#take(point, 'after'))
      return this.#freeze(step.lane, life)
    return PASS
  }

  /** A read is a step only of what this operator itself has written. */
  #pointOf(step: Step | undefined, life: Life): string | undefined {
    if (step === undefined) return undefined
    const isReadBack = life.written.has(`${step.lane} ${step.document}`)
    const name = step.name ?? (isReadBack ? READ_BACK : undefined)
    return name === undefined ? undefined : `${this.#phase} / ${step.lane} / ${name}`
  }

  #note(lane: string, point: string): void {
    const steps = this.#trace[this.#phase]
    if (SOMETIMES.includes(point)) return
    const name = point.split(' / ').at(-1) ?? ''
    steps[lane] ??= []
    if (!steps[lane].includes(name)) {
      steps[lane].push(name)
      if (this.#deaths > 0) this.#strange.add(point)
    }
  }

  /** True the first time that somebody comes by. */
  #take(point: string, when: When): boolean {
    const left = this.#open.get(point)
    const isTaken = left?.delete(when) === true
    if (left?.size === 0) this.#open.delete(point)
    return isTaken
  }

  async #freeze(lane: string, life: Life): Promise<Fate> {
    if (life.frozen.size === 0) void this.#die(life)
    life.frozen.add(lane)
    await life.end.promise
    return { do: 'cut' }
  }

  async #integrations(): Promise<readonly KubernetesObject[]> {
    return (await this.#ask('')).items
  }

  async #integration(name: string): Promise<KubernetesObject | undefined> {
    const found = await this.#ask(`/${name}`)
    return found.kind === 'StorageIntegration' ? found : undefined
  }

  /** Past the proxy, and without a process for each question. */
  async #ask(place: string): Promise<KubernetesObject> {
    const { server, authority, token } = this.#api ?? assert.fail('it has not started')
    const path = `/apis/mooring.dev/v1alpha1/namespaces/perception/storageintegrations${place}`
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    request(
      `${server}${path}`,
      { ca: authority, headers: { authorization: `Bearer ${token}` } },
      (answer) => {
        answer.toArray().then((parts) => resolve(Buffer.concat(parts).toString()), reject)
      },
    )
      .on('error', reject)
      .end()
    return JSON.parse(await promise)
  }
}

/** What took longer than a second is read anew before it is written, so a look may come in the middle. */
function withReadBackLast(lanes: Lanes): Lanes {
  const isReadBack = (step: string) => step === READ_BACK
  const sorted = (steps: readonly string[]) => [
    ...steps.filter((step) => !isReadBack(step)),
    ...steps.filter(isReadBack),
  ]
  return Object.fromEntries(Object.entries(lanes).map(([lane, steps]) => [lane, sorted(steps)]))
}

function pointsIn(points: CrashPoints): string[] {
  const inPhase = (phase: Phase, lanes: Lanes) =>
    Object.entries(lanes).flatMap(([lane, steps]) => steps.map((step) => `${phase} / ${lane} / ${step}`))
  return [...inPhase('apply', points.apply), ...inPhase('revoke', points.revoke)]
}

function isReady({ metadata, status }: KubernetesObject): boolean {
  const ready = readyIn(status)
  return ready?.status === 'True' && ready.observedGeneration === metadata.generation
}

function said({ metadata, status }: KubernetesObject): string {
  const { status: is, reason, message } = readyIn(status) ?? {}
  return `${metadata.name}: ${is} ${reason} ${message}`
}

interface Ready {
  readonly type: string
  readonly status?: string
  readonly reason?: string
  readonly message?: string
  readonly observedGeneration?: number
}

function readyIn(status: { readonly conditions?: readonly Ready[] } | undefined): Ready | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')
}
