/** Strangers write the same documents of AWS while we do. AWS guards none of these writes: what can be promised all the same. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } from '@aws-sdk/client-kms'
import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { FaultError } from '../../src/api/fault.ts'
import { partName, type RolePart } from '../../src/clouds/aws/role-parts.ts'
import type { CloudSession, Target } from '../../src/clouds/cloud.ts'
import { openSession } from '../../src/clouds/index.ts'
import type { DocumentName } from '../../src/plan/document.ts'
import { type ClaimedEntry, claimedIn, planTarget, type TargetInput } from '../../src/plan/plan-target.ts'
import { applyPlan } from '../../src/reconcile/apply-plan.ts'
import type { Aws } from '../rig/rig.ts'
import { rig, uniqueAccountId, uniqueName } from '../rig/shared.ts'
import { type Contest, race, roundsOf, strangersIn, told } from './races.ts'
import { aboutAws, type Recorder, spread, startRecorder } from './recorder.ts'
import { rolesOf } from './roles.ts'
import { corsOf, isMark, policyOf, putCors, putPolicy, type Statement } from './stage.ts'

const never = new AbortController().signal
const ROUNDS = roundsOf(30)
/** A pass over a role is many requests. */
const ROLE_ROUNDS = Math.ceil(ROUNDS / 2)
const VENDOR = 'arn:aws:iam::931508227573:root'

