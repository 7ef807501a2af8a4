import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { KubeObject } from './object.ts'
import { type Change, Store } from './store.ts'

function object(name: string, resourceVersion: string, uid = `uid-${name}`): KubeObject {
  return { metadata: { name, namespace: 'ns', uid, resourceVersion } }
}

function setUp() {
  const store = new Store<KubeObject>()
  const told: string[] = []
  store.onChange((change) => told.push(tell(change)))
  return { store, told }
}

function tell({ key, before, after, initial }: Change<KubeObject>): string {
  const versions = `${before?.metadata.resourceVersion ?? '-'}>${after?.metadata.resourceVersion ?? '-'}`
  return `${key} ${versions}${initial ? ' initial' : ''}`
}

function list(store: Store<KubeObject>, objects: readonly KubeObject[], initial = false): void {
  store.beginList()
  store.listed(objects, initial)
  store.endList()
}

describe('Store', () => {
  it('marks what the first list brings as initial, and later news not', () => {
    const { store, told } = setUp()
    list(store, [object('a', '1')], true)
    store.upserted(object('a', '2'))
    store.upserted(object('b', '3'))
    store.deleted(object('a', '4'))
    assert.deepEqual(told, ['ns/a ->1 initial', 'ns/a 1>2', 'ns/b ->3', 'ns/a 4>-'])
    assert.equal(store.size, 1)
  })

  it('tells nothing of a version it knows, as after a replay', () => {
    const { store, told } = setUp()
    store.upserted(object('a', '1'))
    store.upserted(object('a', '1'))
    list(store, [object('a', '1')])
    assert.deepEqual(told, ['ns/a ->1'])
  })

  it('tells of deletions that a relist brings to light, and only after its last page', () => {
    const { store, told } = setUp()
    list(store, [object('a', '1'), object('b', '2')], true)
    told.length = 0
    store.beginList()
    store.listed([object('a', '1')], false)
    assert.equal(store.size, 2)
    store.endList()
    assert.deepEqual(told, ['ns/b 2>-'])
  })

  it('deletes nothing when a relist breaks off, and the next one starts afresh', () => {
    const { store, told } = setUp()
    list(store, [object('a', '1'), object('b', '2')], true)
    store.beginList()
    store.listed([object('a', '1')], false)
    list(store, [object('b', '2')])
    assert.deepEqual(told.slice(2), ['ns/a 1>-'])
  })

  it('treats the same name with another uid as gone and new, by list and by event', () => {
    const { store, told } = setUp()
    store.upserted(object('a', '1', 'old'))
    store.upserted(object('a', '5', 'new'))
    list(store, [object('a', '9', 'newest')])
    assert.deepEqual(told, ['ns/a ->1', 'ns/a 1>-', 'ns/a ->5', 'ns/a 5>-', 'ns/a ->9'])
  })

  it('ignores a deletion of an unknown object, and of an earlier object of the same name', () => {
    const { store, told } = setUp()
    store.deleted(object('a', '1'))
    store.upserted(object('a', '5', 'new'))
    store.deleted(object('a', '4', 'old'))
    assert.deepEqual(told, ['ns/a ->5'])
  })

  it('keeps going when a listener throws, counts it, and still tells the others', () => {
    const errors: string[] = []
    const store = new Store<KubeObject>((_, key) => errors.push(key))
    const told: string[] = []
    store.onChange(() => {
      throw new Error('broken listener')
    })
    store.onChange((change) => told.push(change.key))
    store.upserted(object('a', '1'))
    assert.deepEqual([store.listenerErrors, errors, told], [1, ['ns/a'], ['ns/a']])
  })

  it('sees our own write early and passes over older events until the watch has caught up', () => {
    const { store, told } = setUp()
    store.upserted(object('a', '10'))
    store.put(object('a', '12'))
    store.upserted(object('a', '11'))
    store.upserted(object('a', '12'))
    store.upserted(object('a', '13'))
    assert.deepEqual(told, ['ns/a ->10', 'ns/a 10>12', 'ns/a 12>13'])
  })

  it('ignores an own write that the watch has overtaken, of an unknown object, or of another uid', () => {
    const { store, told } = setUp()
    store.put(object('a', '9'))
    store.upserted(object('a', '100'))
    store.put(object('a', '99'))
    store.put(object('a', '101', 'other'))
    assert.deepEqual(told, ['ns/a ->100'])
  })

  it('takes events in the order they come, whatever their versions, when we wrote nothing ourselves', () => {
    const { store, told } = setUp()
    store.upserted(object('a', '10'))
    store.upserted(object('a', '9'))
    assert.deepEqual(told, ['ns/a ->10', 'ns/a 10>9'])
  })

  it('believes a list even if its versions are lower, as after etcd was restored from a backup', () => {
    const { store } = setUp()
    store.upserted(object('a', '10'))
    store.put(object('a', '500'))
    list(store, [object('a', '20')])
    store.upserted(object('a', '21'))
    assert.equal(store.get('ns/a')?.metadata.resourceVersion, '21')
  })
})
