import { strict as assert } from 'node:assert'
import { after, afterEach, before, describe, it } from 'node:test'
import { capturedLog } from '../../src/kube/captured-log.ts'
import { fencedRest } from '../../src/kube/fenced-rest.ts'
import type { HttpRest } from '../../src/kube/http-rest.ts'
import { LeaderElector } from '../../src/kube/lease.ts'
import type { Lease } from '../../src/kube/lease-record.ts'
import { readKubeconfig } from '../rig/kubeconfig.ts'
import type { Cluster } from '../rig/rig.ts'
import { cluster, uniqueName } from '../rig/shared.ts'
import { startTcpProxy, type TcpProxy } from '../rig/tcp-proxy.ts'
import { eventually } from '../rig/wait.ts'
import { adminRest, createThing, installThings, makeNamespace } from './kube-things.ts'

/** The proportions of production, five times as fast; the API server knows leases in whole seconds only. */
const pace = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400 }
/** Production's own, for what must succeed in time also on a machine that is busy with other tests. */
const unhurried = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 1_000 }

describe('LeaderElector on a real API server', () => {
  let world: Cluster
  let namespace: string
  let proxy: TcpProxy
  let direct: HttpRest
  const stops: (() => Promise<unknown>)[] = []

  before(async () => {
    world = await cluster()
    await installThings(world.kubectl)
    namespace = await makeNamespace(world.kubectl, uniqueName('kube-lease'))
    proxy = await startTcpProxy(Number(new URL((await readKubeconfig(world.kubeconfigPath)).server).port))
    direct = await adminRest(world.kubeconfigPath)
  })

  afterEach(async () => {
    await proxy.pass()
    for (const stop of stops.splice(0)) await stop()
  })

  after(async () => {
    await direct.close()
    await proxy.stop()
  })

  async function candidate(name: string, identity: string, port?: number, timing = pace) {
    const rest = await adminRest(world.kubeconfigPath, port)
    const elector = new LeaderElector({ rest, namespace, name, identity, log: capturedLog(), ...timing })
    const story: string[] = []
    const started = Promise.withResolvers<AbortSignal>()
    const finished = elector.run({
      onStarted: (signal) => {
        story.push('started')
        started.resolve(signal)
      },
      onStopped: (why) => story.push(why),
    })
    stops.push(async () => {
      await elector.release()
      await rest.close()
    })
    return { rest, elector, story, started: started.promise, finished }
  }

  const leaseOf = (name: string) =>
    direct.request<Lease>({
      method: 'GET',
      path: `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`,
    })

  it('of several candidates at once makes one the leader, and the API server takes its times', async () => {
    const all = await Promise.all(['a', 'b', 'c'].map((identity) => candidate('many', identity)))
    await eventually(() => assert.ok(all.some((one) => one.elector.isLeader())))
    const before = (await leaseOf('many')).spec
    await eventually(async () => assert.notEqual((await leaseOf('many')).spec?.renewTime, before?.renewTime))
    const leaders = all.filter((one) => one.elector.isLeader())
    assert.equal(leaders.length, 1)
    assert.equal((await leaseOf('many')).spec?.leaseTransitions, 0)
  })

  for (const way of ['freeze', 'abandon', 'refuse'] as const) {
    it(`never has two leaders when the leader's network does "${way}"`, async () => {
      const a = await candidate(way, 'a', proxy.port)
      const signal = await a.started
      const b = await candidate(way, 'b')
      await proxy[way]()
      if (way === 'abandon') proxy.freeze()
      await eventually(() => {
        assert.ok(!(a.elector.isLeader() && b.elector.isLeader()), 'two leaders')
        assert.ok(b.elector.isLeader(), 'nobody has taken over yet')
      })
      assert.equal(signal.aborted, true)
      assert.deepEqual([a.story, b.story], [['started', 'lost'], ['started']])
      await proxy.pass()
      await a.finished
      assert.equal(a.elector.isLeader(), false)
    })
  }

  it('keeps leading through a connection that silently dies, since the next one works', async () => {
    const a = await candidate('resilient', 'a', proxy.port, unhurried)
    await a.started
    proxy.abandon()
    const before = (await leaseOf('resilient')).spec?.renewTime
    const renewed = async () => assert.notEqual((await leaseOf('resilient')).spec?.renewTime, before)
    await eventually(renewed, { timeoutMs: 30_000 })
    assert.deepEqual([a.elector.isLeader(), a.story], [true, ['started']])
  })

  it('hands over at once when the leader releases the lease', async () => {
    const a = await candidate('handover', 'a')
    await a.started
    const b = await candidate('handover', 'b')
    await a.elector.release()
    assert.equal((await leaseOf('handover')).spec?.holderIdentity, '')
    await b.started
    assert.equal((await leaseOf('handover')).spec?.leaseTransitions, 1)
  })

  it('stops a former leader from writing even before it has noticed, as after a blocked event loop', async () => {
    const a = await candidate('fence', 'a')
    await a.started
    const fenced = fencedRest(a.rest, () => a.elector.isLeader())
    await createThing(fenced, namespace, 'before')
    block(2_100)
    await assert.rejects(createThing(fenced, namespace, 'after'), { reason: 'NotLeader' })
  })
})

/** What a long parse or a stopped process does to the event loop. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
