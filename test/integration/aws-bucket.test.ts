import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import {
  CreateBucketCommand,
  GetBucketPolicyCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { FaultError } from '../../src/api/fault.ts'
import type { CloudSession, Target, TargetDriver } from '../../src/clouds/cloud.ts'
import { openSession } from '../../src/clouds/index.ts'
import type { CloudCall } from '../../src/clouds/session-hooks.ts'
import type { Document, DocumentKind, DocumentName } from '../../src/plan/document.ts'
import { canonicalJson } from '../../src/plan/json.ts'
import type { DocumentPlan } from '../../src/plan/plan-document.ts'
import type { ObservedDocument } from '../../src/plan/plan-target.ts'
import type { Aws } from '../rig/rig.ts'
import { rig, uniqueName } from '../rig/shared.ts'

const never = new AbortController().signal
const ORIGIN = 'https://app.segments.ai'
const PREFLIGHT = { kind: 'CorsPreflight', origin: ORIGIN, method: 'GET', requestHeaders: [] } as const

describe('an S3 bucket on LocalStack', () => {
  it('is read whole with one STS request and two of S3, and later with two', async () => {
    const { driver, calls } = await openBucket()
    const documents = await driver.read(['BucketPolicy', 'Cors'], never)
    assert.deepEqual(documents.map(shape), [
      { name: 'BucketPolicy', entries: [], envelope: { Version: '2012-10-17' } },
      { name: 'Cors', entries: [], envelope: null },
    ])
    assert.deepEqual(operations(calls), ['GetCallerIdentity', 'GetBucketCors', 'GetBucketPolicy'].sort())
    await driver.read(['BucketPolicy', 'Cors'], never)
    assert.equal(calls.length, 5)
    assert.ok(calls.every(({ result }) => result === 'ok'))
  })

  it('keeps the Id, unknown fields, a single statement and digits of a policy that it writes back', async () => {
    const { driver, bucket, aws } = await openBucket()
    const before = `{"Version":"2008-10-17","Id":"theirs","Statement":{"Sid":"Theirs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::${bucket}/*","Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":9007199254740993},"Bool":{"aws:SecureTransport":["true"]}}}}`
    await client(aws).send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: before }))
    const policy = documentOf(await driver.read(['BucketPolicy', 'Cors'], never), 'BucketPolicy')
    await driver.write(plan(policy, [...policy.document.entries, statement(bucket)]), never)
    const written = await rawPolicy(aws, bucket)
    assert.match(written, /"aws:MultiFactorAuthAge":9007199254740993/)
    const after = documentOf(await driver.read(['BucketPolicy'], never), 'BucketPolicy')
    assert.deepEqual(after.document.envelope, { Version: '2008-10-17', Id: 'theirs' })
    assert.equal(after.document.entries.length, 2)
    assert.equal(canonicalJson(after.document.entries[0]), canonicalJson(policy.document.entries[0]))
  })

  it('loses its policy only when no statement is left, with one request', async () => {
    const { driver, bucket, aws, calls } = await openBucket()
    const empty = documentOf(await driver.read(['BucketPolicy', 'Cors'], never), 'BucketPolicy')
    await driver.write(plan(empty, [statement(bucket)]), never)
    const full = documentOf(await driver.read(['BucketPolicy'], never), 'BucketPolicy')
    calls.length = 0
    await driver.write(plan(full, []), never)
    assert.deepEqual(operations(calls), ['DeleteBucketPolicy'])
    await assert.rejects(rawPolicy(aws, bucket), { name: 'NoSuchBucketPolicy' })
  })

  it('keeps a stranger’s CORS rules in order and in every field', async () => {
    const { driver, bucket, aws } = await openBucket()
    const theirs = [
      {
        ID: 'theirs',
        AllowedMethods: ['PUT', 'GET'],
        AllowedOrigins: ['https://b.example', 'https://a.example'],
        AllowedHeaders: ['X-b', 'x-a'],
        ExposeHeaders: ['ETag'],
        MaxAgeSeconds: 0,
      },
      { AllowedMethods: ['HEAD'], AllowedOrigins: ['*'] },
    ]
    await client(aws).send(
      new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: theirs } }),
    )
    const cors = documentOf(await driver.read(['BucketPolicy', 'Cors'], never), 'Cors')
    assert.deepEqual(cors.document.entries, theirs)
    await driver.write(plan(cors, [...cors.document.entries, rule()]), never)
    const after = documentOf(await driver.read(['Cors'], never), 'Cors')
    assert.deepEqual(after.document.entries, [...theirs, rule()])
    await driver.write(plan(after, []), never)
    assert.deepEqual(documentOf(await driver.read(['Cors'], never), 'Cors').document.entries, [])
  })

  it('answers a preflight as its rules say', async () => {
    const { driver, bucket } = await openBucket()
    const [before] = await driver.probe(PREFLIGHT, never)
    assert.equal(before?.result, 'Failed')
    assert.match(
      before?.message ?? '',
      new RegExp(`from ${ORIGIN} for GET on bucket "${bucket}" is refused: status 403`),
    )
    const cors = documentOf(await driver.read(['BucketPolicy', 'Cors'], never), 'Cors')
    await driver.write(plan(cors, [rule()]), never)
    assert.deepEqual((await driver.probe(PREFLIGHT, never))[0], {
      name: 'CorsPreflight',
      result: 'Passed',
      message: `a preflight from ${ORIGIN} for GET on bucket "${bucket}" is allowed`,
    })
    assert.equal((await driver.probe({ ...PREFLIGHT, method: 'PUT' }, never))[0]?.result, 'Failed')
    assert.equal(
      (await driver.probe({ ...PREFLIGHT, origin: 'https://evil.example' }, never))[0]?.result,
      'Failed',
    )
    assert.equal(
      (await driver.probe({ ...PREFLIGHT, requestHeaders: ['x-any', 'range'] }, never))[0]?.result,
      'Passed',
    )
  })

  it('that does not exist is reported with what to do', async () => {
    const { session } = await openBucket()
    const driver = session.open(target('no-such-bucket-of-ours'))
    await assert.rejects(
      driver.read(['BucketPolicy', 'Cors'], never),
      fault(
        'BucketNotFound',
        /^bucket "no-such-bucket-of-ours" does not exist in account 000000000000 or is not readable by arn:aws:iam::000000000000:\S+ \(s3:GetBucketPolicy\)\. Create it, or correct spec\.s3\.bucket\.$/,
      ),
    )
  })

  it('is not written when the fence says that another process leads', async () => {
    const { aws } = await rig()
    const bucket = uniqueName('fenced')
    await client(aws).send(new CreateBucketCommand({ Bucket: bucket }))
    const lost = new FaultError({ reason: 'Progressing', message: 'another process leads', retry: 'Backoff' })
    const calls: CloudCall[] = []
    const fence = (): void => {
      throw lost
    }
    const session = await openSession(spec(aws), keys(aws), { fence, onCall: (call) => calls.push(call) })
    const driver = session.open(target(bucket))
    const policy = documentOf(await driver.read(['BucketPolicy', 'Cors'], never), 'BucketPolicy')
    await assert.rejects(driver.write(plan(policy, [statement(bucket)]), never), lost)
    await assert.rejects(rawPolicy(aws, bucket), { name: 'NoSuchBucketPolicy' })
    assert.ok(!operations(calls).includes('PutBucketPolicy'))
    session.close()
  })

  it('is neither read nor written with credentials of another account', async () => {
    const { aws } = await rig()
    const calls: CloudCall[] = []
    const session = await openSession(spec({ ...aws, accountId: '111122223333' }), keys(aws), {
      fence: () => undefined,
      onCall: (call) => calls.push(call),
    })
    const driver = session.open(target('any-bucket'))
    const wrong = fault(
      'WrongAccount',
      /belong to account 000000000000 \(arn:aws:iam::000000000000:root\), spec\.aws\.accountId says 111122223333; nothing was written/,
    )
    await assert.rejects(driver.read(['BucketPolicy', 'Cors'], never), wrong)
    await assert.rejects(driver.write(plan(observedPolicy(), [statement('any-bucket')]), never), wrong)
    assert.deepEqual(operations(calls), ['GetCallerIdentity', 'GetCallerIdentity'])
    session.close()
  })

  it('that belongs to another account is not touched, although the credentials are those that spec names', async () => {
    const { bucket, aws } = await openBucket()
    const other = {
      ...aws,
      accountId: '111122223333',
      credentials: { accessKeyId: '111122223333', secretAccessKey: 'x' },
    }
    const session = await openSession(spec(other), keys(other), {
      fence: () => undefined,
      onCall: () => undefined,
    })
    const driver = session.open(target(bucket))
    const denied = fault(
      'AccessDenied',
      /^arn:aws:iam::111122223333:root may not s3:GetBucketPolicy on bucket ".*if the bucket belongs to another account than 111122223333, use a CloudAccount of that account\.$/,
    )
    await assert.rejects(driver.read(['BucketPolicy', 'Cors'], never), denied)
    await assert.rejects(driver.write(plan(observedPolicy(), [statement(bucket)]), never), {
      name: 'FaultError',
    })
    await assert.rejects(rawPolicy(aws, bucket), { name: 'NoSuchBucketPolicy' })
    session.close()
  })

  it('takes on the role of the account first, with external ID', async () => {
    const { aws } = await rig()
    const role = { roleArn: 'arn:aws:iam::000000000000:role/mooring', externalId: 'x-1' }
    const { session, calls, bucket } = await openBucket({ assumeRole: role })
    assert.equal(await session.identity(never), 'arn:aws:sts::000000000000:assumed-role/mooring/mooring')
    await session.open(target(bucket)).read(['BucketPolicy', 'Cors'], never)
    assert.deepEqual(operations(calls), [
      'AssumeRole',
      'GetBucketCors',
      'GetBucketPolicy',
      'GetCallerIdentity',
    ])
    assert.equal(aws.accountId, '000000000000')
  })
})

