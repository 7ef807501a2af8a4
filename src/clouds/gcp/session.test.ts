import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { type Fault, FaultError } from '../../api/fault.ts'
import type { Json } from '../../plan/json.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import { type Answer, type SeenRequest, startAnsweringServer } from '../aws/answering-server.ts'
import type { CloudSession, Target } from '../cloud.ts'
import { openSession } from '../index.ts'
import type { CloudCall } from '../session-hooks.ts'
import type { GcpAccountSpec } from './account.ts'

const never = new AbortController().signal
const CLIPS: Target = { kind: 'GcsBucket', key: 'k', name: 'gs://clips', bucket: 'clips' }
const READS: Target = {
  kind: 'CustomRole',
  key: 'r',
  name: 'projects/perception-prod/roles/reads',
  projectId: 'perception-prod',
  roleId: 'reads',
}
const RULE = { origin: ['https://a.example'], method: ['GET'] }
const POLICY = `{"version":1,"etag":"CAE=","bindings":[{"role":"roles/x","members":["user:a@b.c"],"weight":1.0}]}`

/** A project with one bucket, and a token service that knows everybody. */
function healthy({ method, url }: SeenRequest): Answer {
  if (url.endsWith('/serviceAccount'))
    return json({ email_address: 'service-123@gs-project-accounts.iam.gserviceaccount.com' })
  if (url.includes('/token')) return json({ access_token: 'ya29.fresh', expires_in: 3600 })
  if (url.includes(':generateAccessToken'))
    return json({ accessToken: 'ya29.other', expireTime: new Date(Date.now() + 3_600_000).toISOString() })
  if (url.includes('/iam?')) return { status: 200, body: POLICY }
  if (url.includes('/roles/'))
    return json({ error: { code: 404, status: 'NOT_FOUND', message: 'not found' } }, 404)
  return json(
    method === 'PATCH'
      ? { metageneration: '8' }
      : { name: 'clips', metageneration: '7', projectNumber: '123' },
  )
}

