/**
 * That the permissions of docs/aws-permissions.md are enough: an operator that has these and no other, on an AWS that
 * enforces them. Only the actions are held against it; this AWS knows neither a role's path nor iam:PermissionsBoundary when it
 * decides, so resources and conditions are left out here (test/unit/aws-permissions-page.test.ts has them).
 */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import {
  CreateAccessKeyCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  IAMClient,
  ListPoliciesCommand,
  ListRolesCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  PutBucketEncryptionCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { repository } from '../rig/cache.ts'
import { installCatalogue, installCrds } from '../rig/install.ts'
import { ambientAwsCredentials, type Operator, startOperator } from '../rig/operator.ts'
import { type Aws, ministackAccount, type OwnCluster } from '../rig/rig.ts'
import { ministack, ownCluster, uniqueAccountId, uniqueName } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { account, policyOf, readyOf } from './stage.ts'

const page = readFileSync(join(repository, 'docs/aws-permissions.md'), 'utf8')
const actions = [...page.matchAll(/^```json\n(.*?)^```/gms)]
  .flatMap(([, text = '']): { Principal?: unknown; Action: string[] }[] => JSON.parse(text).Statement)
  .filter(({ Principal }) => Principal === undefined)
  .flatMap(({ Action }) => Action)

describe('the permissions of docs/aws-permissions.md', () => {
  let aws: Aws
  let cluster: OwnCluster
  let operator: Operator
  const buckets: Record<string, string> = {}
  const clients = {} as { iam: IAMClient; s3: S3Client; kms: KMSClient }
  const made = { boundary: '', key: '' }

  before(async () => {
    aws = ministackAccount((await ministack()).endpoint, uniqueAccountId())
    cluster = await ownCluster()
    Object.assign(clients, {
      iam: new IAMClient(aws),
      s3: new S3Client({ ...aws, forcePathStyle: true }),
      kms: new KMSClient(aws),
    })
    await prepareCloud()
    await installCrds(cluster.kubectl)
    await installCatalogue(cluster.kubectl)
    const inAccount = { ...account({ ...cluster, aws }).spec.aws, permissionsBoundaryArn: made.boundary }
    await cluster.kubectl.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'perception' } },
      account({ ...cluster, aws }, { aws: { ...inAccount, rolePath: '/mooring/' } }),
    ])
    const env = {
      ...ambientAwsCredentials({ ...aws, credentials: await limitedKeys() }),
      MOORING_RESYNC: '5s',
    }
    operator = await startOperator({ kubeconfigPath: cluster.kubeconfigPath, env })
    await operator.ready()
  })
  after(async () => {
    await operator?.stop()
    await cluster?.stop()
  })

  /** Buckets, the last one with a key of its own; a boundary. */
  async function prepareCloud(): Promise<void> {
    const { iam, s3, kms } = clients
    const boundary = readFileSync(join(repository, 'deploy/aws/vendor-boundary.json'), 'utf8')
    const policy = { PolicyName: 'vendor-boundary', PolicyDocument: boundary }
    made.boundary = (await iam.send(new CreatePolicyCommand(policy))).Policy?.Arn ?? ''
    made.key = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn ?? ''
    for (const name of ['scenes', 'videos', 'more-videos', 'contracts', 'runs']) {
      const Bucket = uniqueName(name)
      buckets[name] = Bucket
      await s3.send(new CreateBucketCommand({ Bucket }))
    }
    const byKey = { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: made.key } as const
    await s3.send(
      new PutBucketEncryptionCommand({
        Bucket: buckets.runs,
        ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: byKey }] },
      }),
    )
  }

  /** Keys of a user who may do what the page lists. */
  async function limitedKeys(): Promise<Aws['credentials']> {
    const { iam } = clients
    const UserName = 'mooring'
    await iam.send(new CreateUserCommand({ UserName }))
    const Statement = [{ Effect: 'Allow', Action: actions, Resource: '*' }]
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'page', PolicyDocument }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
    return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
  }

  const wanted = (): [string, string, object][] => [
    ['scenes', 'segments-ai', {}],
    ['videos', 'cloudglue', {}],
    ['more-videos', 'cloudglue', {}],
    ['contracts', 'datasaur', { parameters: { externalId: 'from-the-dialog' } }],
    ['runs', 'weights-and-biases', { parameters: { kmsKeyArn: made.key } }],
  ]
  const keyPolicy = async () => {
    const input = { KeyId: made.key, PolicyName: 'default' }
    return JSON.parse((await clients.kms.send(new GetKeyPolicyCommand(input))).Policy ?? '').Statement
  }
  const rolesAndPolicies = async () => {
    const { Roles = [] } = await clients.iam.send(new ListRolesCommand({}))
    const { Policies = [] } = await clients.iam.send(new ListPoliciesCommand({ Scope: 'Local' }))
    return [Roles.map(({ Arn }) => Arn), Policies.map(({ Arn }) => Arn)] as const
  }

  it('let roles, policies, lifecycle rules and a key policy be made', async () => {
    await cluster.kubectl.apply(
      wanted().map(([name, vendor, spec]) => ({
        apiVersion: 'mooring.dev/v1alpha1',
        kind: 'StorageIntegration',
        metadata: { name, namespace: 'perception' },
        spec: { vendor, account: 'aws-test', s3: { bucket: buckets[name] }, ...spec },
      })),
    )
    for (const [name] of wanted()) {
      await eventually(
        async () => {
          const ready = readyOf(await cluster.kubectl.get('si', name, '-n', 'perception'))
          assert.equal(ready?.reason, 'Verified', `${name}: ${ready?.message}`)
        },
        { timeoutMs: 60_000 },
      )
    }
    const [roles, policies] = await rolesAndPolicies()
    assert.deepEqual([roles.length, policies.length], [2, 2])
    assert.equal((await keyPolicy()).length, 2)
    const lifecycle = new GetBucketLifecycleConfigurationCommand({ Bucket: buckets.contracts })
    assert.equal((await clients.s3.send(lifecycle)).Rules?.length, 2)
  })

  it('let everything be taken away', async () => {
    await cluster.kubectl.delete('si', '--all', '-n', 'perception', '--timeout=60s')
    assert.deepEqual(await rolesAndPolicies(), [[], [made.boundary]])
    assert.equal((await keyPolicy()).length, 1)
    assert.equal(await policyOf(clients.s3, buckets.scenes ?? ''), undefined)
  })
})
