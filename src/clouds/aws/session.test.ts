import { strict as assert } from 'node:assert'
import { describe, it, type TestContext } from 'node:test'
import { FaultError } from '../../api/fault.ts'
import type { CloudSession, Target } from '../cloud.ts'
import { openSession } from '../index.ts'
import type { CloudCall } from '../session-hooks.ts'
import {
  type Answer,
  type AnsweringServer,
  callerIdentity,
  type SeenRequest,
  s3Error,
  startAnsweringServer,
  stsError,
} from './answering-server.ts'
import { bucketPolicyKind } from './bucket-policy.ts'

const never = new AbortController().signal
const ARN = 'arn:aws:sts::123456789012:assumed-role/mooring/i-0123'
const CLIPS: Target = { key: 'k', kind: 'S3Bucket', name: 's3://clips', bucket: 'clips' }
const EMPTY = { before: { entries: [], envelope: {} }, after: { entries: [], envelope: {} } }
const DELETION = {
  kind: bucketPolicyKind,
  ...EMPTY,
  changes: [],
  refused: new Map(),
  adopted: new Map(),
  orphans: [],
}

describe('who we are', () => {
  it('is asked once for all who ask at the same time and later', async (test) => {
    const { session, server } = await open(test, healthy)
    assert.deepEqual(await Promise.all([session.identity(never), session.identity(never)]), [ARN, ARN])
    await session.open(CLIPS).read(['BucketPolicy', 'Cors'], never)
    assert.equal(server.seen.filter(isSts).length, 1)
  })

  it('is asked before anything else', async (test) => {
    const { session, server } = await open(test, healthy)
    await session.open(CLIPS).write(DELETION, never)
    assert.deepEqual(
      server.seen.map(({ method }) => method),
      ['POST', 'DELETE'],
    )
  })

  it('is asked again after a failure', async (test) => {
    const answers = [
      stsError(403, 'InvalidClientTokenId', 'The security token is invalid.'),
      callerIdentity('123456789012', ARN),
    ]
    const { session } = await open(test, () => answers.shift() ?? { status: 500 })
    await assert.rejects(session.identity(never), faultOf('CredentialsRejected'))
    assert.equal(await session.identity(never), ARN)
  })

  it('cannot be asked where nobody listens, which names host and code', async () => {
    const aws = { accountId: '123456789012', region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' }
    const hooks = { fence: () => undefined, onCall: () => undefined }
    const session = await openSession({ aws }, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }, hooks)
    const message =
      '127.0.0.1:1 could not be asked for GetCallerIdentity: ECONNREFUSED. It is tried again by itself; if it lasts, check network, endpoint and region.'
    await assert.rejects(
      session.open(CLIPS).read(['BucketPolicy', 'Cors'], never),
      faultOf('CloudUnavailable', message),
    )
    session.close()
  })

  it('stops everything when it is another account', async (test) => {
    const { session, server } = await open(test, () =>
      callerIdentity('999999999999', 'arn:aws:sts::999999999999:assumed-role/x/s'),
    )
    const message =
      'the credentials belong to account 999999999999 (arn:aws:iam::999999999999:role/x), spec.aws.accountId says 123456789012; nothing was written. Correct the credentials; if it is the id, create the CloudAccount anew, since spec.aws.accountId cannot change.'
    await assert.rejects(session.open(CLIPS).write(DELETION, never), faultOf('WrongAccount', message))
    assert.ok(server.seen.every(isSts))
  })

  const stores: readonly (readonly [string, Answer])[] = [
    ['404', { status: 404, body: 'not found' }],
    ['405', s3Error(405, 'MethodNotAllowed')],
    ['501', s3Error(501, 'NotImplemented')],
    ['an unknown action', stsError(400, 'InvalidAction', 'Could not find operation GetCallerIdentity')],
    ['a page', { status: 200, body: '<html></html>' }],
  ]
  for (const [name, answer] of stores) {
    it(`is unknown, and work goes on, where a store without STS answers ${name}`, async (test) => {
      const { session, server } = await open(test, (request) => (isSts(request) ? answer : healthy(request)))
      assert.equal(await session.identity(never), `unknown: ${server.host} has no STS`)
      assert.equal((await session.open(CLIPS).read(['BucketPolicy', 'Cors'], never)).length, 2)
    })
  }

  it('ends for one who gives up waiting, and not for the others', async (test) => {
    const gate = Promise.withResolvers<void>()
    const { session } = await open(test, async () => {
      await gate.promise
      return callerIdentity('123456789012', ARN)
    })
    const impatient = new AbortController()
    const [first, second] = [session.identity(impatient.signal), session.identity(never)]
    const reason = new Error('the pass was stopped')
    impatient.abort(reason)
    await assert.rejects(first, reason)
    gate.resolve()
    assert.equal(await second, ARN)
  })
})

