/** Vendors and accounts that are missing, spoilt, changed or taken away while they are in use. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Operator } from '../rig/operator.ts'
import { consistently, eventually } from '../rig/wait.ts'
import { OBJECTS, reading, vendorOf, withStatements } from './recipe.ts'
import {
  account,
  conditionOf,
  oursIn,
  policyOf,
  putPolicy,
  readyOf,
  type Stage,
  setStage,
  strangersPolicy,
} from './stage.ts'

describe('vendors and accounts', () => {
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

  const apply = (...objects: KubernetesObject[]) => stage.rig.kubectl.apply(objects)
  const leave = (name: string) => stage.rig.kubectl.delete('si', name, '-n', stage.namespace, '--timeout=30s')
  const message = async (name: string) => readyOf(await stage.si(name))?.message ?? ''

  async function integrate(name: string, spec: object = {}): Promise<string> {
    const bucket = await stage.bucket()
    await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    await apply(stage.integration(name, bucket, spec))
    return bucket
  }

  async function assertUntouched(bucket: string): Promise<void> {
    assert.deepEqual(await policyOf(stage.s3, bucket), strangersPolicy(bucket))
  }

  const vendorReady = (name: string, status: string) =>
    eventually(async () => {
      const vendor = await stage.rig.kubectl.get('storagevendor', name)
      const ready = readyOf(vendor)
      assert.deepEqual([ready?.status, ready?.observedGeneration], [status, vendor.metadata.generation])
      return ready?.message ?? ''
    })

  describe('what does not work yet, or is not there', () => {
    const elsewhere: Readonly<Record<string, object>> = {
      gcs: { bucket: 'street-scenes' },
      azureBlob: { resourceGroup: 'ml', storageAccount: 'streetscenes' },
    }
    for (const [cloud, location] of Object.entries(elsewhere)) {
      it(`spec.${cloud} with an account of AWS is refused and can be deleted`, async () => {
        const { spec, ...object } = stage.integration('elsewhere', 'none')
        await apply({ ...object, spec: { vendor: spec.vendor, account: spec.account, [cloud]: location } })
        await stage.untilReady('elsewhere', 'False', 'InvalidSpec')
        assert.match(
          await message('elsewhere'),
          new RegExp(`spec\\.${cloud} needs an? .* account, but .* has no spec`),
        )
        await leave('elsewhere')
      })
    }

    it('an unknown vendor and an unknown account are named, and noticed when they come', async () => {
      const bucket = await integrate('early', { vendor: 'newcomer', account: 'aws-new' })
      await stage.untilReady('early', 'False', 'AccountNotFound')
      assert.match(await message('early'), /CloudAccount "aws-new" \(spec.account\) does not exist/)
      await apply({ ...account(stage.rig), metadata: { name: 'aws-new' } })
      await stage.untilReady('early', 'False', 'VendorNotFound')
      assert.match(await message('early'), /StorageVendor "newcomer" \(spec.vendor\) does not exist/)
      await assertUntouched(bucket)
      await apply(vendorOf('newcomer'))
      await stage.untilReady('early', 'True', 'Verified')
      await leave('early')
      await assertUntouched(bucket)
      await stage.rig.kubectl.delete('cloudaccount', 'aws-new')
    })

    it('without spec.account the one account marked as default is used, never none and never one of two', async () => {
      const mark = (name: string, value: string) =>
        stage.rig.kubectl.must('annotate', 'cloudaccount', name, `mooring.dev/is-default-account${value}`)
      const { spec, ...object } = stage.integration('default', await stage.bucket())
      const { account: _, ...rest } = spec
      await apply({ ...object, spec: rest }, { ...account(stage.rig), metadata: { name: 'aws-two' } })
      await stage.untilReady('default', 'False', 'AccountNotFound')
      assert.match(await message('default'), /no single CloudAccount is annotated/)
      await mark('aws-test', '=true')
      await stage.untilReady('default', 'True', 'Verified')
      await mark('aws-two', '=true')
      await stage.untilReady('default', 'False', 'AccountNotFound')
      assert.equal((await oursIn(stage.s3, spec.s3.bucket)).length, 1, 'it keeps what it has')
      await mark('aws-test', '-')
      await stage.untilReady('default', 'True', 'Verified')
      await leave('default')
      assert.equal(await policyOf(stage.s3, spec.s3.bucket), undefined)
      await stage.rig.kubectl.delete('cloudaccount', 'aws-two')
    })
  })

  describe('a vendor', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of a recipe
    const misspelt = '${bukcet}'
    // biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders of a recipe
    const WHO = '${parameters.who}'
    const who = { name: 'who', description: 'Who reads.', source: 'VendorGiven', required: true }

    it('with an unknown placeholder is not Ready, and nothing is written for it', async () => {
      await apply(vendorOf('misspelt', withStatements({ ...reading, resources: [`${OBJECTS}${misspelt}`] })))
      const why = await vendorReady('misspelt', 'False')
      assert.match(why, /spec\.s3\.bucketPolicy\.statements\[read\]\.resources\[0\]: \$\{bukcet\} is not/)
      const bucket = await integrate('spoilt', { vendor: 'misspelt' })
      await stage.untilReady('spoilt', 'False', 'VendorInvalid')
      await assertUntouched(bucket)
      await apply(vendorOf('misspelt'))
      await vendorReady('misspelt', 'True')
      await stage.untilReady('spoilt', 'True', 'Verified')
      await leave('spoilt')
    })

    for (const everyone of ['*', 'arn:aws:iam::*:root', 'arn:aws:iam::111122223333:role/?', `${misspelt}`]) {
      it(`whose principal is a parameter is not opened by the value ${everyone}`, async () => {
        await apply(
          vendorOf('open', {
            parameters: [who],
            ...withStatements({ ...reading, principal: { aws: [WHO] } }),
          }),
        )
        const bucket = await integrate('opened', { vendor: 'open', parameters: { who: everyone } })
        await stage.untilReady('opened', 'False', 'InvalidParameter')
        await assertUntouched(bucket)
        await leave('opened')
      })
    }

    it('deleted while in use takes nothing away: the integration says so, and can still be deleted', async () => {
      await apply(vendorOf('short-lived'))
      const bucket = await integrate('orphaned', { vendor: 'short-lived' })
      await stage.untilReady('orphaned', 'True', 'Verified')
      await stage.rig.kubectl.delete('storagevendor', 'short-lived')
      await stage.untilReady('orphaned', 'False', 'VendorNotFound')
      assert.match(await message('orphaned'), /applied .*stays as it is/)
      await consistently(async () => assert.equal((await oursIn(stage.s3, bucket)).length, 1), {
        forMs: 1_500,
      })
      await leave('orphaned')
      await assertUntouched(bucket)
    })

    it('deleted while in use, and with it the note of where access was applied, lets nothing go unrevoked', async () => {
      await apply(vendorOf('forgotten'))
      const bucket = await integrate('noted', { vendor: 'forgotten' })
      await stage.untilReady('noted', 'True', 'Verified')
      await stage.rig.kubectl.delete('storagevendor', 'forgotten')
      await stage.untilReady('noted', 'False', 'VendorNotFound')
      await stage.rig.kubectl.must('annotate', 'si/noted', '-n', stage.namespace, 'mooring.dev/applied-at-')
      await stage.delete('noted')
      await stage.untilReady('noted', 'False', 'TargetOutOfReach')
      assert.match(
        await message('noted'),
        /annotation mooring.dev\/applied-at.* was removed.* Apply the vendor again/,
      )
      await eventually(() => assertUntouched(bucket))
      assert.ok(
        await stage.rig.kubectl.get('si/noted', '-n', stage.namespace),
        'nobody knows of other places',
      )
      await apply(vendorOf('forgotten'))
      await stage.untilGone('noted')
    })

    it('spoilt while in use takes nothing away, and mended goes on', async () => {
      await apply(vendorOf('wavering'))
      const bucket = await integrate('faithful', { vendor: 'wavering' })
      await stage.untilReady('faithful', 'True', 'Verified')
      const before = await policyOf(stage.s3, bucket)
      await apply(vendorOf('wavering', withStatements({ ...reading, resources: [`${OBJECTS}${misspelt}`] })))
      await stage.untilReady('faithful', 'False', 'VendorInvalid')
      assert.deepEqual(await policyOf(stage.s3, bucket), before)
      await apply(vendorOf('wavering'))
      await stage.untilReady('faithful', 'True', 'Verified')
      await leave('faithful')
    })

    it('changed while in use: the statement is replaced in its place, beside later strangers', async () => {
      await apply(vendorOf('moving'))
      const bucket = await integrate('following', { vendor: 'moving' })
      await stage.untilReady('following', 'True', 'Verified')
      const [ours] = await oursIn(stage.s3, bucket)
      const [deny, partner] = strangersPolicy(bucket).Statement
      await putPolicy(stage.s3, bucket, { ...strangersPolicy(bucket), Statement: [deny, ours, partner] })
      const actions = ['s3:GetObject', 's3:GetObjectVersion']
      await apply(vendorOf('moving', { revision: '2', ...withStatements({ ...reading, actions }) }))
      await eventually(async () =>
        assert.deepEqual(await policyOf(stage.s3, bucket), {
          ...strangersPolicy(bucket),
          Statement: [deny, { ...ours, Action: actions }, partner],
        }),
      )
      await eventually(async () => assert.equal((await stage.si('following')).status.vendorRevision, '2'))
      await leave('following')
      await assertUntouched(bucket)
    })
  })

  it('an account deleted while in use holds the deletion, says why, and made again lets it end', async () => {
    const passing = { ...account(stage.rig), metadata: { name: 'passing' } }
    await apply(passing)
    const bucket = await integrate('held', { account: 'passing' })
    await stage.untilReady('held', 'True', 'Verified')
    await stage.rig.kubectl.delete('cloudaccount', 'passing')
    await stage.untilReady('held', 'False', 'AccountNotFound')
    await stage.delete('held')
    const held = await eventually(async () => {
      const object = await stage.si('held')
      assert.match(readyOf(object)?.message ?? '', /Until then not all of it is taken away; .*Retain/)
      return object
    })
    assert.equal(readyOf(held)?.reason, 'AccountNotFound')
    assert.equal(conditionOf(held, 'Stalled')?.status, 'True')
    await consistently(() => stage.si('held'), { forMs: 1_500, everyMs: 200 })
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    await apply(passing)
    await stage.untilGone('held')
    await assertUntouched(bucket)
  })
})