/** What the tests of this file start from: a new bucket and a session with the account. */
async function openBucket(more: Record<string, unknown> = {}): Promise<{
  session: CloudSession
  driver: TargetDriver
  bucket: string
  calls: CloudCall[]
  aws: Aws
}> {
  const { aws } = await rig()
  const bucket = uniqueName('clips')
  await client(aws).send(new CreateBucketCommand({ Bucket: bucket }))
  const calls: CloudCall[] = []
  const hooks = { fence: () => undefined, onCall: (call: CloudCall) => calls.push(call) }
  const { aws: account } = spec(aws)
  const session = await openSession({ aws: { ...account, ...more } }, keys(aws), hooks)
  return { session, driver: session.open(target(bucket)), bucket, calls, aws }
}

function spec({ accountId, region, endpoint }: Aws) {
  return { aws: { accountId, region, endpoint } }
}

function keys({ credentials }: Aws): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey }
}

function client({ endpoint, region, credentials }: Aws): S3Client {
  return new S3Client({ endpoint, region, credentials, forcePathStyle: true })
}

function target(bucket: string): Target {
  return { key: `s3://${bucket}`, kind: 'S3Bucket', name: `s3://${bucket}`, bucket }
}

async function rawPolicy(aws: Aws, bucket: string): Promise<string> {
  const { Policy = '' } = await client(aws).send(new GetBucketPolicyCommand({ Bucket: bucket }))
  return Policy
}

