/** Lifecycle rules of a bucket as the cloud has them, for tests. */
import {
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  type S3Client,
} from '@aws-sdk/client-s3'

export async function lifecycleOf(s3: S3Client, bucket: string): Promise<LifecycleRule[]> {
  try {
    const { Rules = [] } = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }))
    return Rules
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchLifecycleConfiguration') return []
    throw error
  }
}

export async function putLifecycle(s3: S3Client, bucket: string, Rules: LifecycleRule[]): Promise<void> {
  const LifecycleConfiguration = { Rules }
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }))
}

/** A rule that strangers wrote. */
export const strangersLifecycle: LifecycleRule = {
  ID: 'archive',
  Filter: { And: { Prefix: 'archive/', Tags: [{ Key: 'team', Value: 'maps' }] } },
  Status: 'Enabled',
  Transitions: [{ Days: 30, StorageClass: 'GLACIER' }],
  NoncurrentVersionExpiration: { NoncurrentDays: 90 },
}