function json(body: Json, status = 200): Answer {
  return { status, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

interface Stage {
  readonly session: CloudSession
  readonly seen: readonly SeenRequest[]
  readonly calls: CloudCall[]
}

async function open(
  test: TestContext,
  answer: (request: SeenRequest) => Answer,
  {
    fence = () => undefined,
    account = {},
    secret = (_: string) => ({ accessToken: ' ya29.given\n' }),
  }: {
    readonly fence?: () => unknown
    readonly account?: Partial<GcpAccountSpec>
    readonly secret?: (endpoint: string) => Readonly<Record<string, string>>
  } = {},
): Promise<Stage> {
  const { endpoint, seen } = await startAnsweringServer(test, answer)
  const calls: CloudCall[] = []
  const hooks = { fence: () => void fence(), onCall: (call: CloudCall) => void calls.push(call) }
  const endpoints = { storage: `${endpoint}/`, iam: endpoint, iamCredentials: endpoint }
  const gcp = { projectId: 'perception-prod', endpoints, ...account }
  const session = await openSession({ gcp, requestsPerSecond: 1_000 }, secret(endpoint), hooks)
  test.after(() => session.close())
  return { session, seen, calls }
}

/** A plan that writes these documents, whatever they were. */
async function planFor(
  session: CloudSession,
  name: 'Cors' | 'BucketIam',
  part: unknown,
): Promise<DocumentPlan> {
  const [observed] = await session.open(CLIPS).read([name], never)
  assert.ok(observed !== undefined)
  const { kind, document: before } = observed
  const after = { ...before, entries: [...before.entries, { mark: 'm', part }] }
  return { kind, before, after, changes: [], refused: new Map(), adopted: new Map(), orphans: [] }
}

function faultOf(reason: Fault['reason'], message = /./) {
  return (error: unknown) => {
    assert.ok(error instanceof FaultError, String(error))
    assert.equal(error.fault.reason, reason, error.message)
    assert.match(error.message, message)
    return true
  }
}

const tokensIn = (seen: readonly SeenRequest[]) => seen.map(({ headers }) => headers.authorization)
const pathsIn = (seen: readonly SeenRequest[]) =>
  seen.map(({ method, url }) => `${method} ${url.split('?')[0]}`)

describe('a session with Google Cloud', () => {
  it('asks for its project once, and sends the token of the Secret with everything', async (test) => {
    const { session, seen } = await open(test, healthy)
    const driver = session.open(CLIPS)
    await Promise.all([driver.read(['Cors', 'Lifecycle'], never), session.identity(never)])
    assert.deepEqual(pathsIn(seen).toSorted(), [
      'GET /storage/v1/b/clips',
      'GET /storage/v1/projects/perception-prod/serviceAccount',
    ])
    assert.deepEqual(new Set(tokensIn(seen)), new Set(['Bearer ya29.given']))
    assert.deepEqual(session.facts, { accountId: 'perception-prod', partition: 'gcp', region: '' })
  })

  it('names the project that pays, where the account does', async (test) => {
    const { session, seen } = await open(test, healthy, { account: { quotaProjectId: 'billing' } })
    await session.open(CLIPS).read(['Cors'], never)
    assert.deepEqual(new Set(seen.map(({ headers }) => headers['x-goog-user-project'])), new Set(['billing']))
  })

  it('goes on where a store does not know projects, and not where Google refuses', async (test) => {
    const lacking = await open(test, (request) =>
      request.url.includes('/serviceAccount') ? { status: 404, body: 'none' } : healthy(request),
    )
    await lacking.session.open(CLIPS).read(['Cors'], never)
    const refusing = await open(test, (request) =>
      request.url.includes('/serviceAccount') ? json({ error: { code: 403 } }, 403) : healthy(request),
    )
    const refusal = faultOf('AccessDenied', /resourcemanager\.projects\.get on project "perception-prod"/)
    await assert.rejects(refusing.session.open(CLIPS).read(['Cors'], never), refusal)
    await assert.rejects(refusing.session.open(READS).read(['CustomRole'], never), refusal)
    assert.ok(refusing.seen.every(({ url }) => url.includes('/serviceAccount')))
  })

  it('carries a policy with its etag and every digit, guarded and fenced', async (test) => {
    const order: string[] = []
    const { session, seen } = await open(
      test,
      (request) => {
        order.push(request.method)
        return healthy(request)
      },
      { fence: () => order.push('fence') },
    )
    const plan = await planFor(session, 'BucketIam', { role: 'roles/y', member: 'user:d@e.f' })
    await session.open(CLIPS).write(plan, never)
    assert.deepEqual(order.slice(-2), ['fence', 'PUT'])
    assert.equal(order.filter((step) => step === 'fence').length, 1)
    const sent = seen.at(-1)?.body ?? ''
    assert.equal(
      sent,
      '{"version":3,"etag":"CAE=","bindings":[{"role":"roles/x","members":["user:a@b.c"],"weight":1.0},{"role":"roles/y","members":["user:d@e.f"]}]}',
    )
  })

  it('asks for version 3 of a policy, and changes one field of the bucket if it is as it was read', async (test) => {
    const { session, seen } = await open(test, healthy)
    await planFor(session, 'BucketIam', {})
    assert.ok(seen.some(({ url }) => url === '/storage/v1/b/clips/iam?optionsRequestedPolicyVersion=3'))
    const plan = await planFor(session, 'Cors', RULE)
    await session.open(CLIPS).write(plan, never)
    const { method, url = '', body } = seen.at(-1) ?? {}
    assert.equal(method, 'PATCH')
    assert.match(url, /[?&]ifMetagenerationMatch=7(?:&|$)/)
    assert.match(url, /[?&]projection=noAcl(?:&|$)/)
    assert.deepEqual(JSON.parse(body ?? ''), { cors: [RULE] })
  })

  it('sends no write when it leads no more', async (test) => {
    const stopped = new FaultError({ reason: 'InternalError', message: 'leads no more', retry: 'Backoff' })
    const { session, seen } = await open(test, healthy, {
      fence: () => {
        throw stopped
      },
    })
    const plan = await planFor(session, 'Cors', RULE)
    await assert.rejects(session.open(CLIPS).write(plan, never), stopped)
    assert.ok(seen.every(({ method }) => method === 'GET'))
  })

  it('asks a read again that is turned away, a write not, and counts each', async (test) => {
    const turnedAway = { left: 2 }
    const { session, seen, calls } = await open(test, (request) => {
      if (request.method === 'PATCH') return { status: 503 }
      if (request.url.includes('/b/clips') && turnedAway.left > 0) {
        turnedAway.left -= 1
        return { status: 429 }
      }
      return healthy(request)
    })
    const plan = await planFor(session, 'Cors', RULE)
    await assert.rejects(session.open(CLIPS).write(plan, never), faultOf('Throttled', /status 503/))
    assert.equal(seen.filter(({ method }) => method === 'PATCH').length, 1)
    assert.deepEqual(
      calls.map(({ service, operation, result }) => `${service} ${operation} ${result}`),
      [
        'storage GetStorageServiceAccount ok',
        'storage GetBucket Throttled',
        'storage GetBucket Throttled',
        'storage GetBucket ok',
        'storage PatchBucket Throttled',
      ],
    )
  })

  it('follows no redirect, which would take the token along', async (test) => {
    const other = await startAnsweringServer(test, () => json({}))
    const { session } = await open(test, () => ({
      status: 302,
      headers: { location: `${other.endpoint}/x` },
    }))
    await assert.rejects(session.identity(never), faultOf('CloudUnavailable', /status 302/))
    assert.deepEqual(other.seen, [])
  })

  it('asks for a missing role once', async (test) => {
    const { session, seen } = await open(test, healthy)
    const [observed] = await session.open(READS).read(['CustomRole'], never)
    assert.deepEqual(observed?.document, { entries: [], envelope: { state: 'Absent', read: null } })
    assert.equal(seen.filter(({ url }) => url.includes('/roles/')).length, 1)
  })

  it('that is closed says so to a pass that still holds it', async (test) => {
    const { session } = await open(test, healthy)
    session.close()
    session.close()
    await assert.rejects(session.identity(never), faultOf('CloudUnavailable'))
  })

  it('ends with the reason of an abort', async (test) => {
    const { session } = await open(test, healthy)
    const reason = new Error('the pass was stopped')
    await assert.rejects(session.open(CLIPS).read(['Cors'], AbortSignal.abort(reason)), reason)
  })

  it('without a key in the Secret is refused', async () => {
    const hooks = { fence: () => undefined, onCall: () => undefined }
    await assert.rejects(
      openSession({ gcp: { projectId: 'p' } }, { other: 'x' }, hooks),
      faultOf('CredentialsRejected', /credentials\.json .* accessToken/),
    )
  })

  for (const accessToken of ['ya29.one\nya29.two', 'ya29 two', 'yä29']) {
    it(`with the token ${JSON.stringify(accessToken)} in the Secret is refused, without a word of it`, async () => {
      const hooks = { fence: () => undefined, onCall: () => undefined }
      await assert.rejects(openSession({ gcp: { projectId: 'p' } }, { accessToken }, hooks), (error) => {
        assert.doesNotMatch((error as Error).message, /29/)
        return faultOf('CredentialsRejected', /accessToken .* in one line/)(error)
      })
    })
  }

  it('loads none of Google’s libraries where no account needs them', async () => {
    const script = `
      import { openSession } from './src/clouds/index.ts'
      import { registerHooks } from 'node:module'
      registerHooks({ resolve(name, context, next) { if (/^@?google|^gaxios|gcp.session/.test(name)) console.log(name); return next(name, context) } })
      const hooks = { fence() {}, onCall() {} }
      await openSession({ aws: { accountId: '1', region: 'eu-west-1' } }, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }, hooks)
      console.log('AWS is open')
      await openSession({ gcp: { projectId: 'p' } }, { accessToken: 't' }, hooks)`
    const args = ['--input-type=module', '--eval', script]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    assert.equal(stdout, 'AWS is open\n./gcp/session.ts\n')
  })
})

describe('a service account key', () => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  const email = 'mooring@perception-prod.iam.gserviceaccount.com'
  const keyFor = (endpoint: string) => ({
    'credentials.json': JSON.stringify({
      type: 'service_account',
      client_email: email,
      private_key: privateKey,
      private_key_id: 'k1',
      token_uri: `${endpoint}/token`,
    }),
  })

  it('is exchanged once for a token, for its own token service', async (test) => {
    const { session, seen } = await open(test, healthy, { secret: keyFor })
    assert.equal(await session.identity(never), email)
    await session.open(CLIPS).read(['Cors', 'BucketIam'], never)
    const exchanges = seen.filter(({ url }) => url === '/token')
    assert.equal(exchanges.length, 1)
    const form = new URLSearchParams(exchanges[0]?.body)
    assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [head, claims] = (form.get('assertion') ?? '')
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
    assert.deepEqual(head, { alg: 'RS256', typ: 'JWT', kid: 'k1' })
    assert.equal(claims.iss, email)
    assert.match(claims.aud, /^http:\/\/127\.0\.0\.1:\d+\/token$/)
    assert.ok(
      seen
        .filter((one) => one.url !== '/token')
        .every((one) => one.headers.authorization === 'Bearer ya29.fresh'),
    )
  })

  it('gets another token when one is rejected', async (test) => {
    const rejected = { left: 1 }
    const { session, seen } = await open(
      test,
      (request) => {
        if (request.url.includes('/b/clips') && rejected.left > 0) {
          rejected.left -= 1
          return json({ error: { code: 401, message: 'Invalid Credentials' } }, 401)
        }
        return healthy(request)
      },
      { secret: keyFor },
    )
    await assert.rejects(session.open(CLIPS).read(['Cors'], never), faultOf('CredentialsRejected'))
    await session.open(CLIPS).read(['Cors'], never)
    assert.equal(seen.filter(({ url }) => url === '/token').length, 2)
  })

  it('that was deleted is told without a word of it', async (test) => {
    const refusal = json({ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }, 400)
    const { session } = await open(
      test,
      (request) => (request.url === '/token' ? refusal : healthy(request)),
      { secret: keyFor },
    )
    await assert.rejects(session.identity(never), (error) => {
      assert.doesNotMatch((error as Error).message, /PRIVATE|eyJ/)
      return faultOf('CredentialsRejected', /invalid_grant.*key was deleted/)(error)
    })
  })

  it('that is none is refused at once', async () => {
    const hooks = { fence: () => undefined, onCall: () => undefined }
    const file = { type: 'service_account', client_email: email, private_key: 'SECRET', private_key_id: 'k' }
    await assert.rejects(
      openSession({ gcp: { projectId: 'p' } }, { 'credentials.json': JSON.stringify(file) }, hooks),
      (error) => {
        assert.doesNotMatch((error as Error).message, /SECRET/)
        return faultOf('CredentialsRejected', /PEM/)(error)
      },
    )
  })
})

describe('acting as another service account', () => {
  const account = { impersonateServiceAccount: 'mooring@p.iam.gserviceaccount.com' }

  it('asks once for its token, with our own, and is who it acts as', async (test) => {
    const { session, seen } = await open(test, healthy, { account })
    await session.open(CLIPS).read(['Cors', 'BucketIam'], never)
    assert.equal(await session.identity(never), account.impersonateServiceAccount)
    const asked = seen.filter(({ url }) => url.includes(':generateAccessToken'))
    assert.equal(asked.length, 1)
    assert.equal(asked[0]?.headers.authorization, 'Bearer ya29.given')
    assert.equal(
      asked[0]?.url,
      '/v1/projects/-/serviceAccounts/mooring%40p.iam.gserviceaccount.com:generateAccessToken',
    )
    const others = seen.filter((one) => !asked.includes(one))
    assert.ok(others.every(({ headers }) => headers.authorization === 'Bearer ya29.other'))
  })

  it('that is not allowed has the command that allows it', async (test) => {
    const { session } = await open(
      test,
      (request) =>
        request.url.includes(':generate')
          ? json({ error: { code: 403, status: 'PERMISSION_DENIED' } }, 403)
          : healthy(request),
      { account },
    )
    await assert.rejects(
      session.identity(never),
      faultOf('AccessDenied', /gcloud iam service-accounts add-iam-policy-binding mooring@p\.iam/),
    )
  })
})
