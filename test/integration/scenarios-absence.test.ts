/** What happened while no operator ran, and what outlives its integration. */
import { strict as assert } from 'node:assert'
import { after, afterEach, before, describe, it } from 'node:test'
import type { Operator } from '../rig/operator.ts'
import { consistently, eventually } from '../rig/wait.ts'
import { cloudCalls, cloudWrites, sumOf } from './metrics.ts'
import { corsOf, oursIn, policyOf, putPolicy, type Stage, setStage, strangersPolicy } from './stage.ts'

describe('while the operator is away', () => {
  let stage: Stage
  let operator: Operator
  let runs = false

  const start = async () => {
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '2s' })
    runs = true
  }
  const stop = async () => {
    await operator.stop()
    runs = false
  }

  before(async () => {
    stage = await setStage()
    await start()
  })
  afterEach(async () => {
    if (!runs) await start()
    await stage.rig.kubectl.delete('si', '--all', '-n', stage.namespace, '--timeout=30s')
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  async function applied(name: string, spec?: object): Promise<string> {
    const bucket = await stage.bucket()
    await stage.rig.kubectl.apply(stage.integration(name, bucket, spec))
    await stage.untilReady(name, 'True', 'Verified')
    return bucket
  }

  it('a stranger overwrites the policy: it is repaired after the start, beside what they wrote', async () => {
    const bucket = await applied('overwritten')
    const [ours] = await oursIn(stage.s3, bucket)
    await stop()
    await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    await start()
    await eventually(async () => {
      const policy = await policyOf(stage.s3, bucket)
      assert.deepEqual(policy, {
        ...strangersPolicy(bucket),
        Statement: [...strangersPolicy(bucket).Statement, ours],
      })
    })
    await stage.untilReady('overwritten', 'True', 'Verified')
  })

  it('a stranger widens our own statement: it is narrowed again in its place', async () => {
    const bucket = await applied('widened')
    const before = await policyOf(stage.s3, bucket)
    await stop()
    const wide = before?.Statement.map((statement) => ({ ...statement, Action: 's3:*' })) ?? []
    await putPolicy(stage.s3, bucket, { ...before, Statement: wide })
    await start()
    await eventually(async () => assert.deepEqual(await policyOf(stage.s3, bucket), before))
  })

  it('the integration is deleted: its finalizer holds it until the access is taken away', async () => {
    const bucket = await applied('deleted')
    await stop()
    await stage.delete('deleted')
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    assert.deepEqual((await stage.si('deleted')).metadata.finalizers, ['mooring.dev/revoke'])
    await start()
    await stage.untilGone('deleted')
    assert.equal(await policyOf(stage.s3, bucket), undefined)
    assert.deepEqual(await corsOf(stage.s3, bucket), [])
  })

  it('the bucket is deleted, then the integration: there is nothing left to take away, and it goes', async () => {
    const bucket = await applied('bucketless')
    await stop()
    await stage.removeBucket(bucket)
    await stage.delete('bucketless')
    await start()
    await stage.untilGone('bucketless')
  })

  it('nothing changes: the next one writes nothing to the cloud and no status', async () => {
    const shared = await applied('same')
    await stage.rig.kubectl.apply(stage.integration('too', shared, { s3: { bucket: shared, prefix: 'a/' } }))
    await stage.untilReady('too', 'True')
    const versions = () =>
      stage.rig.kubectl.must(
        ...['get', 'si,cloudaccounts,storagevendors', '-A'],
        '-o=jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}',
      )
    await stage.accountIsReady()
    const before = await versions()
    await stop()
    await start()
    await eventually(async () =>
      assert.ok((await cloudCalls(operator, { operation: 'GetBucketPolicy' })) >= 2, 'it looks again'),
    )
    assert.equal(await versions(), before)
    assert.equal(await cloudWrites(operator), 0)
  })

  describe('what outlives its integration', () => {
    async function orphansOn(bucket: string): Promise<string[]> {
      const { status } = await stage.rig.kubectl.get('cloudaccount', 'aws-test')
      return (status.orphans?.entries ?? []).filter((entry: string) => entry.startsWith(`s3://${bucket} `))
    }

    it('deletionPolicy Retain leaves statement and CORS rule as they are', async () => {
      const bucket = await applied('retained', { deletionPolicy: 'Retain' })
      const before = [await policyOf(stage.s3, bucket), await corsOf(stage.s3, bucket)]
      await stage.rig.kubectl.delete('si', 'retained', '-n', stage.namespace)
      assert.deepEqual([await policyOf(stage.s3, bucket), await corsOf(stage.s3, bucket)], before)
    })

    it('a finalizer taken off by force makes orphans: kept, counted, named, and taken back', async () => {
      const bucket = await applied('forced')
      const neighbour = stage.integration('neighbour', bucket, { s3: { bucket, prefix: 'n/' } })
      await stage.rig.kubectl.apply(neighbour)
      await stage.untilReady('neighbour', 'True')
      const orphan = (await oursIn(stage.s3, bucket)).find(({ Resource }) => !`${Resource}`.includes('/n/'))
      await stop()
      await stage.forceAway('forced')
      await start()

      const entries = await eventually(async () => {
        const found = await orphansOn(bucket)
        assert.equal(found.length, 2, 'a statement and a CORS rule')
        return found
      })
      assert.ok(entries.includes(`s3://${bucket} at ${stage.rig.aws.endpoint}: ${orphan?.Sid}`))
      assert.ok((await sumOf(operator, 'mooring_orphans', { cloud: 'aws' })) >= 2)
      await consistently(async () => assert.equal((await oursIn(stage.s3, bucket)).length, 2), {
        forMs: 1_000,
      })

      const before = await policyOf(stage.s3, bucket)
      await stage.rig.kubectl.apply(stage.integration('forced', bucket))
      const ready = await stage.untilReady('forced', 'True', 'Verified')
      assert.ok(ready.status.conditions.every(({ reason }: { reason: string }) => reason !== 'Adopted'))
      assert.deepEqual(await policyOf(stage.s3, bucket), before)
      await eventually(async () => assert.deepEqual(await orphansOn(bucket), []))
      await stage.rig.kubectl.delete('si', 'forced', 'neighbour', '-n', stage.namespace)
      assert.equal(await policyOf(stage.s3, bucket), undefined)
    })

    it('the same name on another bucket leaves the orphans on the first one alone', async () => {
      const first = await applied('moving')
      const before = await policyOf(stage.s3, first)
      await stop()
      await stage.forceAway('moving')
      const second = await stage.bucket()
      await stage.rig.kubectl.apply(stage.integration('moving', second))
      await start()
      await stage.untilReady('moving', 'True', 'Verified')
      await stage.rig.kubectl.delete('si', 'moving', '-n', stage.namespace)
      assert.equal(await policyOf(stage.s3, second), undefined)
      assert.deepEqual(await policyOf(stage.s3, first), before)
    })

    it('deleted and made again for another bucket, it leaves nothing on the first', async () => {
      const first = await applied('again')
      await stage.rig.kubectl.delete('si', 'again', '-n', stage.namespace)
      const second = await applied('again')
      assert.equal(await policyOf(stage.s3, first), undefined)
      assert.equal((await oursIn(stage.s3, second)).length, 1)
    })
  })
})