describe(`two writers on AWS, ${ROUNDS} rounds each`, () => {
  let aws: Aws
  let s3: S3Client
  let recorder: Recorder
  let session: CloudSession

  before(async () => {
    const shared = (await rig()).aws
    const accountId = uniqueAccountId()
    aws = { ...shared, accountId, credentials: { ...shared.credentials, accessKeyId: accountId } }
    s3 = new S3Client({ ...aws, forcePathStyle: true })
    recorder = await startRecorder(aws.endpoint, aboutAws)
    const { region, credentials } = aws
    const keys = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }
    const hooks = { fence: () => undefined, onCall: () => undefined }
    const spec = { aws: { accountId, region, endpoint: recorder.endpoint }, requestsPerSecond: 1_000 }
    session = await openSession(spec, keys, hooks)
  })
  after(async () => {
    session?.close()
    await recorder?.stop()
  })

  /** A pass as the operator has it, from the read to the read-back. */
  async function pass(
    target: Target,
    names: readonly DocumentName[],
    stance: 'Wants' | 'Leaves',
    entries: readonly ClaimedEntry[],
  ): Promise<void> {
    const driver = session.open(target)
    const participants = [{ owner: 'a/x', stance, entries }] as const
    const observedAt = performance.now()
    const asked = { installation: 'races', target: target.name, fresh: 'f'.repeat(32), participants }
    const documents = await driver.read(names, never, claimedIn(asked))
    const input: TargetInput = { ...asked, documents }
    const { faults } = await applyPlan(driver, input, observedAt, () => undefined, never)
    for (const fault of faults.values()) throw new FaultError(fault)
  }

  async function newBucket(): Promise<{ readonly bucket: string; readonly target: Target }> {
    const bucket = uniqueName('race')
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
    const name = `s3://${bucket}`
    return { bucket, target: { kind: 'S3Bucket', key: name, name, bucket } }
  }

  /** The race, and what must hold although nothing guards it. */
  async function raced(contest: Contest, rounds = ROUNDS): Promise<string> {
    recorder.crossings.length = 0
    const outcome = await race(contest, rounds)
    const dropped = recorder.crossings.flatMap((crossing) => crossing.dropped)
    assert.deepEqual(dropped, [], 'an entry that our own read showed is missing in our write')
    assert.ok(recorder.crossings.length >= rounds / 2)
    return `${told(outcome)}; ${spread(recorder.crossings.map(({ milliseconds }) => milliseconds))}`
  }

  it('bucket policy', async (t) => {
    const { bucket, target } = await newBucket()
    const body = {
      Effect: 'Allow',
      Principal: { AWS: [VENDOR] },
      Action: ['s3:GetObject'],
      Resource: [`arn:aws:s3:::${bucket}/*`],
    }
    const theirs = (Sid: string): Statement => ({
      Sid,
      Effect: 'Deny',
      Principal: '*',
      Action: 's3:*',
      Resource: `arn:aws:s3:::${bucket}/${Sid}`,
    })
    const now = async () => (await policyOf(s3, bucket))?.Statement ?? []
    t.diagnostic(
      await raced({
        ours: (stance) =>
          pass(target, ['BucketPolicy'], stance, [{ document: 'BucketPolicy', name: 'read', body }]),
        isRight: async (stance) =>
          (await now()).filter(({ Sid }) => isMark(Sid)).length === (stance === 'Wants' ? 1 : 0),
        stranger: async (ids) => {
          const ours = (await now()).filter(({ Sid }) => isMark(Sid))
          await putPolicy(s3, bucket, { Version: '2012-10-17', Statement: [...ours, ...ids.map(theirs)] })
          return true
        },
        standing: async () => strangersIn(JSON.stringify(await now())),
      }),
    )
  })

  it('CORS', async (t) => {
    const { bucket, target } = await newBucket()
    const body = {
      AllowedOrigins: ['https://vendor.example'],
      AllowedMethods: ['GET'],
      AllowedHeaders: ['*'],
    }
    const theirs = (ID: string) => ({
      ID,
      AllowedOrigins: [`https://${ID}.example`],
      AllowedMethods: ['PUT'],
    })
    t.diagnostic(
      await raced({
        ours: (stance) => pass(target, ['Cors'], stance, [{ document: 'Cors', name: 'cors', body }]),
        isRight: async (stance) =>
          (await corsOf(s3, bucket)).filter(({ ID }) => isMark(ID)).length === (stance === 'Wants' ? 1 : 0),
        stranger: async (ids) => {
          const ours = (await corsOf(s3, bucket)).filter(({ ID }) => isMark(ID))
          await putCors(s3, bucket, [...ours, ...ids.map(theirs)])
          return true
        },
        standing: async () => strangersIn(JSON.stringify(await corsOf(s3, bucket))),
      }),
    )
  })

  it('lifecycle rules', async (t) => {
    const { bucket: Bucket, target } = await newBucket()
    const body = { Status: 'Enabled', Filter: { Prefix: 'tmp/' }, Expiration: { Days: 7 } }
    const theirs = (ID: string): LifecycleRule => ({
      ID,
      Status: 'Enabled',
      Filter: { Prefix: `${ID}/` },
      Expiration: { Days: 30 },
    })
    const now = async (): Promise<LifecycleRule[]> => {
      const answer = await s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })).catch(absent)
      return answer?.Rules ?? []
    }
    t.diagnostic(
      await raced({
        ours: (stance) => pass(target, ['Lifecycle'], stance, [{ document: 'Lifecycle', name: 'tmp', body }]),
        isRight: async (stance) =>
          (await now()).filter(({ ID }) => isMark(ID)).length === (stance === 'Wants' ? 1 : 0),
        stranger: async (ids) => {
          const Rules = [...(await now()).filter(({ ID }) => isMark(ID)), ...ids.map(theirs)]
          await s3.send(
            new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
          )
          return true
        },
        standing: async () => strangersIn(JSON.stringify(await now())),
      }),
    )
  })

  it('key policy', async (t) => {
    const kms = new KMSClient(aws)
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
    const keyArn = KeyMetadata?.Arn ?? assert.fail('no key')
    const target: Target = { kind: 'KmsKey', key: keyArn, name: keyArn, keyArn }
    const body = { Effect: 'Allow', Principal: { AWS: [VENDOR] }, Action: ['kms:Decrypt'], Resource: '*' }
    const theirs = (Sid: string): Statement => ({
      Sid,
      Effect: 'Deny',
      Principal: '*',
      Action: `kms:${Sid}`,
      Resource: '*',
    })
    const now = async (): Promise<Statement[]> => {
      const { Policy = '' } = await kms.send(
        new GetKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default' }),
      )
      return JSON.parse(Policy).Statement
    }
    t.diagnostic(
      await raced({
        ours: (stance) => pass(target, ['KeyPolicy'], stance, [{ document: 'KeyPolicy', name: 'use', body }]),
        isRight: async (stance) =>
          (await now()).filter(({ Sid }) => isMark(Sid)).length === (stance === 'Wants' ? 1 : 0),
        stranger: async (ids) => {
          const kept = (await now()).filter(({ Sid }) => !String(Sid).startsWith('stranger'))
          const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [...kept, ...ids.map(theirs)] })
          await kms.send(new PutKeyPolicyCommand({ KeyId: keyArn, PolicyName: 'default', Policy }))
          return true
        },
        standing: async () => strangersIn(JSON.stringify(await now())),
      }),
    )
  })

  /** A role of one integration; by turns one thing is asked of it and another. */
  function roleOf(parts: (stance: 'Wants' | 'Leaves') => readonly RolePart[]) {
    const role = uniqueName('Race')
    const target: Target = {
      kind: 'IamRole',
      key: role,
      name: `arn:aws:iam::${aws.accountId}:role/${role}`,
      role,
    }
    const settings: RolePart = {
      in: 'Role',
      path: '/',
      description: 'For the vendor',
      maxSessionDuration: 3_600,
    }
    const roles = rolesOf(aws)
    const entriesOf = (list: readonly RolePart[]) =>
      [settings, ...list].map((part) => ({
        document: 'IamRole' as const,
        name: partName(part),
        body: { part } as never,
      }))
    return {
      ...{ roles, role, target, entriesOf },
      read: async () => (await roles.read(role)) ?? assert.fail('the role is gone'),
      ours: (stance: 'Wants' | 'Leaves') => pass(target, ['IamRole'], 'Wants', entriesOf(parts(stance))),
    }
  }
  const trust = (id: string): RolePart => ({
    in: 'Trust',
    sid: 'Vendor',
    statement: {
      Effect: 'Allow',
      Principal: { AWS: VENDOR },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': id } },
    },
  })
  const access = (resource: string): RolePart => ({
    in: 'InlinePolicy',
    policy: 'Access',
    sid: 'Read',
    statement: { Effect: 'Allow', Action: ['s3:GetObject'] },
    resource,
  })
  const theirs = (Sid: string): Statement => ({
    Sid,
    Effect: 'Deny',
    Action: 's3:DeleteObject',
    Resource: '*',
  })

  it('trust policy of a role', async (t) => {
    const idOf = (stance: string) => (stance === 'Wants' ? 'id-one-0001' : 'id-two-0002')
    const { role, roles, read, ours } = roleOf((stance) => [
      trust(idOf(stance)),
      access('arn:aws:s3:::clips/*'),
    ])
    await ours('Leaves')
    const isTheirs = ({ Sid }: Statement) => String(Sid).startsWith('stranger')
    t.diagnostic(
      await raced(
        {
          ours,
          isRight: async (stance) => {
            const mine = (await read()).trust.filter((statement) => !isTheirs(statement))
            return mine.length === 1 && JSON.stringify(mine).includes(idOf(stance))
          },
          stranger: async (ids) => {
            const kept = (await read()).trust.filter((statement) => !isTheirs(statement))
            const denies = ids.map((Sid) => ({
              Sid,
              Effect: 'Deny',
              Principal: { AWS: '*' },
              Action: 'sts:TagSession',
            }))
            await roles.putTrust(role, [...kept, ...denies])
            return true
          },
          standing: async () => strangersIn(JSON.stringify((await read()).trust)),
        },
        ROLE_ROUNDS,
      ),
    )
  })

  it('a trust or inline policy that somebody changed since it was read is not written over', async () => {
    const parts = (id: string, resource: string) => [trust(id), access(resource)]
    const { role, roles, read, ours, target, entriesOf } = roleOf((stance) =>
      stance === 'Wants'
        ? parts('id-one-0001', 'arn:aws:s3:::a/*')
        : parts('id-two-0002', 'arn:aws:s3:::a/*'),
    )
    await ours('Leaves')
    const changes = {
      trust: [
        parts('id-one-0001', 'arn:aws:s3:::a/*'),
        async () =>
          roles.putTrust(role, [
            ...(await read()).trust,
            {
              ...theirs('strangerTrust'),
              Principal: { AWS: '*' },
              Action: 'sts:TagSession',
              Resource: undefined,
            },
          ]),
      ],
      inline: [
        parts('id-two-0002', 'arn:aws:s3:::b/*'),
        async () =>
          roles.putInline(role, 'Access', [
            ...((await read()).inline.Access ?? []),
            theirs('strangerInline'),
          ]),
      ],
    } as const
    for (const [wanted, stranger] of Object.values(changes)) {
      const driver = session.open(target)
      const participants = [{ owner: 'a/x', stance: 'Wants', entries: entriesOf(wanted) }] as const
      const asked = { installation: 'races', target: target.name, fresh: 'f'.repeat(32), participants }
      const documents = await driver.read(['IamRole'], never, claimedIn(asked))
      const [plan] = planTarget({ ...asked, documents }).documents
      await stranger()
      const before = await read()
      await assert.rejects(driver.write(plan ?? assert.fail('no plan'), never), (error) => {
        assert.ok(error instanceof FaultError, String(error))
        return error.fault.reason === 'LostRace'
      })
      const now = await read()
      assert.deepEqual([now.trust, now.inline], [before.trust, before.inline])
    }
  })

  it('inline policy of a role', async (t) => {
    const more = 'arn:aws:s3:::more/*'
    const { role, roles, read, ours } = roleOf((stance) => [
      trust('id-one-0001'),
      access('arn:aws:s3:::clips/*'),
      ...(stance === 'Wants' ? [access(more)] : []),
    ])
    await ours('Leaves')
    const now = async () => (await read()).inline.Access ?? []
    t.diagnostic(
      await raced(
        {
          ours,
          isRight: async (stance) => JSON.stringify(await now()).includes(more) === (stance === 'Wants'),
          stranger: async (ids, stance) => {
            const read = (await now()).filter(({ Sid }) => !String(Sid).startsWith('stranger'))
            // A part that no tag lists is a stranger's, so what leaves must not be written back.
            const kept = stance === 'Wants' ? read : read.map((statement) => without(statement, more))
            await roles.putInline(role, 'Access', [...kept, ...ids.map(theirs)])
            return true
          },
          standing: async () => strangersIn(JSON.stringify(await now())),
        },
        ROLE_ROUNDS,
      ),
    )
  })
})

function absent(error: unknown): undefined {
  assert.equal((error as Error).name, 'NoSuchLifecycleConfiguration')
}

function without({ Resource, ...statement }: Statement, resource: string): Statement {
  const left = [Resource].flat().filter((one) => one !== resource)
  return { ...statement, Resource: left }
}
