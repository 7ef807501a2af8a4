/** Lifecycle rules from the vendor's recipe to the bucket and back, with the operator. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
} from '@aws-sdk/client-s3'
import type { Operator } from '../rig/operator.ts'
import { eventually } from '../rig/wait.ts'
import { reading, vendorOf } from './recipe.ts'
import { conditionOf, type Stage, setStage } from './stage.ts'

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: placeholders of a recipe */
const KEEPER = vendorOf('keeper', {
  parameters: [
    {
      name: 'expire',
      description: 'Whether temporary files go.',
      source: 'CustomerGiven',
      required: false,
      allowedValues: ['true', 'false'],
    },
  ],
  s3: {
    bucketPolicy: { statements: [reading] },
    lifecycle: {
      rules: [
        {
          name: 'temp',
          prefix: '${prefix}temp/',
          expirationDays: 7,
          when: { parameter: 'expire', exceptValues: ['false'] },
        },
        { name: 'uploads', abortIncompleteMultipartDays: 3 },
      ],
    },
  },
})
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: placeholders of a recipe */

const LOGS: LifecycleRule = {
  ID: 'logs',
  Filter: { And: { Prefix: 'logs/', Tags: [{ Key: 'team', Value: 'x' }] } },
  Status: 'Enabled',
  Expiration: { Date: new Date('2030-01-01T00:00:00Z') },
  NoncurrentVersionTransitions: [{ NoncurrentDays: 30, StorageClass: 'GLACIER' }],
}

describe('a vendor with lifecycle rules', () => {
  let stage: Stage
  let operator: Operator
  let bucket: string

  before(async () => {
    stage = await setStage()
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '1s' })
    bucket = await stage.bucket()
    await putRules([LOGS])
    await stage.rig.kubectl.apply([KEEPER, integration('one', 'raw/'), integration('two', 'clips/')])
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  const integration = (name: string, prefix: string) =>
    stage.integration(name, bucket, { vendor: 'keeper', s3: { bucket, prefix } })

  async function putRules(Rules: LifecycleRule[]): Promise<void> {
    const configuration = {
      LifecycleConfiguration: { Rules },
      TransitionDefaultMinimumObjectSize: 'varies_by_storage_class',
    } as const
    await stage.s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, ...configuration }))
  }

  async function rules(): Promise<LifecycleRule[]> {
    const answer = await stage.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }))
    assert.equal(answer.TransitionDefaultMinimumObjectSize, 'varies_by_storage_class')
    return answer.Rules ?? []
  }

  /** A stranger's rule first, as it was, then ours by prefix. */
  async function assertRules(...prefixes: string[]): Promise<void> {
    const [theirs, ...ours] = await rules()
    assert.deepEqual(theirs, LOGS)
    assert.deepEqual(ours.map(({ Filter }) => Filter?.Prefix).sort(), prefixes)
  }

  it('has them for each integration under its own prefix, and says so', async () => {
    for (const name of ['one', 'two']) {
      const object = await stage.untilReady(name, 'True')
      const lifecycle = conditionOf(object, 'LifecycleConfigured')
      assert.deepEqual([lifecycle?.status, lifecycle?.reason], ['True', 'Applied'], lifecycle?.message)
      assert.equal(
        lifecycle?.message,
        'The lifecycle configuration holds what the vendor asks for, as read back.',
      )
    }
    await assertRules('clips/', 'clips/temp/', 'raw/', 'raw/temp/')
  })

  it('has them back when a stranger writes over them', async () => {
    await putRules([LOGS])
    await eventually(() => assertRules('clips/', 'clips/temp/', 'raw/', 'raw/temp/'), { timeoutMs: 30_000 })
  })

  it('has one of them left out by a parameter', async () => {
    await stage.change('one', { parameters: { expire: 'false' } })
    await eventually(() => assertRules('clips/', 'clips/temp/', 'raw/'), { timeoutMs: 30_000 })
  })

  it('takes them away with each integration, and leaves the stranger’s', async () => {
    await stage.delete('one')
    await stage.untilGone('one')
    await assertRules('clips/', 'clips/temp/')
    await stage.delete('two')
    await stage.untilGone('two')
    await assertRules()
  })
})
