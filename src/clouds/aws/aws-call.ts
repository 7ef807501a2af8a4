import type { AwsOperation } from './iam-action.ts'

/** What was asked when an error came; the known parts that messages are built of. */
export interface AwsCall {
  readonly service: 's3' | 'sts'
  readonly operation: AwsOperation
  /** The host that was asked: s3.eu-west-1.amazonaws.com. */
  readonly host: string
  readonly accountId: string
  /** Who asks, in words that stay the same after a restart. */
  readonly identity: string
  readonly bucket?: string
  readonly region?: string
  /** The role that AssumeRole asks for. */
  readonly roleArn?: string
}

/** For messages: `bucket "clips"`. */
export function bucketOf({ bucket }: AwsCall): string {
  return bucket === undefined ? 'the bucket' : `bucket "${bucket}"`
}

/** For messages: ` on bucket "clips"`, or nothing where there is no bucket. */
export function onBucket({ bucket }: AwsCall): string {
  return bucket === undefined ? '' : ` on bucket "${bucket}"`
}

/** True for an operation that changes something. */
export function isWrite({ operation }: AwsCall): boolean {
  return /^(?:Put|Delete)/.test(operation)
}
