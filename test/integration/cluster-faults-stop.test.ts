/** An operator that is asked to go amid its work. The table of all faults of a cluster is in cluster-faults-watch.test.ts. */
import { strict as assert } from 'node:assert'
import { after, afterEach, before, describe, it } from 'node:test'
import { type ApiProxy, apiRequestOf, isCalled, startApiProxy } from '../rig/api-proxy.ts'
import { bentTime } from '../rig/bent-time-environment.ts'
import { type MeddlingProxy, type Seen, startMeddlingProxy } from '../rig/meddling-proxy.ts'
import type { Operator } from '../rig/operator.ts'
import { eventually } from '../rig/wait.ts'
import { allCame, type HeldBack, holdAnswer, isOfBucket } from './held-back.ts'
import {
  account,
  corsOf,
  oursIn,
  policyOf,
  putPolicy,
  type Stage,
  setStage,
  strangersPolicy,
} from './stage.ts'

describe('an operator that is asked to go amid its work', () => {
  let stage: Stage
  let api: ApiProxy
  let cloud: MeddlingProxy
  const running = new Set<Operator>()

  before(async () => {
    stage = await setStage()
    api = await startApiProxy(stage.rig)
    cloud = await startMeddlingProxy(stage.rig.aws.endpoint)
    const watched = { ...stage.rig, aws: { ...stage.rig.aws, endpoint: cloud.url } }
    await stage.rig.kubectl.apply(account(watched, { requestsPerSecond: 1_000 }))
  })
  afterEach(async () => {
    await Promise.all([...running].map((operator) => operator.stop()))
    running.clear()
  })
  after(async () => {
    await api?.stop()
    await cloud?.stop()
    await stage?.rig.stop()
  })

  async function start(patience = 1): Promise<Operator> {
    const operator = await stage.operator({
      KUBECONFIG: await api.kubeconfig(),
      MOORING_RESYNC: '1h',
      ...bentTime({ patience }),
    })
    running.add(operator)
    return operator
  }

  const lease = () => stage.rig.kubectl.get('lease', 'mooring', '-n', stage.rig.leaseNamespace)
  const writes = (from: number) => api.seen.slice(from).filter(({ method }) => method !== 'GET')

  async function bucketOfStrangers(): Promise<string> {
    const bucket = await stage.bucket()
    await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    return bucket
  }

  async function askedToGo(operator: Operator, held: Readonly<Record<string, HeldBack>>): Promise<void> {
    await allCame(held)
    operator.kill('SIGTERM')
    await eventually(() => assert.ok(operator.logs().some(({ msg }) => msg === 'stopping')))
  }

  /** It went in order, and the last thing that it wrote was that nobody holds the Lease. */
  async function assertWentInOrder(operator: Operator, from: number): Promise<void> {
    assert.deepEqual(await operator.exited, { code: 0, signal: null })
    const last = writes(from).at(-1) ?? assert.fail('it wrote nothing')
    assert.equal(`${apiRequestOf(last).verb} ${apiRequestOf(last).resource}`, 'update leases')
    assert.equal(JSON.parse(last.body).spec.holderIdentity, '')
    assert.equal((await lease()).spec.holderIdentity ?? '', '')
    assert.ok(operator.logs().every(({ level, msg }) => level !== 'raw' && msg !== 'internal error'))
  }

  async function assertServed(name: string, bucket: string): Promise<void> {
    await stage.untilReady(name, 'True', 'Verified')
    assert.deepEqual(
      (await policyOf(stage.s3, bucket))?.Statement.slice(0, 2),
      strangersPolicy(bucket).Statement,
    )
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    assert.equal((await corsOf(stage.s3, bucket)).length, 1)
  }

  it('ends what it does, to the last document of a bucket, and gives the Lease up last', async () => {
    const operator = await start()
    const [bucket, noted] = [await bucketOfStrangers(), await bucketOfStrangers()]
    const isNoted = (seen: Seen) =>
      isCalled(seen, 'patch storageintegrations') && apiRequestOf(seen).name === 'noted'
    const held = {
      'between two documents': holdAnswer(cloud, isOfBucket(bucket, 'PUT', 'policy')),
      'at the finalizer': holdAnswer(api, isNoted),
    }
    const from = api.seen.length
    await stage.rig.kubectl.apply([stage.integration('half', bucket), stage.integration('noted', noted)])
    await askedToGo(operator, held)
    await eventually(async () => assert.equal((await fetch(`${operator.url}/readyz`)).status, 503))
    assert.equal((await lease()).spec.holderIdentity === '', false, 'the Lease was given up amid the work')
    for (const { release } of Object.values(held)) release()
    await assertWentInOrder(operator, from)
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    assert.equal((await corsOf(stage.s3, bucket)).length, 1, 'the second document was not written any more')
    assert.ok(operator.logs().some(({ msg, target }) => msg === 'wrote to the cloud' && target))

    const next = await start()
    await Promise.all([assertServed('half', bucket), assertServed('noted', noted)])
    assert.deepEqual((await stage.si('noted')).metadata.finalizers, ['mooring.dev/revoke'])
    const again = holdAnswer(cloud, isOfBucket(bucket, 'PUT', 'policy'))
    const beforeLeaving = api.seen.length
    await stage.delete('half')
    await askedToGo(next, { 'when the access is taken away': again })
    again.release()
    await assertWentInOrder(next, beforeLeaving)
    assert.deepEqual(await policyOf(stage.s3, bucket), strangersPolicy(bucket))
    assert.deepEqual(await corsOf(stage.s3, bucket), [])
  })

  it('does not wait for ever: requests that get no answer are given up, the Lease is given up last all the same', async () => {
    const operator = await start(0.1)
    await stage.untilGone('half')
    const [bucket, unread] = [await bucketOfStrangers(), await bucketOfStrangers()]
    const held = {
      'a write that is carried out': holdAnswer(cloud, isOfBucket(bucket, 'PUT', 'policy')),
      'a read': holdAnswer(cloud, isOfBucket(unread, 'GET', 'policy')),
    }
    const from = api.seen.length
    await stage.rig.kubectl.apply([stage.integration('written', bucket), stage.integration('unread', unread)])
    await askedToGo(operator, held)
    await assertWentInOrder(operator, from)
    for (const { release } of Object.values(held)) release()

    await start()
    await Promise.all([assertServed('written', bucket), assertServed('unread', unread)])
    await stage.leave('written', 'unread', 'noted')
    for (const left of [bucket, unread])
      assert.deepEqual(await policyOf(stage.s3, left), strangersPolicy(left))
  })
})
