import { strict as assert } from 'node:assert'
import { before, test } from 'node:test'
import {
  CreateKeyCommand,
  GetKeyPolicyCommand,
  type KeyMetadata,
  KMSClient,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  type LifecycleRule,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { Aws } from './rig.ts'
import { rig, uniqueName } from './shared.ts'

const world = {} as { aws: Aws; s3: S3Client; kms: KMSClient }

before(async () => {
  const { aws } = await rig()
  const s3 = new S3Client({ ...aws, forcePathStyle: true })
  Object.assign(world, { aws, s3, kms: new KMSClient(aws) })
})

async function newBucket(): Promise<string> {
  const Bucket = uniqueName('rig')
  await world.s3.send(new CreateBucketCommand({ Bucket }))
  return Bucket
}

test('a bucket keeps its policy', async () => {
  const Bucket = await newBucket()
  const statement = {
    Effect: 'Deny',
    Principal: '*',
    Action: 's3:*',
    Resource: `arn:aws:s3:::${Bucket}/*`,
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  }
  const policy = { Version: '2012-10-17', Statement: [statement] }
  await world.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(policy) }))
  const { Policy } = await world.s3.send(new GetBucketPolicyCommand({ Bucket }))
  assert.deepEqual(JSON.parse(Policy ?? ''), policy)
})

test('STS knows the account', async () => {
  const { Account } = await new STSClient(world.aws).send(new GetCallerIdentityCommand())
  assert.equal(Account, world.aws.accountId)
})

const lifecycleRules: Readonly<Record<string, LifecycleRule>> = {
  'with a filter': { ID: 'a', Status: 'Enabled', Filter: { Prefix: 'tmp/' }, Expiration: { Days: 7 } },
  'of the old form, with a prefix and no filter': {
    ID: 'b',
    Status: 'Enabled',
    Prefix: 'old/',
    Transitions: [{ Days: 30, StorageClass: 'GLACIER' }],
  },
  'with several conditions': {
    ID: 'c',
    Status: 'Disabled',
    Filter: { And: { Prefix: 'x/', Tags: [{ Key: 'k', Value: 'v' }], ObjectSizeGreaterThan: 500 } },
    NoncurrentVersionExpiration: { NoncurrentDays: 365, NewerNoncurrentVersions: 5 },
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
  },
}

async function lifecycleAfterPutting(...Rules: LifecycleRule[]): Promise<LifecycleRule[] | undefined> {
  const Bucket = await newBucket()
  const put = { Bucket, LifecycleConfiguration: { Rules } }
  await world.s3.send(new PutBucketLifecycleConfigurationCommand(put))
  return (await world.s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules
}

for (const [which, rule] of Object.entries(lifecycleRules)) {
  test(`a lifecycle rule ${which} is kept as it was sent`, async () => {
    assert.deepEqual(await lifecycleAfterPutting(rule), [rule])
  })
}

test('a lifecycle rule without an id is given one', async () => {
  const rule = { Status: 'Enabled', Filter: { Prefix: 'a/' }, Expiration: { Days: 1 } } as const
  const rules = await lifecycleAfterPutting(rule)
  const [{ ID, ...rest } = {}] = rules ?? []
  assert.deepEqual([typeof ID, rest], ['string', rule])
})

test('a lifecycle configuration without rules is refused', async () => {
  await assert.rejects(lifecycleAfterPutting(), { name: 'MalformedXML' })
})

async function newKey(): Promise<KeyMetadata> {
  const { KeyMetadata } = await world.kms.send(new CreateKeyCommand())
  assert.ok(KeyMetadata)
  return KeyMetadata
}

test('a key keeps its policy', async () => {
  const { KeyId } = await newKey()
  const PolicyName = 'default'
  const Principal = { AWS: `arn:aws:iam::${world.aws.accountId}:root` }
  const statement = { Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' }
  const sent = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
  await world.kms.send(new PutKeyPolicyCommand({ KeyId, PolicyName, Policy: sent }))
  const { Policy } = await world.kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName }))
  assert.equal(Policy, sent)
})

test('a bucket encrypts with a key by default', async () => {
  const Bucket = await newBucket()
  const { Arn } = await newKey()
  const byDefault = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: Arn } as const
  const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault: byDefault }] }
  await world.s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }))
  const kept = await world.s3.send(new GetBucketEncryptionCommand({ Bucket }))
  assert.deepEqual(kept.ServerSideEncryptionConfiguration, ServerSideEncryptionConfiguration)
  await world.s3.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'hello' }))
  const { Body, SSEKMSKeyId } = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'a' }))
  assert.deepEqual([await Body?.transformToString(), SSEKMSKeyId], ['hello', Arn])
})
