/** An AWS to die in: a bucket with its three documents and a key, a role of our own, and a role of others. */
/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of a recipe */
import { strict as assert } from 'node:assert'
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import type { ProxiedRequest } from '../rig/http-proxy.ts'
import { installCrds } from '../rig/install.ts'
import { ambientAwsCredentials } from '../rig/operator.ts'
import { type Aws, ministackAccount } from '../rig/rig.ts'
import { ministack, ownCluster, uniqueAccountId, uniqueName } from '../rig/shared.ts'
import type { Step } from './crash-steps.ts'
import type { Cast, WalkedCloud } from './crash-walk.ts'
import { fullVendor } from './full-role.ts'
import { managedPoliciesOf } from './managed-policies.ts'
import { OBJECTS, reading, vendorOf } from './recipe.ts'
import { aRole, rolesOf } from './roles.ts'
import { corsOf, isMark, policyOf, putCors, putPolicy, strangersPolicy, strangersRule } from './stage.ts'

const HOST = 'their-role'

export async function awsToDieIn(): Promise<WalkedCloud> {
  const [cluster, { endpoint }] = [await ownCluster(), await ministack()]
  const aws = ministackAccount(endpoint, uniqueAccountId())
  await installCrds(cluster.kubectl)
  await cluster.kubectl.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'perception' } },
    vendorOf('documents', { parameters: [parameter('kmsKeyArn')], s3: documentsRecipe }),
    fullVendor('own-role'),
    vendorOf('other-role', { parameters: [parameter('roleName')], s3: hostRecipe }),
  ])
  return {
    cluster,
    upstreams: [endpoint],
    environment: ambientAwsCredentials(aws),
    stepOf,
    ledgerLanes: {},
    cast: async ([address = '']) => {
      await cluster.kubectl.apply({
        apiVersion: 'mooring.dev/v1alpha1',
        kind: 'CloudAccount',
        metadata: { name: 'aws-test' },
        spec: {
          aws: { accountId: aws.accountId, region: aws.region, endpoint: address },
          allow: [{ namespaces: ['perception'], kmsKeys: ['*'] }],
        },
      })
      return castIn(aws)
    },
  }
}

const parameter = (name: string) => ({ name, description: name, source: 'CustomerGiven', required: true })

const documentsRecipe = {
  bucketPolicy: { statements: [reading] },
  cors: { rules: [{ name: 'app', allowedOrigins: ['https://app.example.com'], allowedMethods: ['GET'] }] },
  lifecycle: { rules: [{ name: 'temp', prefix: '${prefix}temp/', expirationDays: 7 }] },
  keyPolicy: {
    key: '${parameters.kmsKeyArn}',
    statements: [{ name: 'use', principal: reading.principal, actions: ['kms:Decrypt'] }],
  },
}

const hostRecipe = {
  attachToRole: {
    roleName: '${parameters.roleName}',
    inlinePolicies: [
      {
        name: 'archives',
        statements: [{ name: 'objects', sid: 'Objects', actions: ['s3:PutObject'], resources: [OBJECTS] }],
      },
    ],
  },
}

