/** What the story tests have in common: an operator in a cluster of its own, buckets, and words to look at them. */
import { strict as assert } from 'node:assert'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  GetBucketCorsCommand,
  GetBucketPolicyCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { installCatalogue, installCrds } from '../rig/install.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import { ambientAwsCredentials, type Operator, startOperator } from '../rig/operator.ts'
import type { Aws, Cluster, OwnRig } from '../rig/rig.ts'
import { ownCluster, ownRig, uniqueName } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'

export interface Stage {
  readonly rig: OwnRig
  readonly s3: S3Client
  readonly namespace: string
  /** Starts an operator with ambient credentials; the settings given win. It may not be ready yet. */
  launch(env?: NodeJS.ProcessEnv): Promise<Operator>
  /** The same, and waits until it is ready. */
  operator(env?: NodeJS.ProcessEnv): Promise<Operator>
  /** Makes a bucket of a name that nobody else has. */
  bucket(prefix?: string): Promise<string>
  /** Takes an empty bucket away. */
  removeBucket(bucket: string): Promise<void>
  /** Waits until the stage's account says Ready. */
  accountIsReady(): Promise<void>
  /** A StorageIntegration for Segments.ai on this bucket. */
  integration(name: string, bucket: string, spec?: object): KubernetesObject
  si(name: string): Promise<KubernetesObject>
  /** Waits until Ready has this status and reason for the current generation. */
  untilReady(name: string, status: 'True' | 'False' | 'Unknown', reason?: string): Promise<KubernetesObject>
  untilGone(name: string): Promise<void>
  /** Changes fields of the integration's spec; null takes one out. */
  change(name: string, spec: object): Promise<void>
  /** Asks for the deletion and does not wait for it. */
  delete(...names: string[]): Promise<void>
  /** Deletes and waits until they are gone. */
  leave(...names: string[]): Promise<void>
  /** Takes the status away, as a restored backup has none. */
  wipeStatus(name: string): Promise<void>
  /** Takes the finalizer off and deletes, as people do who lose patience. Only where no operator puts it on again. */
  forceAway(name: string): Promise<void>
}

export interface Statement {
  readonly [field: string]: unknown
}

/**
 * @param at another account (twelve digits) or region of the test cloud, where roles and keys are apart and bucket names
 * are not; or an account of another test cloud (`ministackAccount`), and then the usual one is not started.
 */
export async function setStage(at: Aws | Partial<Pick<Aws, 'accountId' | 'region'>> = {}): Promise<Stage> {
  const rig = 'endpoint' in at ? { ...(await ownCluster()), aws: at } : rigAt(await ownRig(), at)
  const { kubectl, aws } = rig
  const s3 = new S3Client({
    endpoint: aws.endpoint,
    region: aws.region,
    credentials: aws.credentials,
    forcePathStyle: true,
  })
  const namespace = 'perception'
  await installCrds(kubectl)
  await installCatalogue(kubectl)
  await kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, account(rig)])
  const si = (name: string) => kubectl.get('si', name, '-n', namespace)
  const launch = (env: NodeJS.ProcessEnv = {}) =>
    startOperator({
      kubeconfigPath: rig.kubeconfigPath,
      env: { ...ambientAwsCredentials(aws), MOORING_RESYNC: '5s', ...env },
    })
  return {
    rig,
    s3,
    namespace,
    si,
    launch,
    operator: async (env) => {
      const operator = await launch(env)
      await operator.ready()
      return operator
    },
    bucket: async (prefix = 'street') => {
      const name = uniqueName(prefix)
      await s3.send(new CreateBucketCommand({ Bucket: name }))
      return name
    },
    removeBucket: async (Bucket) => {
      await s3.send(new DeleteBucketCommand({ Bucket }))
    },
    accountIsReady: async () => {
      await kubectl.must('wait', '--for=condition=Ready', 'cloudaccount/aws-test', '--timeout=20s')
    },
    ...wordsFor(rig, namespace, si),
  }
}

/** LocalStack takes an access key of twelve digits for the account of that number. */
function rigAt(rig: OwnRig, at: Partial<Pick<Aws, 'accountId' | 'region'>>): OwnRig {
  const { aws } = rig
  const accessKeyId = at.accountId ?? aws.credentials.accessKeyId
  return { ...rig, aws: { ...aws, ...at, credentials: { ...aws.credentials, accessKeyId } } }
}

export type Words = Pick<
  Stage,
  'integration' | 'untilReady' | 'untilGone' | 'change' | 'delete' | 'leave' | 'wipeStatus' | 'forceAway'
>