describe('a request to a bucket', () => {
  it('names the account that the bucket must belong to, read or write', async (test) => {
    const { session, server } = await open(test, healthy)
    const driver = session.open(CLIPS)
    await driver.read(['BucketPolicy', 'Cors'], never)
    await driver.write(DELETION, never)
    const owners = server.seen
      .filter((request) => !isSts(request))
      .map(({ headers }) => headers['x-amz-expected-bucket-owner'])
    assert.deepEqual(owners, ['123456789012', '123456789012', '123456789012'])
  })

  it('passes the fence before it writes, and not before it reads', async (test) => {
    const fences: string[] = []
    const { session, server } = await open(test, healthy, { fence: () => fences.push('asked') })
    const driver = session.open(CLIPS)
    await driver.read(['BucketPolicy', 'Cors'], never)
    assert.deepEqual(fences, [])
    await driver.write(DELETION, never)
    assert.deepEqual(fences, ['asked'])
    assert.equal(server.seen.at(-1)?.method, 'DELETE')
  })

  it('is not sent past a fence that is closed', async (test) => {
    const lost = new FaultError({ reason: 'Progressing', message: 'not the leader', retry: 'Backoff' })
    const fence = (): never => {
      throw lost
    }
    const { session, server, calls } = await open(test, healthy, { fence })
    await assert.rejects(session.open(CLIPS).write(DELETION, never), lost)
    assert.deepEqual(
      server.seen.map(({ method }) => method),
      ['POST'],
    )
    assert.deepEqual(
      calls.map(({ operation }) => operation),
      ['GetCallerIdentity'],
    )
  })

  it('is sent once: trying again is the queue’s', async (test) => {
    const { session, server } = await open(test, (request) =>
      isSts(request) ? healthy(request) : s3Error(500, 'InternalError'),
    )
    await assert.rejects(session.open(CLIPS).write(DELETION, never), faultOf('CloudUnavailable'))
    assert.equal(server.seen.filter((request) => !isSts(request)).length, 1)
  })

  it('is counted with its result', async (test) => {
    const { session, calls } = await open(test, (request) =>
      request.url.includes('cors') ? s3Error(403, 'AccessDenied') : healthy(request),
    )
    await assert.rejects(session.open(CLIPS).read(['BucketPolicy', 'Cors'], never), faultOf('AccessDenied'))
    assert.deepEqual(
      calls.map(({ service, operation, result }) => `${service} ${operation} ${result}`).sort(),
      ['s3 GetBucketCors AccessDenied', 's3 GetBucketPolicy ok', 'sts GetCallerIdentity ok'],
    )
  })

  it('ends with the reason of an abort', async (test) => {
    const stop = new AbortController()
    const reason = new Error('the pass was stopped')
    const { session, calls } = await open(test, (request) => {
      if (isSts(request)) return healthy(request)
      stop.abort(reason)
      return Promise.withResolvers<Answer>().promise
    })
    await assert.rejects(session.open(CLIPS).write(DELETION, stop.signal), reason)
    assert.equal(calls.at(-1)?.result, 'Aborted')
  })

  it('names the fault of the policy when policy and CORS fail alike, whoever answers first', async (test) => {
    const gate = Promise.withResolvers<void>()
    const { session } = await open(test, async (request) => {
      if (isSts(request)) return healthy(request)
      if (request.url.includes('cors')) gate.resolve()
      else await gate.promise
      return s3Error(403, 'AccessDenied')
    })
    await assert.rejects(session.open(CLIPS).read(['BucketPolicy', 'Cors'], never), (error) =>
      /s3:GetBucketPolicy on/.test(String(error)),
    )
  })
})