function stepOf({ method, url, headers, body }: ProxiedRequest): Step | undefined {
  const target = headers['x-amz-target']?.toString().split('.').at(-1)
  if (target !== undefined) return keyStep(target)
  if (headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    return roleStep(new URLSearchParams(body.toString()))
  const { searchParams } = new URL(url, 'http://s3')
  const document = ['policy', 'cors', 'lifecycle'].find((name) => searchParams.has(name))
  if (document === undefined || method === 'OPTIONS') return undefined
  return { lane: 'bucket', document, ...(method === 'GET' ? {} : { name: `${method} ${document}` }) }
}

function keyStep(operation: string): Step | undefined {
  const step = { lane: 'key', document: 'key policy' }
  if (operation === 'PutKeyPolicy') return { ...step, name: operation }
  return operation === 'GetKeyPolicy' ? step : undefined
}

function roleStep(form: URLSearchParams): Step | undefined {
  const operation = form.get('Action') ?? ''
  const lane = form.get('RoleName') === HOST ? 'role of others' : 'own role'
  if (operation === 'GetRole') return { lane, document: 'role' }
  return /^(?:Get|List)/.test(operation) ? undefined : { lane, document: 'role', name: operation }
}

async function castIn(aws: Aws): Promise<Cast> {
  const s3 = new S3Client({ ...aws, forcePathStyle: true })
  const kms = new KMSClient(aws)
  const [roles, policies] = [rolesOf(aws), managedPoliciesOf(aws)]
  const bucket = await bucketWithStrangers(s3)
  const keyArn = await keyWithStrangers(kms, aws.accountId)
  if (!(await roles.names()).includes(HOST)) {
    await roles.create(aRole(HOST, { tags: { team: 'observability' } }))
    await roles.putInline(HOST, 'Theirs', [{ Effect: 'Allow', Action: ['cloudwatch:Get*'], Resource: '*' }])
  }
  const now = async () => ({
    policy: await policyOf(s3, bucket),
    cors: await corsOf(s3, bucket),
    lifecycle: (await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }))).Rules ?? [],
    key: JSON.parse(
      (await kms.send(new GetKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default' }))).Policy ?? '',
    ),
    host: await roles.read(HOST),
    roles: await roles.names(),
    policies: await policies.arns(),
  })
  const start = await now()
  const integration = (name: string, vendor: string, parameters: object = {}) => ({
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'StorageIntegration',
    metadata: { name, namespace: 'perception' },
    spec: { vendor, account: 'aws-test', s3: { bucket, prefix: 'raw/' }, parameters },
  })
  return {
    now,
    integrations: [
      integration('documents', 'documents', { kmsKeyArn: keyArn }),
      integration('own', 'own-role'),
      integration('other', 'other-role', { roleName: HOST }),
    ],
    assertServed: async () => {
      const { policy, cors, lifecycle, key, host, roles: names, policies: arns } = await now()
      const halves = [
        [policy?.Statement, start.policy?.Statement],
        [cors, start.cors],
        [lifecycle, start.lifecycle],
        [key.Statement, start.key.Statement],
      ]
      for (const [entries = [], theirs] of halves) assertOneOfOurs(entries, theirs)
      assert.deepEqual([names.length, arns.length], [start.roles.length + 1, start.policies.length + 1])
      assert.equal(Object.keys(host?.inline ?? {}).length, 2)
      const own = await roles.read(names.find((name) => name !== HOST) ?? '')
      assert.deepEqual(
        [own?.trust.length, Object.keys(own?.inline ?? {}).length, Object.keys(own?.attached ?? {}).length],
        [1, 1, 1],
      )
    },
  }
}

function assertOneOfOurs(entries: readonly object[], theirs: readonly object[] | undefined): void {
  const isOurs = (entry: object) =>
    ('Sid' in entry && isMark(entry.Sid)) || ('ID' in entry && isMark(entry.ID))
  assert.deepEqual(
    entries.filter((entry) => !isOurs(entry)),
    theirs,
  )
  assert.equal(entries.filter(isOurs).length, 1)
}

async function bucketWithStrangers(s3: S3Client): Promise<string> {
  const Bucket = uniqueName('mortal')
  await s3.send(new CreateBucketCommand({ Bucket }))
  await putPolicy(s3, Bucket, strangersPolicy(Bucket))
  await putCors(s3, Bucket, [strangersRule])
  const rule = {
    ID: 'theirs',
    Status: 'Enabled',
    Filter: { Prefix: 'logs/' },
    Expiration: { Days: 90 },
  } as const
  const LifecycleConfiguration = { Rules: [rule] }
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }))
  return Bucket
}

async function keyWithStrangers(kms: KMSClient, accountId: string): Promise<string> {
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const KeyId = KeyMetadata?.Arn ?? ''
  const Principal = { AWS: `arn:aws:iam::${accountId}:root` }
  const theirs = { Sid: 'theirs', Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' }
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [theirs] })
  await kms.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy }))
  return KeyId
}
