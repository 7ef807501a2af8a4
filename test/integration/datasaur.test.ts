/** Datasaur's page, step by step: a role and a policy of free names, CORS, and lifecycle rules below the prefix. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { Operator } from '../rig/operator.ts'
import { uniqueAccountId } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { lifecycleOf, putLifecycle, strangersLifecycle } from './lifecycle-rules.ts'
import { managedPoliciesOf } from './managed-policies.ts'
import { cloudCalls } from './metrics.ts'
import { type RoleNow, rolesOf } from './roles.ts'
import { corsOf, isMark, policyOf, putCors, readyOf, type Stage, setStage, strangersRule } from './stage.ts'

describe('Datasaur', () => {
  let stage: Stage
  let operator: Operator
  let roles: ReturnType<typeof rolesOf>
  let policies: ReturnType<typeof managedPoliciesOf>

  before(async () => {
    stage = await setStage({ accountId: uniqueAccountId() })
    roles = rolesOf(stage.rig.aws)
    policies = managedPoliciesOf(stage.rig.aws)
    operator = await stage.operator({ MOORING_RESYNC: '1s' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  const connect = async (name: string, bucket: string, spec: object = {}) => {
    const parameters = { externalId: 'from-the-dialog' }
    await stage.rig.kubectl.apply(
      stage.integration(name, bucket, { vendor: 'datasaur', parameters, ...spec }),
    )
  }
  const roleOf = async (name: string): Promise<RoleNow> => {
    const { roleArn } = (await stage.si(name)).status?.outputs ?? {}
    const found = await roles.read(roleArn.replace(/.*\//, ''))
    assert.ok(found, `there is no ${roleArn}`)
    return found
  }
  const trustOf = (externalId: string) => ({
    Sid: 'MooringVendor',
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::682361690817:root' },
    Action: 'sts:AssumeRole',
    Condition: { StringEquals: { 'sts:ExternalId': externalId } },
  })
  const page = (bucket: string, prefix = '') => ({
    Sid: 'MooringStorage',
    Effect: 'Allow',
    Action: [
      's3:ListBucket',
      's3:ListBucketVersions',
      's3:PutObjectAcl',
      's3:PutObject',
      's3:GetObjectAcl',
      's3:GetObject',
      's3:DeleteObjectVersion',
      's3:DeleteObject',
      's3:GetBucketLocation',
    ],
    Resource: [`arn:aws:s3:::${bucket}/${prefix}*`, `arn:aws:s3:::${bucket}`],
  })
  const lifecycleCalls = () => cloudCalls(operator, { operation: 'GetBucketLifecycleConfiguration' })

  it('with temporaryFiles Keep has everything but lifecycle rules, and nobody looks at these', async () => {
    const bucket = await stage.bucket()
    await connect('keeping', bucket, { parameters: { externalId: 'kept', temporaryFiles: 'Keep' } })
    const { status } = await stage.untilReady('keeping', 'True', 'Verified')
    assert.equal(
      status?.conditions.find(({ type }: { type: string }) => type === 'LifecycleConfigured'),
      undefined,
    )
    assert.equal((await corsOf(stage.s3, bucket)).length, 1)
    await stage.leave('keeping')
    assert.equal(await lifecycleCalls(), 0)
    assert.deepEqual([await roles.names(), await policies.arns()], [[], []])
  })

  describe('on a bucket with rules of strangers', () => {
    let bucket: string
    const prefix = 'test/'

    before(async () => {
      bucket = await stage.bucket()
      await putCors(stage.s3, bucket, [strangersRule])
      await putLifecycle(stage.s3, bucket, [strangersLifecycle])
    })

    it('waits for the external ID that its dialog shows, and touches nothing until then', async () => {
      await connect('labels', bucket, { s3: { bucket, prefix }, parameters: {} })
      const refused = await stage.untilReady('labels', 'False', 'InvalidParameter')
      assert.match(
        readyOf(refused)?.message ?? '',
        /spec.parameters.externalId: is required: Shown in the dialog/,
      )
      assert.deepEqual(await roles.names(), [])
    })

    it('has a role for Datasaur’s account, which that ID opens', async () => {
      await stage.change('labels', { parameters: { externalId: 'from-the-dialog' } })
      const { status } = await stage.untilReady('labels', 'True', 'Verified')
      const { arn, trust, inline, path } = await roleOf('labels')
      assert.deepEqual(trust, [trustOf('from-the-dialog')])
      assert.deepEqual([inline, path], [{}, '/'])
      assert.deepEqual(status?.outputs, { roleArn: arn, bucket, prefix })
      assert.match(status?.nextStep, /Click Check connection/)
      assert.ok(status?.nextStep.includes(arn))
    })

    it('has a customer-managed policy with the nine actions, attached to the role', async () => {
      const { attached, arn: roleArn } = await roleOf('labels')
      assert.deepEqual(Object.values(attached), [[page(bucket, prefix)]])
      const [arn = ''] = Object.keys(attached)
      const { tags, description, versions } = await policies.read(arn)
      assert.deepEqual([description, versions], [`Datasaur in s3://${bucket}/${prefix}`, 1])
      assert.equal(tags['mooring.dev/role'], roleArn.replace(/.*\//, ''))
      assert.equal(await policyOf(stage.s3, bucket), undefined)
    })

    it('has CORS with five methods, and a browser’s preflight passes', async () => {
      const [theirs, ours, ...more] = await corsOf(stage.s3, bucket)
      assert.deepEqual([theirs, more], [strangersRule, []])
      const { ID, ...rule } = ours ?? {}
      assert.ok(isMark(ID))
      assert.deepEqual(rule, {
        AllowedHeaders: ['*'],
        AllowedMethods: ['GET', 'PUT', 'POST', 'HEAD', 'DELETE'],
        AllowedOrigins: ['https://app.datasaur.ai'],
      })
      for (const method of ['GET', 'PUT', 'POST', 'HEAD', 'DELETE']) {
        const headers = {
          origin: 'https://app.datasaur.ai',
          'access-control-request-method': method,
          'access-control-request-headers': 'content-type',
        }
        const url = `${stage.rig.aws.endpoint}/${bucket}/${prefix}file`
        assert.equal((await fetch(url, { method: 'OPTIONS', headers })).status, 200, method)
      }
    })

    it('has temp/ and export/ below the prefix expire after 7 days, beside the stranger’s rule', async () => {
      assert.ok((await lifecycleCalls()) > 0)
      const [theirs, ...ours] = await lifecycleOf(stage.s3, bucket)
      assert.deepEqual(theirs, strangersLifecycle)
      assert.ok(ours.every(({ ID }) => isMark(ID)))
      assert.deepEqual(
        ours.map(({ ID: _, ...rule }) => rule),
        ['test/temp/', 'test/export/'].map((Prefix) => ({
          Filter: { Prefix },
          Status: 'Enabled',
          Expiration: { Days: 7 },
        })),
      )
    })

    it('with a new external ID, as when the dialog was closed, keeps the role and replaces the trust', async () => {
      const before = await roleOf('labels')
      await stage.change('labels', { parameters: { externalId: 'from-the-dialog-2' } })
      await eventually(async () =>
        assert.deepEqual(await roles.read(before.arn.replace(/.*\//, '')), {
          ...before,
          trust: [trustOf('from-the-dialog-2')],
        }),
      )
      await stage.untilReady('labels', 'True', 'Verified')
    })

    it('changed from Expire to Keep loses the two rules, and nothing else', async () => {
      const before = await roleOf('labels')
      const cors = await corsOf(stage.s3, bucket)
      const parameters = { externalId: 'from-the-dialog-2', temporaryFiles: 'Keep' }
      await stage.change('labels', { parameters })
      await eventually(async () =>
        assert.deepEqual(await lifecycleOf(stage.s3, bucket), [strangersLifecycle]),
      )
      await stage.untilReady('labels', 'True', 'Verified')
      assert.deepEqual([await roleOf('labels'), await corsOf(stage.s3, bucket)], [before, cors])
      await stage.change('labels', { parameters: { ...parameters, temporaryFiles: 'Expire' } })
      await eventually(async () => assert.equal((await lifecycleOf(stage.s3, bucket)).length, 3))
      await stage.untilReady('labels', 'True', 'Verified')
    })

    it('beside an integration of another bucket has a role of its own', async () => {
      const other = await stage.bucket()
      await connect('more', other)
      await stage.untilReady('more', 'True', 'Verified')
      assert.notEqual((await roleOf('more')).arn, (await roleOf('labels')).arn)
      assert.deepEqual(Object.values((await roleOf('more')).attached), [[page(other)]])
      assert.equal((await policies.arns()).length, 2)
      await stage.leave('more')
      assert.deepEqual([await corsOf(stage.s3, other), await lifecycleOf(stage.s3, other)], [[], []])
      assert.equal((await roles.names()).length, 1)
    })

    it('deleted takes away role, policy with all versions, CORS and rules, and leaves strangers alone', async () => {
      const [arn = ''] = Object.keys((await roleOf('labels')).attached)
      await policies.replace(arn, [{ ...page(bucket, prefix), Action: ['s3:GetObject'] }])
      await eventually(async () =>
        assert.deepEqual((await roleOf('labels')).attached[arn], [page(bucket, prefix)]),
      )
      assert.equal((await policies.read(arn)).versions, 3)
      await stage.leave('labels')
      assert.deepEqual([await roles.names(), await policies.arns()], [[], []])
      assert.deepEqual(await corsOf(stage.s3, bucket), [strangersRule])
      assert.deepEqual(await lifecycleOf(stage.s3, bucket), [strangersLifecycle])
      assert.equal(await policyOf(stage.s3, bucket), undefined)
    })
  })
})
