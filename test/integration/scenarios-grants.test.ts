/** A grant that something else in the bucket's settings defeats: told as long as it does, in mode Plan, too, and never written over. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import { PutBucketEncryptionCommand } from '@aws-sdk/client-s3'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Operator } from '../rig/operator.ts'
import {
  conditionOf,
  oursIn,
  policyOf,
  putPolicy,
  readyOf,
  type Stage,
  setStage,
  strangersPolicy,
} from './stage.ts'

const VENDOR = 'arn:aws:iam::931508227573:user/segmentsai-prod-user'
const WANDB = 'arn:aws:iam::725579432336:role/WandbIntegration'

describe('a grant that is defeated', () => {
  let stage: Stage
  let operator: Operator
  let kms: KMSClient

  before(async () => {
    stage = await setStage()
    kms = new KMSClient(stage.rig.aws)
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '1s' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  it('by a Deny of somebody else is told with that statement, and stands when the statement goes', async () => {
    const bucket = await stage.bucket()
    const strangers = strangersPolicy(bucket)
    const Deny = {
      Sid: 'NoVendors',
      Effect: 'Deny',
      Principal: { AWS: '931508227573' },
      Action: 's3:Get*',
      Resource: `arn:aws:s3:::${bucket}/*`,
    }
    await putPolicy(stage.s3, bucket, { ...strangers, Statement: [...strangers.Statement, Deny] })
    await stage.rig.kubectl.apply(stage.integration('denied', bucket))
    const denied = await stage.untilReady('denied', 'False', 'GrantDefeated')
    assert.equal(
      readyOf(denied)?.message,
      `statement "NoVendors" of the bucket policy denies ${VENDOR} all that is granted. Narrow or remove it: Mooring changes no statement that it did not make`,
    )
    assert.equal(conditionOf(denied, 'AccessGranted')?.status, 'True')
    assert.equal(conditionOf(denied, 'Verified')?.reason, 'GrantDefeated')
    assert.deepEqual(resultOf(denied, 'NoForeignDeny'), 'Failed')
    const mine = await oursIn(stage.s3, bucket)
    await putPolicy(stage.s3, bucket, { ...strangers, Statement: [...strangers.Statement, ...mine] })
    await stage.untilReady('denied', 'True', 'Verified')
    await stage.leave('denied')
    assert.deepEqual(await policyOf(stage.s3, bucket), strangers)
  })

  it('perhaps, by a condition that nobody can know here, is told with the condition', async () => {
    const bucket = await stage.bucket()
    const Deny = {
      Sid: 'Perimeter',
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: `arn:aws:s3:::${bucket}/*`,
      Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } },
    }
    await putPolicy(stage.s3, bucket, { Version: '2012-10-17', Statement: [Deny] })
    await stage.rig.kubectl.apply(stage.integration('perhaps', bucket))
    const perhaps = await stage.untilReady('perhaps', 'Unknown', 'VerificationIncomplete')
    assert.match(readyOf(perhaps)?.message ?? '', /"Perimeter".*aws:SourceVpce "vpce-1" \(StringNotEquals\)/)
    const excepted = {
      ...Deny,
      Condition: { StringNotEquals: { 'aws:SourceVpce': 'vpce-1', 'aws:PrincipalAccount': '931508227573' } },
    }
    const mine = await oursIn(stage.s3, bucket)
    await putPolicy(stage.s3, bucket, { Version: '2012-10-17', Statement: [excepted, ...mine] })
    await stage.untilReady('perhaps', 'True', 'Verified')
    await stage.leave('perhaps')
  })

  it('by the bucket’s key is told in mode Plan, before anything is written', async () => {
    const bucket = await stage.bucket()
    const key = await encrypt(bucket)
    await stage.rig.kubectl.apply(stage.integration('locked', bucket, { mode: 'Plan' }))
    const planned = await stage.untilReady('locked', 'False', 'Planned')
    assert.match(
      readyOf(planned)?.message ?? '',
      new RegExp(`It would not work as things are: .*KMS key ${key}, which ${VENDOR} cannot use`),
    )
    assert.equal(resultOf(planned, 'BucketEncryption'), 'Failed')
    assert.equal(await policyOf(stage.s3, bucket), undefined)

    await stage.change('locked', { mode: 'Enforce' })
    const locked = await stage.untilReady('locked', 'False', 'KeyAccessMissing')
    const shown = /\{"Effect".*\}/.exec(readyOf(locked)?.message ?? '')?.[0] ?? ''
    await addToKeyPolicy(key, JSON.parse(shown))
    await stage.untilReady('locked', 'True', 'Verified')
    await stage.leave('locked')
  })

  it('by nothing, where the vendor’s recipe gives it the key: the key policy has its statement while it is wanted', async () => {
    const bucket = await stage.bucket()
    const key = await encrypt(bucket)
    const before = await keyPolicy(key)
    const spec = { vendor: 'weights-and-biases', parameters: { kmsKeyArn: key } }
    await stage.rig.kubectl.apply(stage.integration('wandb', bucket, spec))
    const ready = await stage.untilReady('wandb', 'True', 'Verified')
    assert.equal(resultOf(ready, 'BucketEncryption'), 'Passed')
    assert.equal(resultOf(ready, 'ObjectOwnership'), 'Passed')
    assert.equal(resultOf(ready, 'KeyPolicyReadBack'), 'Passed')
    const during = await keyPolicy(key)
    assert.deepEqual(during.Statement.slice(0, -1), before.Statement)
    assert.deepEqual(during.Statement.at(-1)?.Principal, { AWS: [WANDB] })
    await stage.leave('wandb')
    assert.deepEqual(await keyPolicy(key), before)
    assert.equal(await policyOf(stage.s3, bucket), undefined)
  })

  /** Encrypts the bucket with a new customer managed key; its ARN. */
  async function encrypt(Bucket: string): Promise<string> {
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
    const KMSMasterKeyID = KeyMetadata?.Arn ?? assert.fail('no key')
    const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID }
    const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] }
    await stage.s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration }))
    return KMSMasterKeyID
  }

  async function keyPolicy(KeyId: string): Promise<{ Statement: Record<string, unknown>[] }> {
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))
    return JSON.parse(Policy ?? '')
  }

  async function addToKeyPolicy(KeyId: string, statement: object): Promise<void> {
    const policy = await keyPolicy(KeyId)
    const Policy = JSON.stringify({ ...policy, Statement: [...policy.Statement, statement] })
    await kms.send(new PutKeyPolicyCommand({ KeyId, PolicyName: 'default', Policy }))
  }
})

function resultOf({ status }: KubernetesObject, check: string): string | undefined {
  return status.checks?.find(({ name }: { name: string }) => name === check)?.result
}