/** What tests do with integrations in a namespace. */
export function wordsFor({ kubectl }: Cluster, namespace: string, si: Stage['si']): Words {
  return {
    integration: (name, bucket, spec = {}) => ({
      apiVersion: 'mooring.dev/v1alpha1',
      kind: 'StorageIntegration',
      metadata: { name, namespace },
      spec: { vendor: 'segments-ai', account: 'aws-test', s3: { bucket }, ...spec },
    }),
    untilReady: (name, status, reason) =>
      eventually(
        async () => {
          const object = await si(name)
          const ready = readyOf(object)
          assert.equal(
            ready?.observedGeneration,
            object.metadata.generation,
            `${name} has not been looked at`,
          )
          assert.deepEqual([ready?.status, reason ?? ready?.reason], [status, ready?.reason], ready?.message)
          return object
        },
        { timeoutMs: 40_000, everyMs: 100 },
      ),
    untilGone: (name) =>
      eventually(
        async () => {
          const { code, stdout } = await kubectl.run(['get', 'si', name, '-n', namespace, '-o', 'yaml'])
          assert.notEqual(code, 0, `${name} is still there: ${stdout}`)
        },
        { timeoutMs: 30_000, everyMs: 100 },
      ),
    change: async (name, spec) => {
      const patch = JSON.stringify({ spec })
      await kubectl.must('patch', 'si', name, '-n', namespace, '--type=merge', '-p', patch)
    },
    delete: async (...names) => {
      await kubectl.delete('si', ...names, '-n', namespace, '--wait=false')
    },
    leave: async (...names) => {
      await kubectl.delete('si', ...names, '-n', namespace, '--timeout=60s')
    },
    wipeStatus: async (name) => {
      const how = ['--subresource=status', '--type=merge', '-p', '{"status":null}']
      await kubectl.must('patch', 'si', name, '-n', namespace, ...how)
    },
    forceAway: async (name) => {
      const patch = JSON.stringify({ metadata: { finalizers: null } })
      await kubectl.must('patch', 'si', name, '-n', namespace, '--type=merge', '-p', patch)
      await kubectl.must('delete', 'si', name, '-n', namespace, '--timeout=20s')
    },
  }
}

/** The account that every bucket of the stage lies in; everything is allowed from the stage's namespace. */
export function account({ aws }: OwnRig, spec: object = {}): KubernetesObject {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'CloudAccount',
    metadata: { name: 'aws-test' },
    spec: {
      aws: { accountId: aws.accountId, region: aws.region, endpoint: aws.endpoint },
      allow: [{ namespaces: ['perception'], kmsKeys: ['*'] }],
      ...spec,
    },
  }
}

export interface ReadyCondition {
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly observedGeneration: number
  readonly lastTransitionTime: string
}

export function conditionOf(object: KubernetesObject, type: string): ReadyCondition | undefined {
  return object.status?.conditions?.find((condition: { type: string }) => condition.type === type)
}

export function readyOf(object: KubernetesObject): ReadyCondition | undefined {
  return conditionOf(object, 'Ready')
}

/** The bucket's policy as the cloud has it; undefined when there is none. */
export async function policyOf(
  s3: S3Client,
  bucket: string,
): Promise<{ Statement: Statement[]; Id?: string } | undefined> {
  try {
    const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))
    return JSON.parse(Policy ?? '')
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchBucketPolicy') return undefined
    throw error
  }
}

/** The statements that the operator made. */
export async function oursIn(s3: S3Client, bucket: string): Promise<Statement[]> {
  return ((await policyOf(s3, bucket))?.Statement ?? []).filter(({ Sid }) => isMark(Sid))
}

export async function putPolicy(s3: S3Client, bucket: string, policy: object): Promise<void> {
  await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy) }))
}

export async function deletePolicy(s3: S3Client, bucket: string): Promise<void> {
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }))
}

export interface Rule {
  readonly ID?: string | undefined
  readonly AllowedMethods: string[] | undefined
  readonly AllowedOrigins: string[] | undefined
  readonly AllowedHeaders?: string[] | undefined
  readonly ExposeHeaders?: string[] | undefined
  readonly MaxAgeSeconds?: number | undefined
}

export async function corsOf(s3: S3Client, bucket: string): Promise<Rule[]> {
  try {
    const { CORSRules = [] } = await s3.send(new GetBucketCorsCommand({ Bucket: bucket }))
    return CORSRules
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchCORSConfiguration') return []
    throw error
  }
}

export async function putCors(s3: S3Client, bucket: string, rules: Rule[]): Promise<void> {
  await s3.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: rules } }))
}

/** A policy that strangers wrote: an Id, conditions, many values, one of them a Deny. */
export function strangersPolicy(bucket: string) {
  return {
    Version: '2012-10-17',
    Id: 'written-by-the-security-team',
    Statement: [
      {
        Sid: 'DenyPlainHttp',
        Effect: 'Deny',
        Principal: '*',
        Action: ['s3:PutObject', 's3:DeleteObject'],
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
        Condition: {
          Bool: { 'aws:SecureTransport': 'false' },
          StringNotEquals: { 'aws:PrincipalTag/team': ['a', 'b'] },
        },
      },
      {
        Sid: 'partner',
        Effect: 'Allow',
        Principal: { AWS: ['111122223333', 'arn:aws:iam::444455556666:root'] },
        Action: 's3:GetObject',
        Resource: `arn:aws:s3:::${bucket}/shared/*`,
      },
    ],
  }
}

export const strangersRule: Rule = {
  ID: 'uploads',
  AllowedOrigins: ['https://upload.example.com'],
  AllowedMethods: ['PUT', 'POST'],
  AllowedHeaders: ['Content-Type'],
  ExposeHeaders: ['ETag'],
  MaxAgeSeconds: 600,
}

/** True for a Sid or rule ID that the operator made. */
export function isMark(value: unknown): boolean {
  return typeof value === 'string' && /^Mooring[0-9a-f]{32}$/.test(value)
}
