/** Everything that some buckets, a key and the IAM of an account hold, as one value that can be compared. */
import { GetPolicyVersionCommand, type IAMClient } from '@aws-sdk/client-iam'
import { GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketTaggingCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import type { Aws } from '../rig/rig.ts'
import { managedPoliciesOf } from './managed-policies.ts'
import { type RoleNow, rolesOf } from './roles.ts'
import { corsOf, type Rule, type Statement } from './stage.ts'

export interface BucketNow {
  readonly policy: { readonly Statement: Statement[]; readonly [field: string]: unknown } | undefined
  readonly cors: Rule[]
  readonly lifecycle: { readonly Rules: object[]; readonly [field: string]: unknown } | undefined
  readonly tags: readonly object[]
}

export interface AccountNow {
  readonly buckets: Readonly<Record<string, BucketNow>>
  readonly roles: Readonly<Record<string, RoleNow | undefined>>
  /** By ARN: description, tags, document and number of versions. */
  readonly policies: Readonly<Record<string, object>>
  readonly keyPolicy: { readonly Statement: Statement[] }
}

/** Reads it all, the buckets one after the other: a test cloud has one pair of hands. */
export async function snapshotOf(
  aws: Aws,
  s3: S3Client,
  { buckets, keyArn }: { readonly buckets: readonly string[]; readonly keyArn: string },
): Promise<AccountNow> {
  const roles = rolesOf(aws)
  const policies = managedPoliciesOf(aws)
  return {
    buckets: await collect(buckets, (bucket) => bucketNow(s3, bucket)),
    roles: await collect(await roles.names(), (name) => roles.read(name)),
    policies: await collect(await policies.arns(), async (arn) => {
      const { version, ...now } = await policies.read(arn)
      return { ...now, document: await documentOf(roles.iam, arn, version) }
    }),
    keyPolicy: await keyPolicyOf(aws, keyArn),
  }
}

export async function bucketNow(s3: S3Client, Bucket: string): Promise<BucketNow> {
  const policy = await s3.send(new GetBucketPolicyCommand({ Bucket })).catch(absent)
  const lifecycle = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })).catch(absent)
  const tagging = await s3.send(new GetBucketTaggingCommand({ Bucket })).catch(absent)
  const { Rules = [], TransitionDefaultMinimumObjectSize } = lifecycle ?? {}
  return {
    policy: policy === undefined ? undefined : JSON.parse(policy.Policy ?? ''),
    cors: await corsOf(s3, Bucket),
    lifecycle: lifecycle === undefined ? undefined : { Rules, TransitionDefaultMinimumObjectSize },
    tags: tagging?.TagSet ?? [],
  }
}

export async function keyPolicyOf(
  { endpoint, region, credentials }: Aws,
  KeyId: string,
): Promise<{ readonly Statement: Statement[] }> {
  const kms = new KMSClient({ endpoint, region, credentials })
  const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))
  return JSON.parse(Policy)
}

async function documentOf(iam: IAMClient, PolicyArn: string, VersionId: string): Promise<unknown> {
  const { PolicyVersion } = await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }))
  const text = PolicyVersion?.Document ?? ''
  return JSON.parse(text.startsWith('%') ? decodeURIComponent(text) : text)
}

async function collect<T>(
  names: readonly string[],
  read: (name: string) => Promise<T>,
): Promise<Record<string, T>> {
  const found: [string, T][] = []
  for (const name of names) found.push([name, await read(name)])
  return Object.fromEntries(found)
}

function absent(error: unknown): undefined {
  if (error instanceof Error && error.name.startsWith('NoSuch')) return undefined
  throw error
}
