/** Every kind of target, with strangers in it, reached through a proxy; and passes over it, to see what a driver makes of an answer. */
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { partName, type RolePart } from '../../src/clouds/aws/role-parts.ts'
import type { CloudSession, Target } from '../../src/clouds/cloud.ts'
import { openSession } from '../../src/clouds/index.ts'
import type { SessionHooks } from '../../src/clouds/session-hooks.ts'
import type { DocumentName } from '../../src/plan/document.ts'
import type { ClaimedEntry } from '../../src/plan/plan-target.ts'
import { ministackAccount } from '../rig/rig.ts'
import { ministack, uniqueAccountId, uniqueName } from '../rig/shared.ts'
import { aRole, rolesOf } from './roles.ts'
import { corsOf, policyOf, putCors, putPolicy, strangersPolicy, strangersRule } from './stage.ts'

export interface Scene {
  readonly name: string
  readonly target: Target
  readonly documents: readonly DocumentName[]
  /** What the one integration wants of it. */
  readonly entries: readonly ClaimedEntry[]
  /** Where the cloud itself is; a path's first letters say which service is meant, where there are several. */
  readonly upstreams: readonly string[]
  /** A session that asks these addresses instead. */
  open(addresses: readonly string[], hooks: SessionHooks): Promise<CloudSession>
  /** Its writes are paced, so only what is read between them is tried. */
  readonly isSlow?: boolean
  /** Everything at the target, asked for directly. */
  now(): Promise<unknown>
}

export const requestsPerSecond = 1_000

export async function awsScenes(): Promise<Scene[]> {
  const { endpoint } = await ministack()
  const aws = ministackAccount(endpoint, uniqueAccountId())
  const { accountId, region, credentials } = aws
  const s3 = new S3Client({ ...aws, forcePathStyle: true })
  const open: Scene['open'] = ([address = ''], hooks) =>
    openSession(
      { aws: { accountId, region, endpoint: address }, requestsPerSecond },
      { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey },
      hooks,
    )
  const common = { upstreams: [endpoint], open }
  return [
    { ...common, ...(await bucketScene(s3)) },
    { ...common, ...(await keyScene(new KMSClient(aws), accountId)) },
    { ...common, ...(await roleScene(aws)) },
    { ...common, ...(await hostScene(aws)) },
  ]
}

export type Place = Omit<Scene, 'upstreams' | 'open'>

const reading = (bucket: string) => ({
  Effect: 'Allow',
  Principal: { AWS: ['arn:aws:iam::111122223333:root'] },
  Action: ['s3:GetObject'],
  Resource: [`arn:aws:s3:::${bucket}/raw/*`],
})

async function bucketScene(s3: S3Client): Promise<Place> {
  const bucket = uniqueName('garbage')
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  await putPolicy(s3, bucket, strangersPolicy(bucket))
  await putCors(s3, bucket, [strangersRule])
  const rule = (ID: string, Prefix: string, Days: number) =>
    ({ ID, Status: 'Enabled', Filter: { Prefix }, Expiration: { Days } }) as const
  const LifecycleConfiguration = { Rules: [rule('theirs', 'logs/', 90)] }
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }))
  const { ID: _, ...ours } = rule('', 'raw/temp/', 7)
  return {
    name: 'an S3 bucket',
    target: { kind: 'S3Bucket', key: bucket, name: `s3://${bucket}`, bucket },
    documents: ['BucketPolicy', 'Cors', 'Lifecycle'],
    entries: [
      { document: 'BucketPolicy', name: 'read', body: reading(bucket) },
      {
        document: 'Cors',
        name: 'app',
        body: { AllowedOrigins: ['https://*.segments.ai'], AllowedMethods: ['GET'] },
      },
      { document: 'Lifecycle', name: 'temp', body: ours },
    ],
    now: async () => ({
      policy: await policyOf(s3, bucket),
      cors: await corsOf(s3, bucket),
      lifecycle: (await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }))).Rules,
    }),
  }
}

async function keyScene(kms: KMSClient, accountId: string): Promise<Place> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const keyArn = KeyMetadata?.Arn ?? ''
  const theirs = { Sid: 'theirs', Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${accountId}:root` } }
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Id: 'theirs',
    Statement: [{ ...theirs, Action: 'kms:*', Resource: '*' }],
  })
  await kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default', Policy }))
  return {
    name: 'a KMS key',
    target: { kind: 'KmsKey', key: keyArn, name: keyArn, keyArn },
    documents: ['KeyPolicy'],
    entries: [
      {
        document: 'KeyPolicy',
        name: 'vendor',
        body: {
          Effect: 'Allow',
          Principal: { AWS: ['arn:aws:iam::111122223333:root'] },
          Action: ['kms:Decrypt'],
          Resource: ['*'],
        },
      },
    ],
    now: async () =>
      (await kms.send(new GetKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default' }))).Policy,
  }
}

type Aws = ReturnType<typeof ministackAccount>

const objects = { Effect: 'Allow', Action: ['s3:GetObject'] }

async function roleScene(aws: Aws): Promise<Place> {
  const roles = rolesOf(aws)
  const role = uniqueName('vendor-access')
  const customer = uniqueName('VendorPolicy')
  const parts: RolePart[] = [
    { in: 'Role', path: '/', description: 'For the vendor', maxSessionDuration: 3_600 },
    {
      in: 'Trust',
      sid: 'MooringVendor',
      statement: {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::111122223333:root' },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': 'id-0001' } },
      },
    },
    {
      in: 'InlinePolicy',
      policy: 'Access',
      sid: 'Read',
      statement: objects,
      resource: 'arn:aws:s3:::clips/*',
    },
    {
      in: 'CustomerPolicy',
      policy: customer,
      sid: 'Tag',
      statement: objects,
      resource: 'arn:aws:s3:::maps/*',
    },
    {
      in: 'Attachment',
      arn: `arn:aws:iam::${aws.accountId}:policy/${customer}`,
      customerPolicy: customer,
    },
  ]
  return {
    name: 'a role of our own',
    target: { kind: 'IamRole', key: role, name: `arn:aws:iam::${aws.accountId}:role/${role}`, role },
    documents: ['IamRole'],
    entries: parts.map((part) => ({ document: 'IamRole', name: partName(part), body: { part } })),
    now: async () => {
      const now = await roles.read(role)
      return now === undefined ? 'absent' : { ...now, attached: Object.keys(now.attached) }
    },
  }
}

async function hostScene(aws: Aws): Promise<Place> {
  const roles = rolesOf(aws)
  const role = uniqueName('TheirRole')
  await roles.create(aRole(role, { description: 'theirs', tags: { team: 'observability' } }))
  await roles.putInline(role, 'Theirs', [{ Effect: 'Allow', Action: ['cloudwatch:Get*'], Resource: '*' }])
  const part: RolePart = {
    in: 'InlinePolicy',
    policy: 'Archives',
    sid: 'Read',
    statement: objects,
    resource: 'arn:aws:s3:::clips/*',
  }
  return {
    name: 'a role of others',
    target: { kind: 'IamRole', key: role, name: `arn:aws:iam::${aws.accountId}:role/${role}`, role },
    documents: ['RolePolicies'],
    entries: [{ document: 'RolePolicies', name: partName(part), body: { part } }],
    now: () => roles.read(role),
  }
}
