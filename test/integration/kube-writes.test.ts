import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { setAnnotation } from '../../src/kube/annotation.ts'
import { fencedRest } from '../../src/kube/fenced-rest.ts'
import { addFinalizer, removeFinalizer } from '../../src/kube/finalizer.ts'
import type { HttpRest } from '../../src/kube/http-rest.ts'
import { isConflict } from '../../src/kube/kube-error.ts'
import { applyStatus } from '../../src/kube/status.ts'
import { withoutBookkeeping } from '../../src/kube/transform.ts'
import type { Cluster } from '../rig/rig.ts'
import { cluster, uniqueName } from '../rig/shared.ts'
import {
  adminRest,
  countingRest,
  createThing,
  deleteThing,
  installThings,
  makeNamespace,
  readThing,
  resizeThing,
  thingType,
} from './kube-things.ts'

describe('writes to a real API server', () => {
  let world: Cluster
  let namespace: string
  let rest: HttpRest

  before(async () => {
    world = await cluster()
    await installThings(world.kubectl)
    namespace = await makeNamespace(world.kubectl, uniqueName('kube-writes'))
    rest = await adminRest(world.kubeconfigPath)
  })

  after(() => rest.close())

  describe('applyStatus', () => {
    it('writes the status and nothing else, and removes fields that are wanted no longer', async () => {
      const thing = await createThing(rest, namespace, 'status')
      const first = await applyStatus(rest, thingType, thing, {
        storage: 's3://a/',
        outputs: { a: '1', b: '2' },
      })
      assert.equal(first?.metadata.generation, thing.metadata.generation)
      const second = await applyStatus(rest, thingType, first ?? thing, { outputs: { b: '3' } })
      assert.deepEqual(second?.status, { outputs: { b: '3' } })
      assert.deepEqual(second?.spec, { size: 1 })
    })

    it('sends nothing when the status is the same but for order and undefined fields', async () => {
      const counted = countingRest(rest)
      const thing = await createThing(rest, namespace, 'equal')
      const status = { conditions: [{ type: 'Ready', status: 'True' }], storage: 's3://a/' }
      const written = await applyStatus(counted, thingType, thing, status)
      assert.ok(written)
      const same = { storage: 's3://a/', plan: undefined, conditions: [{ status: 'True', type: 'Ready' }] }
      assert.equal(await applyStatus(counted, thingType, written, same), undefined)
      assert.equal(counted.requests.length, 1)
    })

    it('changes no resourceVersion when it is sent again after all, so it cannot wake itself', async () => {
      const thing = await createThing(rest, namespace, 'again')
      const first = await applyStatus(rest, thingType, thing, { storage: 's3://a/' })
      const second = await applyStatus(rest, thingType, thing, { storage: 's3://a/' })
      assert.equal(second?.metadata.resourceVersion, first?.metadata.resourceVersion)
    })

    it('does not conflict with others who write the spec meanwhile', async () => {
      const thing = await createThing(rest, namespace, 'stale')
      await resizeThing(rest, namespace, 'stale', 2)
      const written = await applyStatus(rest, thingType, thing, { observed: true })
      assert.deepEqual([written?.spec?.size, written?.status], [2, { observed: true }])
    })

    it('takes fields over that another writer of the status claims', async () => {
      const thing = await createThing(rest, namespace, 'claimed')
      const patch = JSON.stringify({ status: { storage: 'theirs' } })
      await world.kubectl.must(
        'patch',
        'things',
        'claimed',
        '-n',
        namespace,
        '--subresource=status',
        '--type=merge',
        '-p',
        patch,
      )
      const written = await applyStatus(rest, thingType, thing, { storage: 'ours' })
      assert.deepEqual(written?.status, { storage: 'ours' })
    })

    it('never writes to an object that was recreated under the same name', async () => {
      const old = await createThing(rest, namespace, 'recreated')
      await deleteThing(rest, namespace, 'recreated')
      await createThing(rest, namespace, 'recreated')
      await assert.rejects(applyStatus(rest, thingType, old, { storage: 'old' }), isConflict)
      assert.equal((await readThing(rest, namespace, 'recreated')).status, undefined)
    })

    it('makes no object when it is gone', async () => {
      const thing = await createThing(rest, namespace, 'gone')
      await deleteThing(rest, namespace, 'gone')
      assert.equal(await applyStatus(rest, thingType, thing, { storage: 'x' }), undefined)
      await assert.rejects(readThing(rest, namespace, 'gone'), { status: 404 })
    })
  })

  describe('finalizers', () => {
    it('are added once and removed once, and others keep theirs', async () => {
      const thing = await createThing(rest, namespace, 'one', { finalizers: ['others.dev/one'] })
      const counted = countingRest(rest)
      const added = await addFinalizer(counted, thingType, thing, 'mooring.dev/one')
      assert.deepEqual(added?.metadata.finalizers, ['others.dev/one', 'mooring.dev/one'])
      assert.ok(added)
      assert.equal(await addFinalizer(counted, thingType, added, 'mooring.dev/one'), added)
      const removed = await removeFinalizer(counted, thingType, added, 'mooring.dev/one')
      assert.deepEqual(removed?.metadata.finalizers, ['others.dev/one'])
      assert.ok(removed)
      assert.equal(await removeFinalizer(counted, thingType, removed, 'mooring.dev/one'), removed)
      assert.equal(counted.requests.length, 2)
    })

    it('of many writers at the same time all arrive, since the slower ones get conflicts and look again', async () => {
      await createThing(rest, namespace, 'race')
      const wanted = Array.from({ length: 8 }, (_, index) => `mooring.dev/racer-${index}`)
      let conflicts = 0
      const race = async (finalizer: string): Promise<unknown> => {
        try {
          return await addFinalizer(rest, thingType, await readThing(rest, namespace, 'race'), finalizer)
        } catch (error) {
          if (!isConflict(error)) throw error
          conflicts += 1
          return race(finalizer)
        }
      }
      await Promise.all(wanted.map(race))
      assert.deepEqual(
        [...((await readThing(rest, namespace, 'race')).metadata.finalizers ?? [])].sort(),
        wanted,
      )
      assert.ok(conflicts > 0)
    })

    it('are not taken off or put on by a writer who read an older state', async () => {
      const thing = await createThing(rest, namespace, 'older', { finalizers: ['mooring.dev/a'] })
      await resizeThing(rest, namespace, 'older', 2)
      await assert.rejects(addFinalizer(rest, thingType, thing, 'mooring.dev/b'), isConflict)
      await assert.rejects(removeFinalizer(rest, thingType, thing, 'mooring.dev/a'), isConflict)
      assert.deepEqual((await readThing(rest, namespace, 'older')).metadata.finalizers, ['mooring.dev/a'])
    })

    it('are not put on an object that is being deleted, and let it go when removed', async () => {
      await createThing(rest, namespace, 'leaving', { finalizers: ['mooring.dev/a'] })
      await deleteThing(rest, namespace, 'leaving')
      const leaving = await readThing(rest, namespace, 'leaving')
      await assert.rejects(addFinalizer(rest, thingType, leaving, 'mooring.dev/b'), isConflict)
      await removeFinalizer(rest, thingType, leaving, 'mooring.dev/a')
      await assert.rejects(readThing(rest, namespace, 'leaving'), { status: 404 })
      assert.equal(await removeFinalizer(rest, thingType, leaving, 'mooring.dev/a'), undefined)
    })

    it('of a former object are not looked for on the new one of its name', async () => {
      const old = await createThing(rest, namespace, 'renewed', { finalizers: ['mooring.dev/a'] })
      await removeFinalizer(rest, thingType, old, 'mooring.dev/a')
      await deleteThing(rest, namespace, 'renewed')
      await createThing(rest, namespace, 'renewed', { finalizers: ['mooring.dev/a'] })
      await assert.rejects(removeFinalizer(rest, thingType, old, 'mooring.dev/a'), isConflict)
    })
  })

  describe('setAnnotation', () => {
    const name = 'mooring.dev/ledger'

    it('leaves the other annotations alone, also one that the cache left out', async () => {
      const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
      const made = await createThing(rest, namespace, 'annotated', { annotations: { [lastApplied]: '{}' } })
      const cached = withoutBookkeeping(made)
      const written = await setAnnotation(rest, thingType, cached, { name, value: 'a' })
      assert.deepEqual(written?.metadata.annotations, { [lastApplied]: '{}', [name]: 'a' })
      assert.ok(written)
      assert.equal(await setAnnotation(rest, thingType, written, { name, value: 'a' }), written)
      const removed = await setAnnotation(rest, thingType, written, { name, value: undefined })
      assert.deepEqual(removed?.metadata.annotations, { [lastApplied]: '{}' })
    })

    it('is refused when the object has changed, was recreated, or is gone', async () => {
      const old = await createThing(rest, namespace, 'noted')
      await resizeThing(rest, namespace, 'noted', 2)
      await assert.rejects(setAnnotation(rest, thingType, old, { name, value: 'a' }), isConflict)
      await deleteThing(rest, namespace, 'noted')
      assert.equal(await setAnnotation(rest, thingType, old, { name, value: 'a' }), undefined)
      await createThing(rest, namespace, 'noted')
      await assert.rejects(setAnnotation(rest, thingType, old, { name, value: 'a' }), isConflict)
    })
  })

  it('are refused by the fence when this process does not lead, while reads pass', async () => {
    let leads = true
    const fenced = fencedRest(rest, () => leads)
    const thing = await createThing(fenced, namespace, 'fenced')
    leads = false
    await assert.rejects(applyStatus(fenced, thingType, thing, { a: 1 }), { status: 0, reason: 'NotLeader' })
    assert.equal((await readThing(fenced, namespace, 'fenced')).status, undefined)
  })
})
