import { strict as assert } from 'node:assert'
import { getEventListeners } from 'node:events'
import { after, afterEach, before, describe, it } from 'node:test'
import { capturedLog } from '../../src/kube/captured-log.ts'
import type { HttpRest } from '../../src/kube/http-rest.ts'
import { Reflector, type ReflectorOptions } from '../../src/kube/reflector.ts'
import { Store } from '../../src/kube/store.ts'
import type { OwnCluster } from '../rig/rig.ts'
import { ownCluster, uniqueName } from '../rig/shared.ts'
import { startTcpProxy, type TcpProxy } from '../rig/tcp-proxy.ts'
import { eventually } from '../rig/wait.ts'
import {
  adminRest,
  createThing,
  deleteThing,
  installThings,
  makeNamespace,
  resizeThing,
  type Thing,
  thingType,
} from './kube-things.ts'

/** Delays as in production would only make the tests slow. */
const impatient: Partial<ReflectorOptions<Thing>> = { backoff: { baseMs: 50, maxMs: 500, jitter: 0.5 } }

describe('Reflector on a real API server', () => {
  let world: OwnCluster
  let proxy: TcpProxy
  /** Around the proxy: the rest of the world. */
  let direct: HttpRest
  const stops: (() => Promise<void>)[] = []

  before(async () => {
    world = await ownCluster()
    await installThings(world.kubectl)
    proxy = await startTcpProxy(world.controlPlane.port)
    direct = await adminRest(world.kubeconfigPath)
  })

  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop()
    await proxy.pass()
  })

  after(async () => {
    await direct.close()
    await proxy.stop()
    await world.stop()
  })

  /** Follows a new namespace through the proxy, and keeps the last state that listeners were told of. */
  async function follow(options: Partial<ReflectorOptions<Thing>> = {}) {
    const namespace = await makeNamespace(world.kubectl, uniqueName('kube-reflector'))
    const rest = await adminRest(world.kubeconfigPath, proxy.port)
    const store = new Store<Thing>()
    const told = new Map<string, number | undefined>()
    const duplicates: string[] = []
    store.onChange(({ key, before, after }) => {
      if (before && before.metadata.resourceVersion === after?.metadata.resourceVersion) duplicates.push(key)
      if (after) told.set(key, after.spec?.size)
      else told.delete(key)
    })
    const log = capturedLog()
    const reflector = new Reflector({
      rest,
      type: thingType,
      store,
      log,
      namespace,
      ...impatient,
      ...options,
    })
    const stop = new AbortController()
    const finished = reflector.run(stop.signal)
    stops.push(async () => {
      stop.abort()
      await finished
      await rest.close()
    })
    return { namespace, store, told, duplicates, log, reflector, stop, finished, rest }
  }

  /** What the API server holds and what listeners know must become the same. */
  async function agree(namespace: string, told: ReadonlyMap<string, number | undefined>): Promise<void> {
    await eventually(
      async () => {
        const { items } = await direct.request<{ items: Thing[] }>({
          method: 'GET',
          path: `/apis/${thingType.group}/v1/namespaces/${namespace}/things`,
        })
        const truth = items.map((item) => [`${namespace}/${item.metadata.name}`, item.spec?.size])
        assert.deepEqual([...told].sort(), truth.sort())
      },
      { timeoutMs: 60_000 },
    )
  }

  it('lists in pages, follows changes, and keeps neither managedFields nor what kubectl last applied', async () => {
    const { namespace, store, told, reflector } = await follow({ pageSize: 2 })
    await reflector.synced
    const thing = {
      apiVersion: 'kube-tests.mooring.dev/v1',
      kind: 'Thing',
      metadata: { name: 'applied', namespace },
    }
    await world.kubectl.apply(thing)
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => createThing(direct, namespace, name)))
    await resizeThing(direct, namespace, 'a', 7)
    await deleteThing(direct, namespace, 'b')
    await agree(namespace, told)
    const kept = store.get(`${namespace}/applied`)
    assert.deepEqual(kept?.metadata.annotations, {})
    assert.ok(kept && !('managedFields' in kept.metadata))
    assert.equal(reflector.lists, 1)
  })

  it('loses nothing and lists nothing again while its connection is reset every few moments', async () => {
    const { namespace, told, duplicates, reflector, stop } = await follow()
    await reflector.synced
    for (let round = 0; round < 40; round++) {
      const name = `thing-${round % 10}`
      if (round < 10) await createThing(direct, namespace, name)
      else await resizeThing(direct, namespace, name, round)
      if (round % 3 === 0) proxy.cut()
    }
    await deleteThing(direct, namespace, 'thing-3')
    await agree(namespace, told)
    assert.deepEqual(duplicates, [])
    assert.equal(reflector.lists, 1)
    assert.ok(proxy.connections() <= 2)
    const listeners = getEventListeners(stop.signal, 'abort').length
    assert.ok(listeners <= 4, `${listeners} listeners pile up`)
  })

  it('resumes where it was when connections were refused for a while', async () => {
    const { namespace, told, reflector } = await follow()
    await reflector.synced
    await createThing(direct, namespace, 'before')
    await agree(namespace, told)
    await proxy.refuse()
    await createThing(direct, namespace, 'meanwhile')
    await deleteThing(direct, namespace, 'before')
    await proxy.pass()
    await agree(namespace, told)
    assert.equal(reflector.lists, 1)
  })

  it('notices a connection that has silently died, and resumes on a new one', async () => {
    const { namespace, told, log, reflector } = await follow({ idleMs: 1_500 })
    await reflector.synced
    await createThing(direct, namespace, 'before')
    await agree(namespace, told)
    proxy.abandon()
    await createThing(direct, namespace, 'meanwhile')
    await agree(namespace, told)
    assert.equal(reflector.lists, 1)
    const ended = log.lines.filter((line) => line.message === 'watch ended, resuming')
    assert.ok(ended.length > 0 && ended.every((line) => line.level === 'info'), 'an idle reconnect is normal')
  })

  it('finds out everything it missed when a frozen network thaws', async () => {
    const { namespace, told, reflector } = await follow({ idleMs: 1_500 })
    await reflector.synced
    await createThing(direct, namespace, 'before')
    await agree(namespace, told)
    proxy.freeze()
    await createThing(direct, namespace, 'meanwhile')
    await deleteThing(direct, namespace, 'before')
    await proxy.pass()
    await agree(namespace, told)
  })

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`survives a restart of the API server by ${signal}, and learns of deletions in the gap`, async () => {
      const { namespace, told, duplicates, reflector } = await follow()
      await reflector.synced
      for (const name of ['stays', 'goes', 'grows']) await createThing(direct, namespace, name)
      await agree(namespace, told)
      await proxy.refuse()
      await world.controlPlane.stopApiServer(signal)
      await world.controlPlane.startApiServer()
      await eventually(() => deleteThing(direct, namespace, 'goes'), { timeoutMs: 30_000 })
      await resizeThing(direct, namespace, 'grows', 9)
      await world.controlPlane.stopApiServer(signal)
      await world.controlPlane.startApiServer()
      await proxy.pass()
      await agree(namespace, told)
      assert.deepEqual(duplicates, [])
    })
  }

  it('tells of a recreated object as gone and new', async () => {
    const { namespace, store, reflector } = await follow()
    await reflector.synced
    const story: string[] = []
    store.onChange(({ before, after }) => story.push(after ? (before ? 'changed' : 'new') : 'gone'))
    await createThing(direct, namespace, 'a')
    await eventually(() => assert.equal(store.size, 1))
    await proxy.refuse()
    await deleteThing(direct, namespace, 'a')
    await createThing(direct, namespace, 'a')
    await proxy.pass()
    await eventually(() => assert.deepEqual(story, ['new', 'gone', 'new']))
  })

  it('leaves no connection behind when it is stopped amid a watch', async () => {
    const { reflector, stop, finished } = await follow()
    await reflector.synced
    stop.abort()
    await finished
    await stops.pop()?.()
    await eventually(() => assert.equal(proxy.connections(), 0))
  })
})
