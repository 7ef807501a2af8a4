/** The policy of a KMS key, on LocalStack, which keeps key policies and enforces none of them. */
import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import { FaultError } from '../../src/api/fault.ts'
import type { CloudSession, TargetDriver } from '../../src/clouds/cloud.ts'
import { openSession } from '../../src/clouds/index.ts'
import type { CloudCall } from '../../src/clouds/session-hooks.ts'
import type { DocumentPlan } from '../../src/plan/plan-document.ts'
import { type ClaimedEntry, planTarget, type TargetPlan } from '../../src/plan/plan-target.ts'
import type { Aws } from '../rig/rig.ts'
import { rig } from '../rig/shared.ts'

const never = new AbortController().signal
const VENDOR = 'arn:aws:iam::725579432336:role/WandbIntegration'

describe('the policy of a KMS key on LocalStack', () => {
  it('takes our statement beside those of strangers, and loses it again, with two requests each', async () => {
    const { driver, keyArn, aws, calls } = await openKey()
    const theirs = strangers(aws)
    await client(aws).send(
      new PutKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default', Policy: JSON.stringify(theirs) }),
    )
    const granted = await apply(driver, keyArn, 'Wants')
    assert.equal(granted.documents[0]?.changes.length, 1)
    const { Statement, ...envelope } = await rawPolicy(aws, keyArn)
    assert.deepEqual(envelope, { Version: '2012-10-17', Id: 'theirs' })
    assert.deepEqual(Statement.slice(0, -1), theirs.Statement)
    const { Sid, ...ours } = Statement.at(-1) ?? {}
    assert.match(String(Sid), /^Mooring[0-9a-f]{32}$/)
    assert.deepEqual(ours, statement())

    assert.equal((await apply(driver, keyArn, 'Wants')).documents[0]?.changes.length, 0)
    await apply(driver, keyArn, 'Leaves')
    assert.deepEqual(await rawPolicy(aws, keyArn), theirs)
    assert.deepEqual(
      calls.map(({ operation }) => operation),
      ['GetCallerIdentity', 'GetKeyPolicy', 'PutKeyPolicy', 'GetKeyPolicy', 'GetKeyPolicy', 'PutKeyPolicy'],
    )
  })

  it('is found in the region of the key, wherever the account is at home', async () => {
    const { aws } = await rig()
    const { driver, keyArn } = await openKey({ keyRegion: 'eu-west-3' })
    assert.match(keyArn, /:kms:eu-west-3:/)
    assert.notEqual(aws.region, 'eu-west-3')
    const [observed] = await driver.read(['KeyPolicy'], never)
    assert.equal(observed?.document.entries.length, 1)
  })

  it('of a key that does not exist is reported with what to do', async () => {
    const { session, keyArn } = await openKey()
    const gone = keyArn.replace(/[^/]+$/, '00000000-0000-0000-0000-000000000000')
    const driver = session.open({ kind: 'KmsKey', key: gone, name: gone, keyArn: gone })
    await assert.rejects(driver.read(['KeyPolicy'], never), (error) => {
      assert.ok(error instanceof FaultError, String(error))
      assert.equal(error.fault.reason, 'KeyNotFound')
      assert.equal(
        error.fault.message,
        `key ${gone} does not exist in account 000000000000. Correct the key's ARN, or restore the key.`,
      )
      return true
    })
  })
})

/** Observes, plans for one integration, and writes what changes. */
async function apply(driver: TargetDriver, keyArn: string, stance: 'Wants' | 'Leaves'): Promise<TargetPlan> {
  const entries: ClaimedEntry[] = [{ document: 'KeyPolicy', name: 'vendor', body: statement() }]
  const plan = planTarget({
    installation: 'test',
    target: keyArn,
    fresh: '',
    documents: await driver.read(['KeyPolicy'], never),
    participants: [{ owner: 'ns/one', stance, entries }],
  })
  for (const document of plan.documents.filter(({ changes }) => changes.length > 0))
    await driver.write(document as DocumentPlan, never)
  return plan
}

function statement() {
  return { Effect: 'Allow', Principal: { AWS: [VENDOR] }, Action: ['kms:Decrypt'], Resource: '*' }
}

function strangers({ accountId }: Aws) {
  const root = { AWS: `arn:aws:iam::${accountId}:root` }
  return {
    Version: '2012-10-17',
    Id: 'theirs',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: root,
        Action: 'kms:*',
        Resource: '*',
      },
      {
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: ['kms:ScheduleKeyDeletion'],
        Resource: '*',
        Condition: { Bool: { 'aws:MultiFactorAuthPresent': false } },
      },
    ],
  }
}

async function openKey({ keyRegion }: { keyRegion?: string } = {}): Promise<{
  session: CloudSession
  driver: TargetDriver
  keyArn: string
  calls: CloudCall[]
  aws: Aws
}> {
  const { aws } = await rig()
  const { KeyMetadata } = await client(aws, keyRegion).send(new CreateKeyCommand({}))
  const keyArn = KeyMetadata?.Arn ?? assert.fail('no key')
  const calls: CloudCall[] = []
  const hooks = { fence: () => undefined, onCall: (call: CloudCall) => calls.push(call) }
  const { accountId, region, endpoint, credentials } = aws
  const keys = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  const session = await openSession({ aws: { accountId, region, endpoint } }, keys, hooks)
  return {
    session,
    driver: session.open({ kind: 'KmsKey', key: keyArn, name: keyArn, keyArn }),
    keyArn,
    calls,
    aws,
  }
}

function client({ endpoint, region, credentials }: Aws, otherRegion = region): KMSClient {
  return new KMSClient({ endpoint, region: otherRegion, credentials })
}

async function rawPolicy(aws: Aws, KeyId: string): Promise<{ Statement: Record<string, unknown>[] }> {
  const answer = await client(aws).send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))
  return JSON.parse(answer.Policy ?? '')
}
