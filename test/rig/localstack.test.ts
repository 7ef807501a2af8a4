import { strict as assert } from 'node:assert'
import { before, test } from 'node:test'
import {
  CreateBucketCommand,
  GetBucketPolicyCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { Aws } from './rig.ts'
import { rig, uniqueName } from './shared.ts'

const world = {} as { aws: Aws }

before(async () => {
  world.aws = (await rig()).aws
})

test('a bucket keeps its policy', async () => {
  const s3 = new S3Client({ ...world.aws, forcePathStyle: true })
  const Bucket = uniqueName('rig')
  const statement = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: `arn:aws:s3:::${Bucket}/*`,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  }
  const policy = { Version: '2012-10-17', Statement: [statement] }
  await s3.send(new CreateBucketCommand({ Bucket }))
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(policy) }))
  const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket }))
  assert.deepEqual(JSON.parse(Policy ?? ''), policy)
})

test('STS knows the account', async () => {
  const { Account } = await new STSClient(world.aws).send(new GetCallerIdentityCommand())
  assert.equal(Account, world.aws.accountId)
})
