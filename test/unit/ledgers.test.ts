/** Ledgers in annotations: what somebody else takes away comes back, and what Mooring itself takes away does not. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StorageIntegration } from '../../src/api/generated/storage-integration.ts'
import type { Target } from '../../src/clouds/cloud.ts'
import { KubeError } from '../../src/kube/kube-error.ts'
import type { Rest, RestRequest } from '../../src/kube/rest.ts'
import { Store } from '../../src/kube/store.ts'
import { LEDGER_ANNOTATION } from '../../src/reconcile/ledger-text.ts'
import { annotatedLedgers } from '../../src/reconcile/ledgers.ts'
import { anIntegration } from './things.ts'

const target: Target = { kind: 'GcsBucket', key: 'gs://clips', name: 'gs://clips', bucket: 'clips' }
const never = new AbortController().signal
const LINES = { mark: ['digest'] }

/** An API server with one integration, which acts between a write and its answer as a test says. */
function stage() {
  const { metadata, ...rest } = anIntegration()
  const world = {
    object: { ...rest, metadata: { ...metadata, resourceVersion: '1' } } as StorageIntegration,
    writes: 0,
    meanwhile: async () => undefined as unknown,
  }
  const request = async ({ method, body }: RestRequest): Promise<unknown> => {
    if (method === 'GET') return world.object
    const { metadata: now } = world.object
    const asked = (
      body as { metadata: { resourceVersion: string; annotations: Record<string, string | null> } }
    ).metadata
    if (asked.resourceVersion !== now.resourceVersion)
      throw new KubeError({ status: 409, reason: 'Conflict', message: 'it has changed' })
    const all = Object.entries({ ...now.annotations, ...asked.annotations })
    const annotations = Object.fromEntries(
      all.filter((entry): entry is [string, string] => entry[1] !== null),
    )
    const resourceVersion = String(Number(now.resourceVersion) + 1)
    world.object = { ...world.object, metadata: { ...now, annotations, resourceVersion } }
    world.writes += 1
    const written = world.object
    await world.meanwhile()
    return written
  }
  const store = new Store<StorageIntegration>()
  store.upserted(world.object)
  const ledgers = annotatedLedgers(store, { request } as Rest, async () => 'key')
  const owner = `${metadata.namespace}/${metadata.name}`
  const textNow = () => world.object.metadata.annotations?.[LEDGER_ANNOTATION]
  const save = (lines: object) => ledgers.save(owner, target, 'Cors', lines as typeof LINES, never)
  return { world, store, ledgers, save, textNow }
}

describe('a ledger', () => {
  it('comes back when somebody takes the annotation away', async () => {
    const { world, ledgers, save, textNow } = stage()
    await save(LINES)
    const text = textNow()
    assert.ok(text)
    const { annotations: _, ...metadata } = world.object.metadata
    world.object = { ...world.object, metadata: { ...metadata, resourceVersion: '7' } }
    await ledgers.restored(world.object)
    assert.equal(textNow(), text)
  })

  it('that Mooring itself took away stays away, also when the watch shows that before the answer is here', async () => {
    const { world, ledgers, save, textNow } = stage()
    await save(LINES)
    world.meanwhile = async () => {
      world.meanwhile = async () => undefined
      await ledgers.restored(world.object)
    }
    await save({})
    assert.deepEqual([textNow(), world.writes], [undefined, 2])
  })

  it('whose cut was refused is remembered still', async () => {
    const { world, ledgers, save, textNow } = stage()
    await save(LINES)
    const text = textNow()
    world.meanwhile = async () => {
      throw new KubeError({ status: 500, reason: 'InternalError', message: 'no' })
    }
    const { object } = world
    await assert.rejects(save({}))
    world.object = { ...object, metadata: { ...object.metadata, annotations: {}, resourceVersion: '9' } }
    world.meanwhile = async () => undefined
    await ledgers.restored(world.object)
    assert.equal(textNow(), text)
  })
})
