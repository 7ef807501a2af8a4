/** What could defeat a grant, set on real buckets and keys of LocalStack and looked for by the driver. */
import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  DeleteBucketOwnershipControlsCommand,
  DeletePublicAccessBlockCommand,
  PutBucketEncryptionCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import type { CheckResult, GrantProbe } from '../../src/clouds/cloud.ts'
import { openSession } from '../../src/clouds/index.ts'
import type { CloudCall } from '../../src/clouds/session-hooks.ts'
import { rig, uniqueName } from '../rig/shared.ts'

const never = new AbortController().signal
const VENDOR = 'arn:aws:iam::725579432336:role/WandbIntegration'

describe('a grant on LocalStack', () => {
  it('on a new bucket passes, and costs one request more than its documents', async () => {
    const stand = await openStand()
    const { results, operations } = await stand.look(stand.grant('s3:GetObject', 's3:ListBucket'))
    assert.deepEqual(results, ['NoForeignDeny Passed', 'BucketEncryption Passed'])
    assert.deepEqual(operations, ['GetBucketPolicy', 'GetBucketEncryption'])
  })

  it('that writes, on a new bucket, leaves its objects to the bucket’s owner; with ObjectWriter it does not', async () => {
    const stand = await openStand()
    const { Bucket, s3 } = stand
    const put = stand.grant('s3:PutObject')
    assert.equal((await stand.look(put)).results.at(-1), 'ObjectOwnership Passed')
    const OwnershipControls = { Rules: [{ ObjectOwnership: 'ObjectWriter' as const }] }
    await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }))
    assert.equal((await stand.look(put)).results.at(-1), 'ObjectOwnership Failed')
    await s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }))
    const none = await stand.look(put)
    assert.equal(none.results.at(-1), 'ObjectOwnership Failed')
    assert.match(none.checks.at(-1)?.message ?? '', /Object Ownership is not set/)
  })

  it('is defeated by a Deny that names its account, and not by one that asks for TLS', async () => {
    const stand = await openStand()
    const everything = { Action: 's3:*', Resource: [stand.bucketArn, `${stand.bucketArn}/*`] }
    const tlsOnly = {
      Sid: 'TlsOnly',
      Effect: 'Deny',
      Principal: '*',
      ...everything,
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }
    await stand.putPolicy(tlsOnly)
    const passed = await stand.look(stand.grant('s3:GetObject'))
    assert.equal(passed.results[0], 'NoForeignDeny Passed')
    assert.match(
      passed.checks[0]?.message ?? '',
      /"TlsOnly" denies only where aws:SecureTransport "false" \(Bool\)$/,
    )
    await stand.putPolicy(tlsOnly, {
      Sid: 'NoVendors',
      Effect: 'Deny',
      Principal: { AWS: 'arn:aws:iam::725579432336:root' },
      ...everything,
    })
    const [denied] = (await stand.look(stand.grant('s3:GetObject'))).checks
    assert.deepEqual([denied?.result, denied?.reason], ['Failed', 'GrantDefeated'])
    assert.match(
      denied?.message ?? '',
      /^statement "NoVendors" of the bucket policy denies arn:aws:iam::725579432336:role\/WandbIntegration all that is granted/,
    )
  })

  it('is defeated by Block Public Access where a stranger made the policy public', async () => {
    const stand = await openStand()
    const { Bucket, s3 } = stand
    await s3.send(new DeletePublicAccessBlockCommand({ Bucket }))
    await stand.putPolicy({
      Sid: 'Everybody',
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `${stand.bucketArn}/public/*`,
    })
    const read = stand.grant('s3:GetObject')
    assert.equal((await stand.look(read)).results.at(-1), 'PublicAccess Passed')
    const PublicAccessBlockConfiguration = { RestrictPublicBuckets: true }
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }))
    assert.equal((await stand.look(read)).results.at(-1), 'PublicAccess Failed')
  })

  it('on a bucket with a customer managed key lacks a statement; with the one that is shown it passes', async () => {
    const stand = await openStand()
    const { key, policy, putKeyPolicy } = await stand.encrypt()
    const read = stand.grant('s3:GetObject')
    const [, failed] = (await stand.look(read)).checks
    assert.deepEqual([failed?.result, failed?.reason], ['Failed', 'KeyAccessMissing'])
    assert.ok(
      failed?.message.includes(
        `KMS key ${key}, which ${VENDOR} cannot use (kms:Decrypt). The key policy lacks {`,
      ),
    )
    const shown = JSON.parse(/\{"Effect".*$/.exec(failed?.message ?? '')?.[0] ?? '')
    await putKeyPolicy({ ...policy, Statement: [...policy.Statement, shown] })
    const { results, operations } = await stand.look(read)
    assert.deepEqual(results, ['NoForeignDeny Passed', 'BucketEncryption Passed'])
    assert.deepEqual(operations, ['GetBucketPolicy', 'GetBucketEncryption', 'GetKeyPolicy'])
  })

  it('of an own role needs the key in that role’s own policies, since LocalStack’s key policy leaves it to them', async () => {
    const stand = await openStand()
    await stand.encrypt()
    const principals = ['arn:aws:iam::000000000000:role/CloudglueRole']
    const read = { ...stand.grant('s3:GetObject'), principals }
    assert.equal((await stand.look(read)).results[1], 'BucketEncryption Failed')
    const withKey = { ...read, actions: ['s3:GetObject', 'kms:Decrypt'] }
    assert.equal((await stand.look(withKey)).results[1], 'BucketEncryption Passed')
  })

  it('on a bucket with the AWS managed key is not for other accounts', async () => {
    const stand = await openStand()
    await stand.encryptWith(undefined)
    const { checks } = await stand.look(stand.grant('s3:GetObject'))
    assert.equal(checks[1]?.result, 'Failed')
    assert.match(checks[1]?.message ?? '', /AWS managed key aws\/s3, which no other account can use/)
  })
})

