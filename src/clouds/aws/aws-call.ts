import type { AwsOperation } from './iam-action.ts'

/** What was asked when an error came; the known parts that messages are built of. */
export interface AwsCall {
  readonly service: 's3' | 'sts' | 'iam' | 'kms'
  readonly operation: AwsOperation
  /** The host that was asked: s3.eu-west-1.amazonaws.com. */
  readonly host: string
  readonly accountId: string
  /** Who asks, in words that stay the same after a restart. */
  readonly identity: string
  readonly bucket?: string
  /** Name of the role that is asked about or changed. */
  readonly role?: string
  /** Name of the policy that a request speaks of, beside the role. */
  readonly policy?: string
  /** ARN of a KMS key. */
  readonly key?: string
  readonly region?: string
  /** The role that AssumeRole asks for. */
  readonly roleArn?: string
}

/** For messages: `bucket "clips"`, `role "x"`, `policy "p" of role "x"`, `key arn:…`. */
export function subjectOf({ bucket, role, policy, key }: AwsCall): string {
  if (role !== undefined)
    return policy === undefined ? `role "${role}"` : `policy "${policy}" of role "${role}"`
  if (key !== undefined) return `key ${key}`
  return bucket === undefined ? 'the bucket' : `bucket "${bucket}"`
}

/** For messages: ` on bucket "clips"`, or nothing where there is nothing to name. */
export function onSubject(call: AwsCall): string {
  const isNamed = [call.bucket, call.role, call.key].some((name) => name !== undefined)
  return isNamed ? ` on ${subjectOf(call)}` : ''
}

/** For messages: the service as people call it. */
export function serviceName({ service }: AwsCall): string {
  return service.toUpperCase()
}

/** True for an operation that changes something; what is not plainly a read counts as a write. */
export function isWrite({ operation, service }: AwsCall): boolean {
  return service !== 'sts' && !/^(?:Get|Head|List|Load|Describe)/.test(operation)
}
