/** Accounts in China and in GovCloud: every ARN names their partition. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms'
import { type BucketLocationConstraint, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { Operator } from '../rig/operator.ts'
import { uniqueAccountId, uniqueName } from '../rig/shared.ts'
import { fullVendor } from './full-role.ts'
import { rolesOf } from './roles.ts'
import { account, policyOf, type Stage, setStage } from './stage.ts'

const PARTITIONS = { 'cn-north-1': 'aws-cn', 'us-gov-west-1': 'aws-us-gov' } as const

describe('a partition', () => {
  let stage: Stage
  let operator: Operator

  before(async () => {
    stage = await setStage()
    await stage.rig.kubectl.apply(fullVendor('by-role'))
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  for (const [region, partition] of Object.entries(PARTITIONS)) {
    describe(partition, () => {
      const accountId = uniqueAccountId()
      const reach = () => ({
        ...stage.rig.aws,
        region,
        accountId,
        credentials: { accessKeyId: accountId, secretAccessKey: 'test' },
      })

      before(async () => {
        const { aws } = account(stage.rig).spec
        const keys = { AWS_ACCESS_KEY_ID: accountId, AWS_SECRET_ACCESS_KEY: 'test' }
        const credentialsSecretRef = { namespace: stage.namespace, name: partition }
        await stage.rig.kubectl.apply([
          { apiVersion: 'v1', kind: 'Secret', metadata: credentialsSecretRef, stringData: keys },
          {
            ...account(stage.rig, { aws: { ...aws, accountId, region, credentialsSecretRef } }),
            metadata: { name: partition },
          },
        ])
      })

      async function connect(vendor: string, spec: object = {}): Promise<{ bucket: string; name: string }> {
        const name = uniqueName(vendor)
        const bucket = uniqueName('street')
        const s3 = new S3Client({ ...reach(), forcePathStyle: true })
        const LocationConstraint = region as BucketLocationConstraint
        await s3.send(
          new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint } }),
        )
        await stage.rig.kubectl.apply(
          stage.integration(name, bucket, { vendor, account: partition, ...spec }),
        )
        return { bucket, name }
      }
      /** Of a value, all ARNs in it. */
      const partitionsIn = (value: unknown) => [
        ...new Set([...JSON.stringify(value).matchAll(/"arn:([^:]+):/g)].map(([, name]) => name)),
      ]

      it('is in a role’s trust and policies, in the policy that is attached, and in what is told', async () => {
        const { name, bucket } = await connect('by-role')
        const { status } = await stage.untilReady(name, 'True', 'Verified')
        const roles = rolesOf(reach())
        const role = await roles.read((await roles.names())[0] ?? '')
        assert.ok(role)
        assert.deepEqual(partitionsIn(role), [partition])
        assert.deepEqual(partitionsIn(status?.outputs), [partition])
        assert.ok(JSON.stringify(role.attached).includes(`arn:${partition}:s3:::${bucket}`))
        await stage.leave(name)
        assert.deepEqual(await roles.names(), [])
      })

      it('is in a bucket’s and in a key’s policy', async () => {
        const kms = new KMSClient(reach())
        const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
        const KeyId = (KeyMetadata?.Arn ?? '').replace(/^arn:[^:]+/, `arn:${partition}`)
        const { name, bucket } = await connect('weights-and-biases', { parameters: { kmsKeyArn: KeyId } })
        await stage.untilReady(name, 'True', 'Verified')
        assert.deepEqual(partitionsIn(await policyOf(stage.s3, bucket)), [partition])
        const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))
        assert.ok(Policy?.includes(`"arn:${partition}:iam::725579432336:role/WandbIntegration"`))
        await stage.leave(name)
      })
    })
  }
})
