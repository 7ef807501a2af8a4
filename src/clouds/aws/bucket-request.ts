import type { S3Client } from '@aws-sdk/client-s3'
import type { AwsOperation } from './iam-action.ts'

/** What every request for a bucket names. */
export interface BucketInput {
  readonly Bucket: string
  /**
   * S3 refuses the request when the bucket is someone else's.
   * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
   */
  readonly ExpectedBucketOwner: string
}

/** One request, given what each of them needs. */
export type BucketRequest<T> = (
  client: S3Client,
  input: BucketInput,
  abort: { abortSignal: AbortSignal },
) => Promise<T>

/** Sends a request for one bucket: where the bucket is, paced, and its errors translated. */
export type AskBucket = <T>(
  operation: AwsOperation,
  request: BucketRequest<T>,
  signal: AbortSignal,
) => Promise<T>