/** A new bucket, and words to set it up and to look at it as a pass does. */
async function openStand() {
  const { aws } = await rig()
  const Bucket = uniqueName('granted')
  const s3 = new S3Client({ ...aws, forcePathStyle: true })
  await s3.send(new CreateBucketCommand({ Bucket }))
  const bucketArn = `arn:aws:s3:::${Bucket}`
  const grant = (...actions: string[]): GrantProbe => ({
    kind: 'Grant',
    principals: [VENDOR],
    actions,
    resources: [bucketArn, `${bucketArn}/*`],
  })
  const encryptWith = (KMSMasterKeyID: string | undefined) => {
    const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID }
    const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] }
    return s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }))
  }
  return {
    Bucket,
    s3,
    bucketArn,
    grant,
    encryptWith,
    putPolicy: (...Statement: object[]) =>
      s3.send(
        new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }),
      ),
    encrypt: () => encrypted(encryptWith),
    look: (probe: GrantProbe) => look(Bucket, probe),
  }
}

/** Encrypts the bucket with a new key. */
async function encrypted(encryptWith: (key: string) => Promise<unknown>) {
  const { aws } = await rig()
  const kms = new KMSClient(aws)
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
  const key = KeyMetadata?.Arn ?? assert.fail('no key')
  await encryptWith(key)
  const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId: key, PolicyName: 'default' }))
  const putKeyPolicy = (policy: object) =>
    kms.send(new PutKeyPolicyCommand({ KeyId: key, PolicyName: 'default', Policy: JSON.stringify(policy) }))
  return { key, policy: JSON.parse(Policy ?? '') as { Statement: object[] }, putKeyPolicy }
}

/** Reads the policy and tries the probe, with a session of its own. */
async function look(bucket: string, probe: GrantProbe) {
  const { aws } = await rig()
  const { accountId, region, endpoint, credentials } = aws
  const calls: CloudCall[] = []
  const keys = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  const hooks = { fence: () => undefined, onCall: (call: CloudCall) => calls.push(call) }
  const session = await openSession({ aws: { accountId, region, endpoint } }, keys, hooks)
  const driver = session.open({ kind: 'S3Bucket', key: bucket, name: `s3://${bucket}`, bucket })
  await driver.read(['BucketPolicy'], never)
  const checks: readonly CheckResult[] = await driver.probe(probe, never)
  session.close()
  return {
    checks,
    results: checks.map(({ name, result }) => `${name} ${result}`),
    operations: calls.map(({ operation }) => operation).filter((name) => name !== 'GetCallerIdentity'),
  }
}