describe('a bucket in another region', () => {
  const ways: readonly (readonly [string, Answer])[] = [
    ['a header', { ...s3Error(301, 'PermanentRedirect'), headers: { 'x-amz-bucket-region': 'us-west-2' } }],
    [
      'the body of AuthorizationHeaderMalformed',
      s3Error(400, 'AuthorizationHeaderMalformed', 'the region is wrong', '<Region>us-west-2</Region>'),
    ],
    [
      'a header of IllegalLocationConstraint',
      {
        ...s3Error(400, 'IllegalLocationConstraintException'),
        headers: { 'x-amz-bucket-region': 'us-west-2' },
      },
    ],
  ]
  for (const [name, redirect] of ways) {
    it(`is found by ${name}, and its region remembered`, async (test) => {
      const { session, server } = await open(test, (request) =>
        regionOf(request) === 'eu-west-1' && !isSts(request) ? redirect : healthy(request),
      )
      const driver = session.open(CLIPS)
      await driver.read(['BucketPolicy', 'Cors'], never)
      const before = server.seen.length
      await session.open(CLIPS).write(DELETION, never)
      await driver.read(['Cors'], never)
      assert.deepEqual(server.seen.slice(before).map(regionOf), ['us-west-2', 'us-west-2'])
    })
  }

  it('is asked twice at most, and then reported', async (test) => {
    const { session, server } = await open(test, (request) => {
      if (isSts(request)) return healthy(request)
      const region = regionOf(request) === 'eu-west-1' ? 'us-west-2' : 'eu-west-1'
      return { ...s3Error(301, 'PermanentRedirect'), headers: { 'x-amz-bucket-region': region } }
    })
    await assert.rejects(session.open(CLIPS).write(DELETION, never), faultOf('WrongRegion'))
    assert.equal(server.seen.filter((request) => !isSts(request)).length, 2)
  })

  it('is not looked for at a host that someone else’s header makes up', async (test) => {
    const { session, server } = await open(test, (request) =>
      isSts(request)
        ? healthy(request)
        : { ...s3Error(301, 'PermanentRedirect'), headers: { 'x-amz-bucket-region': 'evil.example/#' } },
    )
    await assert.rejects(session.open(CLIPS).write(DELETION, never), faultOf('WrongRegion'))
    assert.equal(server.seen.length, 2)
  })
})

describe('a session', () => {
  it('knows the facts of its account', async (test) => {
    const { session } = await open(test, healthy)
    assert.deepEqual(session.facts, { accountId: '123456789012', region: 'eu-west-1', partition: 'aws' })
  })

  it('that is closed says so to a pass that still holds it', async (test) => {
    const { session } = await open(test, healthy)
    session.close()
    session.close()
    await assert.rejects(session.identity(never), faultOf('CloudUnavailable'))
  })

  it('with Azure is not supported yet', async () => {
    const hooks = { fence: () => undefined, onCall: () => undefined }
    await assert.rejects(openSession({}, undefined, hooks), faultOf('NotSupported'))
  })
})

async function open(
  test: TestContext,
  answer: (request: SeenRequest) => Answer | Promise<Answer>,
  { fence = () => undefined }: { readonly fence?: () => unknown } = {},
): Promise<{
  readonly session: CloudSession
  readonly server: AnsweringServer
  readonly calls: CloudCall[]
}> {
  const server = await startAnsweringServer(test, answer)
  const calls: CloudCall[] = []
  const aws = { accountId: '123456789012', region: 'eu-west-1', endpoint: server.endpoint }
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' }
  const hooks = { fence: () => void fence(), onCall: (call: CloudCall) => void calls.push(call) }
  const session = await openSession({ aws }, keys, hooks)
  test.after(() => session.close())
  return { session, server, calls }
}

/** A bucket without documents, and an STS that knows us. */
function healthy(request: SeenRequest): Answer {
  if (isSts(request)) return callerIdentity('123456789012', ARN)
  if (request.method !== 'GET') return { status: 204 }
  return request.url.includes('cors')
    ? s3Error(404, 'NoSuchCORSConfiguration')
    : s3Error(404, 'NoSuchBucketPolicy')
}

function isSts({ method }: SeenRequest): boolean {
  return method === 'POST'
}

/** The region that the request was signed for. */
function regionOf({ headers }: SeenRequest): string | undefined {
  return /Credential=[^/]+\/\d+\/([^/]+)\//.exec(headers.authorization ?? '')?.[1]
}

function faultOf(reason: string, message?: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof FaultError, `${error}`)
    assert.equal(error.fault.reason, reason)
    if (message !== undefined) assert.equal(error.message, message)
    return true
  }
}