function shape({ kind, document }: ObservedDocument): { name: string } & Document {
  return { name: kind.name, ...document }
}

function documentOf(documents: readonly ObservedDocument[], name: DocumentName): ObservedDocument {
  const found = documents.find(({ kind }) => kind.name === name)
  assert.ok(found, name)
  return found
}

function observedPolicy(): ObservedDocument {
  return { kind: { name: 'BucketPolicy' } as DocumentKind, document: { entries: [], envelope: {} } }
}

/** A plan that a driver is told to write; how plans are made is not the matter here. */
function plan({ kind, document }: ObservedDocument, entries: readonly unknown[]): DocumentPlan {
  const nothing = { changes: [], refused: new Map(), adopted: new Map(), orphans: [] }
  return { kind, before: document, after: { ...document, entries }, ...nothing }
}

function statement(bucket: string) {
  return {
    Sid: 'MooringTest',
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111122223333:root' },
    Action: ['s3:GetObject'],
    Resource: `arn:aws:s3:::${bucket}/*`,
  }
}

function rule() {
  return {
    ID: 'ours',
    AllowedHeaders: ['*'],
    AllowedMethods: ['GET'],
    AllowedOrigins: [ORIGIN],
    MaxAgeSeconds: 3000,
  }
}

function operations(calls: readonly CloudCall[]): string[] {
  return calls.map(({ operation }) => operation).sort()
}

function fault(reason: string, message: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof FaultError, String(error))
    assert.equal(error.fault.reason, reason)
    assert.match(error.fault.message, message)
    return true
  }
}
