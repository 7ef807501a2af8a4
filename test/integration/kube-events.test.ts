import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { capturedLog } from '../../src/kube/captured-log.ts'
import { EventRecorder } from '../../src/kube/events.ts'
import type { HttpRest } from '../../src/kube/http-rest.ts'
import type { Cluster } from '../rig/rig.ts'
import { cluster, uniqueName } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { adminRest, createThing, installThings, makeNamespace, type Thing } from './kube-things.ts'

interface Event {
  readonly note?: string
  readonly reason: string
  readonly series?: { readonly count: number }
  readonly regarding: { readonly name: string; readonly uid?: string }
}

describe('EventRecorder on a real API server', () => {
  let world: Cluster
  let namespace: string
  let rest: HttpRest
  let thing: Thing

  before(async () => {
    world = await cluster()
    await installThings(world.kubectl)
    namespace = await makeNamespace(world.kubectl, uniqueName('kube-events'))
    rest = await adminRest(world.kubeconfigPath)
    thing = await createThing(rest, namespace, 'thing')
  })

  after(() => rest.close())

  const makeRecorder = () =>
    new EventRecorder({
      rest,
      log: capturedLog(),
      controller: 'mooring.dev/mooring',
      instance: 'x'.repeat(200),
    })

  async function eventsWith(reason: string, where = namespace): Promise<readonly Event[]> {
    const path = `/apis/events.k8s.io/v1/namespaces/${where}/events`
    return (await rest.request<{ items: Event[] }>({ method: 'GET', path })).items.filter(
      (e) => e.reason === reason,
    )
  }

  it('writes an event that kubectl shows at its object', async () => {
    const recorder = makeRecorder()
    recorder.record({
      object: thing,
      type: 'Normal',
      reason: 'Shown',
      action: 'Grant',
      note: 'access granted',
    })
    await recorder.flush(5_000)
    const described = await world.kubectl.must('events', '-n', namespace, '--for', 'things/thing')
    assert.match(described, /Normal\s+Shown\s+Thing\/thing\s+access granted/)
  })

  it('counts repetitions in one event', async () => {
    const recorder = makeRecorder()
    const record = {
      object: thing,
      type: 'Warning',
      reason: 'Repeated',
      action: 'Grant',
      note: 'again',
    } as const
    for (let i = 0; i < 5; i++) recorder.record(record)
    await eventually(async () => assert.equal((await eventsWith('Repeated')).length, 1))
    for (let i = 0; i < 5; i++) recorder.record(record)
    await recorder.flush(5_000)
    const events = await eventsWith('Repeated')
    assert.deepEqual([events.length, events[0]?.series?.count], [1, 10])
    assert.equal(recorder.dropped, 0)
  })

  it('cuts notes to what the API server takes', async () => {
    const recorder = makeRecorder()
    recorder.record({
      object: thing,
      type: 'Warning',
      reason: 'Long',
      action: 'Grant',
      note: 'ä€😀'.repeat(2_000),
    })
    await recorder.flush(5_000)
    assert.equal((await eventsWith('Long')).length, 1)
  })

  it('puts events about cluster-scoped objects into the default namespace', async () => {
    const recorder = makeRecorder()
    const { namespace: _, ...metadata } = thing.metadata
    const object = { ...thing, metadata: { ...metadata, name: uniqueName('cluster-scoped') } }
    recorder.record({ object, type: 'Normal', reason: 'ClusterScoped', action: 'Check', note: 'x' })
    await recorder.flush(5_000)
    const events = await eventsWith('ClusterScoped', 'default')
    assert.ok(events.some((event) => event.regarding.name === object.metadata.name))
  })

  it('drops and counts an event whose namespace is gone, without disturbing anybody', async () => {
    const recorder = makeRecorder()
    const object = { ...thing, metadata: { ...thing.metadata, namespace: 'never-was' } }
    recorder.record({ object, type: 'Normal', reason: 'Lost', action: 'Check', note: 'x' })
    await recorder.flush(5_000)
    assert.equal(recorder.dropped, 1)
  })
})
