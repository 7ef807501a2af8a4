/** Plan, suspend and expiry: who decides that nothing is written, and when access ends by itself. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { Operator } from '../rig/operator.ts'
import { consistently, eventually } from '../rig/wait.ts'
import {
  conditionOf,
  corsOf,
  deletePolicy,
  oursIn,
  policyOf,
  putPolicy,
  type Stage,
  setStage,
  strangersPolicy,
} from './stage.ts'

/** Longer than a resync. */
const A_WHILE = { forMs: 2_500, everyMs: 200 }

describe('an integration that holds back', () => {
  let stage: Stage
  let operator: Operator

  before(async () => {
    stage = await setStage()
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '1s' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  async function bucketWithStrangers(): Promise<string> {
    const bucket = await stage.bucket()
    await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    return bucket
  }

  async function applied(name: string, spec?: object): Promise<string> {
    const bucket = await bucketWithStrangers()
    await stage.rig.kubectl.apply(stage.integration(name, bucket, spec))
    await stage.untilReady(name, 'True', 'Verified')
    return bucket
  }

  /** Waits until status.plan shows these actions, in the documents’ order. */
  const untilPlanned = (name: string, ...actions: string[]) =>
    eventually(async () => {
      const object = await stage.untilReady(name, 'False', 'Planned')
      const changes: { action: string; document: string; summary: string }[] = object.status.plan.changes
      assert.deepEqual(
        changes.map(({ action, document }) => `${action} ${document}`),
        actions,
      )
      return object
    })

  const assertAsBefore = async (bucket: string) => {
    assert.deepEqual(await policyOf(stage.s3, bucket), strangersPolicy(bucket))
    assert.deepEqual(await corsOf(stage.s3, bucket), [])
  }

  describe('mode Plan', () => {
    it('writes nothing, shows what Enforce would change, and Enforce does it', async () => {
      const bucket = await bucketWithStrangers()
      await stage.rig.kubectl.apply(stage.integration('plan', bucket, { mode: 'Plan' }))
      const object = await untilPlanned('plan', 'Add bucket policy', 'Add CORS configuration')
      assert.match(object.status.plan.changes[0].summary, /s3:GetObject .*segmentsai-prod-user/)
      assert.match(conditionOf(object, 'Ready')?.message ?? '', /^2 changes pending, see status.plan/)
      await consistently(() => assertAsBefore(bucket), A_WHILE)

      await stage.change('plan', { mode: 'Enforce' })
      const ready = await stage.untilReady('plan', 'True', 'Verified')
      assert.equal(ready.status.plan, undefined)
      assert.equal((await oursIn(stage.s3, bucket)).length, 1)
      await stage.rig.kubectl.delete('si', 'plan', '-n', stage.namespace)
      await assertAsBefore(bucket)
    })

    it('never applied, it leaves nothing and asks for nothing when it is deleted', async () => {
      const bucket = await bucketWithStrangers()
      await stage.rig.kubectl.apply(stage.integration('never', bucket, { mode: 'Plan' }))
      await untilPlanned('never', 'Add bucket policy', 'Add CORS configuration')
      assert.equal((await stage.si('never')).metadata.finalizers, undefined)
      await stage.rig.kubectl.delete('si', 'never', '-n', stage.namespace, '--timeout=20s')
      await assertAsBefore(bucket)
    })

    it('after Enforce keeps what is applied, shows drift without repairing it, until Enforce again', async () => {
      const bucket = await applied('kept')
      await stage.change('kept', { mode: 'Plan' })
      const object = await untilPlanned('kept')
      assert.match(conditionOf(object, 'Ready')?.message ?? '', /^Nothing to change/)
      assert.equal((await oursIn(stage.s3, bucket)).length, 1)

      await deletePolicy(stage.s3, bucket)
      await untilPlanned('kept', 'Add bucket policy')
      assert.equal(await policyOf(stage.s3, bucket), undefined)

      await stage.change('kept', { mode: 'Enforce' })
      await stage.untilReady('kept', 'True', 'Verified')
      assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    })

    it('after Enforce takes the access away when it is deleted', async () => {
      const bucket = await applied('planned-away')
      await stage.change('planned-away', { mode: 'Plan' })
      await untilPlanned('planned-away')
      await stage.rig.kubectl.delete('si', 'planned-away', '-n', stage.namespace, '--timeout=30s')
      await assertAsBefore(bucket)
    })
  })

  describe('suspend', () => {
    it('repairs nothing, and goes on where it stopped', async () => {
      const bucket = await applied('suspended')
      await stage.change('suspended', { suspend: true })
      await stage.untilReady('suspended', 'Unknown', 'Suspended')
      await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
      await consistently(async () => assert.deepEqual(await oursIn(stage.s3, bucket), []), A_WHILE)
      await stage.change('suspended', { suspend: null })
      await stage.untilReady('suspended', 'True', 'Verified')
      assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    })

    it('from the beginning, nothing is written; deleted then, it goes at once', async () => {
      const bucket = await bucketWithStrangers()
      await stage.rig.kubectl.apply(stage.integration('asleep', bucket, { suspend: true }))
      await stage.untilReady('asleep', 'Unknown', 'Suspended')
      await consistently(() => assertAsBefore(bucket), A_WHILE)
      await stage.rig.kubectl.delete('si', 'asleep', '-n', stage.namespace, '--timeout=20s')
      await assertAsBefore(bucket)
    })

    it('a deletion while suspended takes the access away', async () => {
      const bucket = await applied('suspended-away')
      await stage.change('suspended-away', { suspend: true })
      await stage.untilReady('suspended-away', 'Unknown', 'Suspended')
      await stage.rig.kubectl.delete('si', 'suspended-away', '-n', stage.namespace, '--timeout=30s')
      await assertAsBefore(bucket)
    })

    it('a suspended neighbour does not hold up the one that leaves', async () => {
      const bucket = await applied('leaving')
      const neighbour = stage.integration('staying', bucket, { s3: { bucket, prefix: 'n/' }, suspend: true })
      await stage.rig.kubectl.apply(neighbour)
      await stage.delete('leaving')
      await stage.untilGone('leaving')
      await assertAsBefore(bucket)
    })
  })

  describe('expiresAt', () => {
    const inSeconds = (seconds: number) =>
      new Date(Date.now() + seconds * 1_000).toISOString().replace(/\.\d+Z/, 'Z')

    it('takes the access away when its time comes, and a later one grants it again', async () => {
      const bucket = await applied('guest', { expiresAt: inSeconds(3_600) })
      await stage.change('guest', { expiresAt: inSeconds(3) })
      const expired = await stage.untilReady('guest', 'False', 'Expired')
      await assertAsBefore(bucket)
      assert.equal(conditionOf(expired, 'AccessGranted')?.status, 'False')
      assert.deepEqual([expired.status.outputs, expired.status.nextStep], [undefined, undefined])

      await stage.change('guest', { expiresAt: inSeconds(3_600) })
      await stage.untilReady('guest', 'True', 'Verified')
      assert.equal((await oursIn(stage.s3, bucket)).length, 1)

      await stage.change('guest', { expiresAt: inSeconds(-60) })
      await stage.untilReady('guest', 'False', 'Expired')
      await assertAsBefore(bucket)
      await stage.rig.kubectl.delete('si', 'guest', '-n', stage.namespace, '--timeout=20s')
    })

    it('in the past from the beginning, nothing is ever granted', async () => {
      const bucket = await bucketWithStrangers()
      await stage.rig.kubectl.apply(stage.integration('late', bucket, { expiresAt: inSeconds(-1) }))
      await stage.untilReady('late', 'False', 'Expired')
      await assertAsBefore(bucket)
      await stage.rig.kubectl.delete('si', 'late', '-n', stage.namespace, '--timeout=20s')
    })

    it('expires although its vendor is gone', async () => {
      const bucket = await applied('widow')
      const segments = await stage.rig.kubectl.get('storagevendor', 'segments-ai')
      await stage.rig.kubectl.delete('storagevendor', 'segments-ai')
      await stage.untilReady('widow', 'False', 'VendorNotFound')
      assert.equal((await oursIn(stage.s3, bucket)).length, 1)
      await stage.change('widow', { expiresAt: inSeconds(-1) })
      await stage.untilReady('widow', 'False', 'Expired')
      await assertAsBefore(bucket)
      const { apiVersion, kind, spec } = segments
      await stage.rig.kubectl.apply({ apiVersion, kind, metadata: { name: 'segments-ai' }, spec })
    })
  })
})
