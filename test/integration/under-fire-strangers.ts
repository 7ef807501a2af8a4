/** What others keep in the same buckets, key and account, before and while Mooring works there. */
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Aws } from '../rig/rig.ts'
import { bucketNow } from './account-snapshot.ts'
import { strangersLifecycle } from './lifecycle-rules.ts'
import { aRole, rolesOf } from './roles.ts'
import { putCors, putPolicy, type Statement, strangersRule } from './stage.ts'

/** A bucket that the security team and others have set up already. */
export async function settleIn(s3: S3Client, bucket: string): Promise<void> {
  await putPolicy(s3, bucket, {
    Version: '2012-10-17',
    Id: 'written-by-the-security-team',
    Statement: [
      {
        Sid: 'DenyPlainHttp',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Effect: 'Allow',
        Principal: { AWS: ['111122223333', 'arn:aws:iam::444455556666:root'] },
        Action: 's3:GetObject',
        Resource: `arn:aws:s3:::${bucket}/shared/*`,
      },
    ],
  })
  await putCors(s3, bucket, [strangersRule])
  await putRules(s3, bucket, [
    strangersLifecycle,
    {
      ID: 'tiers',
      Filter: { Prefix: 'raw/' },
      Status: 'Enabled',
      Transitions: [
        { Days: 30, StorageClass: 'STANDARD_IA' },
        { Days: 90, StorageClass: 'GLACIER' },
      ],
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
    },
  ])
  const TagSet = [{ Key: 'cost-centre', Value: bucket }]
  await s3.send(new PutBucketTaggingCommand({ Bucket: bucket, Tagging: { TagSet } }))
}

/** A role with policies and tags, a managed policy of several versions, and a KMS key; yields the key's ARN. */
export async function settleInAccount(aws: Aws): Promise<string> {
  const { iam } = rolesOf(aws)
  const RoleName = 'ours-since-2019'
  const text = (Sid: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Sid, Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' }],
    })
  await iam.send(new CreateRoleCommand(aRole(RoleName, { description: 'backups', tags: { team: 'ops' } })))
  await iam.send(
    new PutRolePolicyCommand({ RoleName, PolicyName: 'mooring-like', PolicyDocument: text('one') }),
  )
  const { Policy } = await iam.send(
    new CreatePolicyCommand({
      PolicyName: 'mooring-perception-not-ours',
      PolicyDocument: text('one'),
      Description: 'kept by hand',
      Tags: [{ Key: 'team', Value: 'ops' }],
    }),
  )
  const PolicyArn = Policy?.Arn
  await iam.send(
    new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: text('two'), SetAsDefault: true }),
  )
  await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }))
  return aKey(aws)
}

async function aKey({ endpoint, region, credentials, accountId }: Aws): Promise<string> {
  const kms = new KMSClient({ endpoint, region, credentials })
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const KeyId = KeyMetadata?.Arn ?? ''
  const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))
  const policy = JSON.parse(Policy)
  const backups = {
    Sid: 'backups',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${accountId}:role/ours-since-2019` },
    Action: ['kms:Decrypt'],
    Resource: '*',
  }
  const Statement = [...policy.Statement, backups]
  await kms.send(
    new PutKeyPolicyCommand({
      KeyId,
      PolicyName: 'default',
      Policy: JSON.stringify({ ...policy, Statement }),
    }),
  )
  return KeyId
}

/** Somebody adds one statement and one lifecycle rule to what is there, as careful people do. */
export async function addToBucket(
  s3: S3Client,
  bucket: string,
): Promise<{ statement: Statement; rule: LifecycleRule }> {
  const statement = {
    Sid: 'audit',
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::777788889999:root' },
    Action: ['s3:GetBucketPolicy'],
    Resource: `arn:aws:s3:::${bucket}`,
  }
  const rule: LifecycleRule = {
    ID: 'old versions',
    Filter: { ObjectSizeGreaterThan: 1_000 },
    Status: 'Disabled',
    NoncurrentVersionExpiration: { NoncurrentDays: 400, NewerNoncurrentVersions: 2 },
  }
  const { policy, lifecycle } = await bucketNow(s3, bucket)
  await putPolicy(s3, bucket, { ...policy, Statement: [...(policy?.Statement ?? []), statement] })
  await putRules(s3, bucket, [...((lifecycle?.Rules ?? []) as LifecycleRule[]), rule])
  return { statement, rule }
}

async function putRules(s3: S3Client, Bucket: string, Rules: LifecycleRule[]): Promise<void> {
  await s3.send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: { Rules },
      TransitionDefaultMinimumObjectSize: 'varies_by_storage_class',
    }),
  )
}
