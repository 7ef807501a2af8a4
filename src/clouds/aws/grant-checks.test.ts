import { strict as assert } from 'node:assert'
import { describe, it, type TestContext } from 'node:test'
import type { CheckResult, GrantProbe } from '../cloud.ts'
import { openSession } from '../index.ts'
import type { CloudCall } from '../session-hooks.ts'
import {
  type Answer,
  callerIdentity,
  type SeenRequest,
  s3Error,
  startAnsweringServer,
} from './answering-server.ts'

const never = new AbortController().signal
const ME = 'arn:aws:iam::123456789012:role/mooring'
const VENDOR = 'arn:aws:iam::725579432336:role/WandbIntegration'
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const PUBLIC = policy({
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::clips/*',
})

const READ: GrantProbe = {
  kind: 'Grant',
  principals: [VENDOR],
  actions: ['s3:GetObject'],
  resources: ['arn:aws:s3:::clips/*'],
}
const WRITE: GrantProbe = { ...READ, actions: ['s3:PutObject'] }
const OWN_WRITE: GrantProbe = { ...WRITE, principals: ['arn:aws:iam::123456789012:role/vendor'] }

/** What the bucket's settings are; absent: as on a new bucket, without a policy. */
type Settings = Readonly<
  Partial<Record<'policy' | 'encryption' | 'publicAccessBlock' | 'ownershipControls' | 'kms', Answer>>
>

describe('a grant is held against', () => {
  it('its bucket’s policy and encryption alone, where nothing else can matter', async (test) => {
    const { results, operations } = await check(test, {}, [READ])
    assert.deepEqual(told(results), ['NoForeignDeny Passed', 'BucketEncryption Passed'])
    assert.deepEqual(operations, ['GetBucketPolicy', 'GetBucketEncryption'])
  })

  it('Object Ownership where another account writes, and not where an own role does', async (test) => {
    const foreign = await check(test, {}, [WRITE])
    assert.deepEqual(told(foreign.results), [
      'NoForeignDeny Passed',
      'BucketEncryption Passed',
      'ObjectOwnership Failed',
    ])
    const enforced = xml(
      'OwnershipControls',
      '<Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule>',
    )
    const { results } = await check(test, { ownershipControls: enforced }, [WRITE])
    assert.deepEqual(told(results).at(-1), 'ObjectOwnership Passed')
    const own = await check(test, {}, [OWN_WRITE])
    assert.ok(!own.operations.includes('GetBucketOwnershipControls'))
  })

  it('Block Public Access where the policy is public and another account reads', async (test) => {
    const restricted = xml(
      'PublicAccessBlockConfiguration',
      '<RestrictPublicBuckets>true</RestrictPublicBuckets>',
    )
    const foreign = await check(test, { policy: PUBLIC, publicAccessBlock: restricted }, [READ])
    assert.deepEqual(told(foreign.results).at(-1), 'PublicAccess Failed')
    const absent = await check(test, { policy: PUBLIC }, [READ])
    assert.deepEqual(told(absent.results).at(-1), 'PublicAccess Passed')
    const own = await check(test, { policy: PUBLIC, publicAccessBlock: restricted }, [OWN_WRITE])
    assert.ok(!own.operations.includes('GetPublicAccessBlock'))
  })

  it('the policy of the bucket’s KMS key, which is asked for in the key’s region', async (test) => {
    const text = JSON.stringify({ Statement: [] })
    const { results, seen } = await check(
      test,
      { encryption: kmsEncryption(KEY), kms: json(200, { Policy: text }) },
      [READ],
    )
    assert.deepEqual(told(results), ['NoForeignDeny Passed', 'BucketEncryption Failed'])
    assert.equal(results[1]?.reason, 'KeyAccessMissing')
    assert.match(String(seen.find(isKms)?.headers.authorization), /\/eu-central-1\/kms\//)
  })

  it('each setting once, however many grants there are', async (test) => {
    const probes = [READ, WRITE, { ...READ, resources: ['arn:aws:s3:::clips/raw/*'] }]
    const settings = {
      policy: PUBLIC,
      encryption: kmsEncryption(KEY),
      kms: json(200, { Policy: '{"Statement":[]}' }),
    }
    const { operations } = await check(test, settings, probes)
    assert.deepEqual(operations.sort(), [
      'GetBucketEncryption',
      'GetBucketOwnershipControls',
      'GetBucketPolicy',
      'GetKeyPolicy',
      'GetPublicAccessBlock',
    ])
  })
})

describe('what cannot be read is Unknown, and names the permission', () => {
  const denied = s3Error(403, 'AccessDenied', 'Access Denied')
  const table: readonly (readonly [string, Settings, GrantProbe, string, RegExp])[] = [
    [
      'the policy',
      { policy: denied },
      READ,
      'NoForeignDeny',
      new RegExp(`^it could not be checked: ${ME} may not s3:GetBucketPolicy on bucket "clips"`),
    ],
    [
      'the encryption',
      { encryption: denied },
      READ,
      'BucketEncryption',
      /may not s3:GetEncryptionConfiguration on bucket "clips"/,
    ],
    [
      'Block Public Access',
      { policy: PUBLIC, publicAccessBlock: denied },
      READ,
      'PublicAccess',
      /may not s3:GetBucketPublicAccessBlock/,
    ],
    [
      'Object Ownership',
      { ownershipControls: denied },
      WRITE,
      'ObjectOwnership',
      /may not s3:GetBucketOwnershipControls/,
    ],
    [
      'the key policy',
      { encryption: kmsEncryption(KEY), kms: json(400, { __type: 'AccessDeniedException' }) },
      READ,
      'BucketEncryption',
      /could not be read: \S+ may not kms:GetKeyPolicy on key arn:.*must have a statement such as \{"Effect":"Allow","Principal":\{"AWS":\["arn:aws:iam::725579432336:role/,
    ],
    [
      'the policy of another account’s key',
      { encryption: kmsEncryption(KEY.replace('123456789012', '111122223333')) },
      READ,
      'BucketEncryption',
      /it belongs to account 111122223333, and KMS lets only that account read it \(kms:GetKeyPolicy\)\. The key policy must/,
    ],
  ]
  for (const [name, settings, probe, check_, message] of table) {
    it(name, async (test) => {
      const { results } = await check(test, settings, [probe])
      const found = results.find((result) => result.name === check_)
      assert.equal(found?.result, 'Unknown')
      assert.match(found?.message ?? '', message)
      assert.ok(!results.some(({ result }) => result === 'Failed'))
    })
  }

  it('but a key that does not exist fails', async (test) => {
    const settings = { encryption: kmsEncryption(KEY), kms: json(400, { __type: 'NotFoundException' }) }
    const [, found] = (await check(test, settings, [READ])).results
    assert.deepEqual([found?.result, found?.reason], ['Failed', 'KeyNotFound'])
  })
})

describe('a store that is not AWS', () => {
  for (const [name, answer] of [
    ['501', s3Error(501, 'NotImplemented')],
    ['405', s3Error(405, 'MethodNotAllowed')],
  ] as const) {
    it(`and knows no such settings (${name}) is not held against them`, async (test) => {
      const settings = {
        policy: PUBLIC,
        encryption: answer,
        publicAccessBlock: answer,
        ownershipControls: answer,
      }
      assert.deepEqual(told((await check(test, settings, [WRITE])).results), ['NoForeignDeny Passed'])
    })
  }

  it('and has keys of its own, but no KMS, is not held against them', async (test) => {
    const settings = {
      encryption: kmsEncryption('my-key'),
      kms: json(400, { __type: 'UnknownOperationException' }),
    }
    assert.deepEqual(told((await check(test, settings, [READ])).results), ['NoForeignDeny Passed'])
  })
})

/** Reads the policy as a pass does, unless that fails, and tries the probes at once. */
async function check(test: TestContext, settings: Settings, probes: readonly GrantProbe[]) {
  const { endpoint, seen } = await startAnsweringServer(test, (request) => answerTo(request, settings))
  const calls: CloudCall[] = []
  const spec = { aws: { accountId: '123456789012', region: 'eu-west-1', endpoint } }
  const hooks = { fence: () => undefined, onCall: (call: CloudCall) => calls.push(call) }
  const session = await openSession(spec, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }, hooks)
  test.after(() => session.close())
  const driver = session.open({ kind: 'S3Bucket', key: 'k', name: 's3://clips', bucket: 'clips' })
  await driver.read(['BucketPolicy'], never).catch(() => undefined)
  const results = (await Promise.all(probes.map((probe) => driver.probe(probe, never)))).flat()
  const operations = calls.map(({ operation }) => operation).filter((name) => name !== 'GetCallerIdentity')
  return { results, operations, seen }
}

function answerTo(request: SeenRequest, settings: Settings): Answer {
  if (isKms(request)) return settings.kms ?? { status: 500 }
  if (request.method === 'POST')
    return callerIdentity('123456789012', 'arn:aws:sts::123456789012:assumed-role/mooring/i-0123')
  const { searchParams } = new URL(request.url, 'http://s3')
  if (searchParams.has('policy')) return settings.policy ?? s3Error(404, 'NoSuchBucketPolicy')
  if (searchParams.has('encryption'))
    return settings.encryption ?? s3Error(404, 'ServerSideEncryptionConfigurationNotFoundError')
  if (searchParams.has('publicAccessBlock'))
    return settings.publicAccessBlock ?? s3Error(404, 'NoSuchPublicAccessBlockConfiguration')
  return settings.ownershipControls ?? s3Error(404, 'OwnershipControlsNotFoundError')
}

function isKms({ headers }: SeenRequest): boolean {
  return headers['x-amz-target'] !== undefined
}

function policy(statement: object): Answer {
  return json(200, { Version: '2012-10-17', Statement: [{ Sid: 'Public', ...statement }] })
}

function kmsEncryption(key: string): Answer {
  const byDefault = `<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>${key}</KMSMasterKeyID>`
  return xml(
    'ServerSideEncryptionConfiguration',
    `<Rule><ApplyServerSideEncryptionByDefault>${byDefault}</ApplyServerSideEncryptionByDefault></Rule>`,
  )
}

function xml(root: string, content: string): Answer {
  const body = `<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`
  return { status: 200, body, headers: { 'content-type': 'application/xml' } }
}

function json(status: number, body: object): Answer {
  return { status, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

function told(results: readonly CheckResult[]): string[] {
  return results.map(({ name, result }) => `${name} ${result}`)
}
