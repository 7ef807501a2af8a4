import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import type { Operator } from '../rig/operator.ts'
import { eventually } from '../rig/wait.ts'
import {
  conditionOf,
  corsOf,
  deletePolicy,
  isMark,
  policyOf,
  putCors,
  putPolicy,
  type Stage,
  setStage,
  strangersPolicy,
  strangersRule,
} from './stage.ts'

const PRINCIPAL = 'arn:aws:iam::931508227573:user/segmentsai-prod-user'

describe('Segments.ai reads an S3 bucket', () => {
  let stage: Stage
  let operator: Operator

  before(async () => {
    stage = await setStage()
    operator = await stage.operator()
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  it('the whole story: applied beside strangers, ready, revoked, only strangers left', async () => {
    const { rig, s3, namespace } = stage
    const bucket = await stage.bucket()
    await putPolicy(s3, bucket, strangersPolicy(bucket))
    await putCors(s3, bucket, [strangersRule])

    await rig.kubectl.apply(stage.integration('street-scenes', bucket, { s3: { bucket, prefix: 'raw/' } }))
    const ready = await stage.untilReady('street-scenes', 'True', 'Verified')

    const policy = await policyOf(s3, bucket)
    const [deny, partner, ours, ...more] = policy?.Statement ?? []
    assert.deepEqual([deny, partner], strangersPolicy(bucket).Statement)
    assert.equal(policy?.Id, 'written-by-the-security-team')
    assert.ok(isMark(ours?.Sid), 'the statement carries a mark')
    assert.deepEqual(
      { ...ours, Sid: '' },
      {
        Sid: '',
        Effect: 'Allow',
        Principal: { AWS: [PRINCIPAL] },
        Action: ['s3:GetObject'],
        Resource: [`arn:aws:s3:::${bucket}/raw/*`],
      },
    )
    assert.deepEqual(more, [])
    const rules = await corsOf(s3, bucket)
    assert.deepEqual(rules[0], strangersRule)
    assert.deepEqual(rules[1]?.AllowedOrigins, ['https://*.segments.ai'])

    assert.equal(ready.status.storage, `s3://${bucket}/raw/`)
    assert.equal(ready.status.outputs.bucket, bucket)
    assert.match(ready.status.nextStep, /virtual-hosted-style/)
    for (const type of ['AccessGranted', 'CorsConfigured', 'Verified'])
      assert.equal(conditionOf(ready, type)?.status, 'True', type)
    assert.deepEqual(
      ready.status.checks.map(({ name, result }: { name: string; result: string }) => `${name} ${result}`),
      [
        'BucketAnswers Passed',
        'BucketPolicyReadBack Passed',
        'CorsReadBack Passed',
        'CorsPreflight Passed',
        'NoForeignDeny Passed',
        'BucketEncryption Passed',
      ],
    )
    const table = await rig.kubectl.must('get', 'si', '-n', namespace)
    assert.match(table, /street-scenes +segments-ai +s3:\/\/.*\/raw\/ +True +Verified/)

    await rig.kubectl.delete('si', 'street-scenes', '-n', namespace)
    assert.deepEqual(await policyOf(s3, bucket), strangersPolicy(bucket))
    assert.deepEqual(await corsOf(s3, bucket), [strangersRule])
  })

  it('a bucket without policy and CORS is left without them', async () => {
    const bucket = await stage.bucket()
    await stage.rig.kubectl.apply(stage.integration('alone', bucket))
    await stage.untilReady('alone', 'True')
    await stage.rig.kubectl.delete('si', 'alone', '-n', stage.namespace)
    assert.equal(await policyOf(stage.s3, bucket), undefined)
    assert.deepEqual(await corsOf(stage.s3, bucket), [])
  })

  it('drift is repaired: a policy overwritten by somebody gets the statement back beside theirs', async () => {
    const bucket = await stage.bucket()
    await stage.rig.kubectl.apply(stage.integration('drifting', bucket))
    await stage.untilReady('drifting', 'True')
    await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    await eventually(
      async () => {
        const policy = await policyOf(stage.s3, bucket)
        assert.equal(policy?.Statement.length, 3)
        assert.deepEqual(policy?.Statement.slice(0, 2), strangersPolicy(bucket).Statement)
      },
      { timeoutMs: 20_000 },
    )
  })

  it('an equal statement that was pasted by hand is adopted, and stays when the integration goes', async () => {
    const bucket = await stage.bucket()
    const byHand = {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'segments-s3-access',
          Effect: 'Allow',
          Principal: { AWS: PRINCIPAL },
          Action: ['s3:GetObject'],
          Resource: `arn:aws:s3:::${bucket}/*`,
        },
      ],
    }
    await putPolicy(stage.s3, bucket, byHand)
    await stage.rig.kubectl.apply(stage.integration('adopted', bucket))
    const ready = await stage.untilReady('adopted', 'True')
    assert.equal(conditionOf(ready, 'AccessGranted')?.reason, 'Adopted')
    assert.deepEqual(await policyOf(stage.s3, bucket), byHand)
    await stage.rig.kubectl.delete('si', 'adopted', '-n', stage.namespace)
    assert.deepEqual(await policyOf(stage.s3, bucket), byHand)
  })

  for (const order of [
    ['one', 'two'],
    ['two', 'one'],
  ] as const) {
    it(`two integrations on one bucket, ${order.join(' leaving before ')}: each takes only its own away`, async () => {
      const bucket = await stage.bucket()
      await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
      const { kubectl } = stage.rig
      await kubectl.apply([
        stage.integration('one', bucket, { s3: { bucket, prefix: 'one/' } }),
        stage.integration('two', bucket, { s3: { bucket, prefix: 'two/' } }),
      ])
      await Promise.all([stage.untilReady('one', 'True'), stage.untilReady('two', 'True')])
      assert.equal((await policyOf(stage.s3, bucket))?.Statement.length, 4)

      await kubectl.delete('si', order[0], '-n', stage.namespace)
      const resources = (await policyOf(stage.s3, bucket))?.Statement.flatMap(({ Resource }) => Resource)
      assert.ok(resources?.includes(`arn:aws:s3:::${bucket}/${order[1]}/*`))
      assert.ok(!resources?.includes(`arn:aws:s3:::${bucket}/${order[0]}/*`))

      await kubectl.delete('si', order[1], '-n', stage.namespace)
      assert.deepEqual(await policyOf(stage.s3, bucket), strangersPolicy(bucket))
    })
  }

  it('a wiped status changes nothing in the cloud and comes back', async () => {
    const bucket = await stage.bucket()
    await stage.rig.kubectl.apply(stage.integration('restored', bucket))
    await stage.untilReady('restored', 'True')
    const before = await policyOf(stage.s3, bucket)
    const wipe = JSON.stringify({ status: null })
    await stage.rig.kubectl.must(
      'patch',
      'si',
      'restored',
      '-n',
      stage.namespace,
      '--subresource=status',
      '--type=merge',
      '-p',
      wipe,
    )
    await stage.untilReady('restored', 'True', 'Verified')
    assert.deepEqual(await policyOf(stage.s3, bucket), before)
  })

  it('a bucket that does not exist is named, and noticed when it is made', async () => {
    const bucket = `missing-${Date.now()}`
    await stage.rig.kubectl.apply(stage.integration('clips', bucket))
    const object = await stage.untilReady('clips', 'False', 'BucketNotFound')
    assert.match(object.status.conditions[0].message, new RegExp(`bucket "${bucket}" does not exist`))
    await stage.s3.send(new CreateBucketCommand({ Bucket: bucket }))
    await stage.untilReady('clips', 'True', 'Verified')
    await stage.rig.kubectl.delete('si', 'clips', '-n', stage.namespace)
  })

  it('the policy going away entirely is drift too', async () => {
    const bucket = await stage.bucket()
    await stage.rig.kubectl.apply(stage.integration('emptied', bucket))
    await stage.untilReady('emptied', 'True')
    await deletePolicy(stage.s3, bucket)
    await eventually(async () => assert.equal((await policyOf(stage.s3, bucket))?.Statement.length, 1), {
      timeoutMs: 20_000,
    })
  })
})
