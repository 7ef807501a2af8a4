import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { type Fault, FaultError } from '../../api/fault.ts'
import type { Json, JsonObject } from '../../plan/json.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import type { Claimed } from '../../plan/plan-target.ts'
import { type Answer, type SeenRequest, startAnsweringServer } from '../aws/answering-server.ts'
import type { CloudSession, Target } from '../cloud.ts'
import type { CloudCall } from '../session-hooks.ts'
import type { AzureAccountSpec } from './account.ts'
import { AzureSession } from './session.ts'

const never = new AbortController().signal
const TENANT = '11111111-0000-4000-8000-000000000001'
const SUBSCRIPTION = '22222222-0000-4000-8000-000000000002'
const APPLICATION = 'd47021c7-05d1-44c3-a594-93c2c30c68fc'
const READER = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
const ID = `/subscriptions/${SUBSCRIPTION}/resourceGroups/ml/providers/Microsoft.Storage/storageAccounts/clips`
const CLIPS: Target = {
  kind: 'StorageAccount',
  key: 'k',
  name: ID.toLowerCase(),
  resourceGroup: 'ml',
  storageAccount: 'clips',
}
const SERVICE = `{"id":"/x/blobServices/default","sku":{"name":"Standard_LRS"},"properties":{"cors":{"corsRules":[]},"newer":{"ratio":1.0,"big":12345678901234567890},"restorePolicy":{"enabled":true,"days":5,"minRestoreTime":"2026-11-01T00:00:00Z"}}}`
const RULE = {
  allowedOrigins: ['https://a.example'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposedHeaders: [],
  maxAgeInSeconds: 60,
}
const CLAIM: Claimed = {
  mark: '',
  stance: 'Wants',
  document: 'RoleAssignments',
  name: 'e',
  body: {
    part: {
      clientId: APPLICATION.toUpperCase(),
      roleDefinitionId: READER,
      roleName: 'r',
      scope: 'container/images',
    },
  },
}

function json(body: Json, status = 200): Answer {
  return { status, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
}

/** A subscription with one account, and a tenant where the vendor's application is. */
function healthy({ url }: SeenRequest): Answer {
  if (url.startsWith(`/subscriptions/${SUBSCRIPTION}?`))
    return json({ subscriptionId: SUBSCRIPTION, tenantId: TENANT })
  if (url.includes('/roleAssignments')) return json({ value: [] })
  if (url.includes('/blobServices/')) return { status: 200, body: SERVICE }
  if (url.startsWith('/v1.0/servicePrincipals'))
    return json({ value: [{ id: 'object-1', appId: APPLICATION }] })
  return json({
    id: `/x/storageAccounts/clips`,
    location: 'westeurope',
    properties: { primaryEndpoints: { blob: 'https://clips.z01.blob.storage.azure.net/' } },
  })
}

interface Stage {
  readonly endpoint: string
  readonly session: CloudSession
  readonly seen: readonly SeenRequest[]
  readonly calls: readonly CloudCall[]
  readonly forgotten: readonly string[]
}

const claims = Buffer.from(JSON.stringify({ appid: 'app', oid: 'obj', tid: TENANT })).toString('base64url')

async function open(
  test: TestContext,
  answer: (request: SeenRequest, endpoint: string) => Answer,
  {
    fence = () => undefined,
    words = {},
    tid = claims,
  }: {
    readonly fence?: () => unknown
    readonly words?: Partial<AzureAccountSpec>
    readonly tid?: string
  } = {},
): Promise<Stage> {
  const base = { endpoint: '' }
  const { endpoint, seen } = await startAnsweringServer(test, (request) => answer(request, base.endpoint))
  base.endpoint = endpoint
  const calls: CloudCall[] = []
  const forgotten: string[] = []
  const hooks = { fence: () => void fence(), onCall: (call: CloudCall) => void calls.push(call) }
  const endpoints = { resourceManager: `${endpoint}/`, graph: endpoint, authority: endpoint }
  const tokens = () => ({
    token: async (audience: string) => `${audience}.${tid}.s`,
    forget: (_: string, token: string) => void forgotten.push(token),
  })
  const session = new AzureSession(
    { tenantId: TENANT, subscriptionId: SUBSCRIPTION, endpoints, ...words },
    1_000,
    tokens,
    hooks,
  )
  test.after(() => session.close())
  return { endpoint, session, seen, calls, forgotten }
}

async function planFor(
  session: CloudSession,
  name: 'Cors' | 'RoleAssignments',
  part: unknown,
): Promise<DocumentPlan> {
  const [observed] = await session.open(CLIPS).read([name], never, [CLAIM])
  assert.ok(observed !== undefined)
  const { kind, document: before } = observed
  const mark = 'Mooring00000001000000000000000100000001'
  const after = { ...before, entries: [...before.entries, { mark, part }] }
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

const pathsIn = (seen: readonly SeenRequest[]) =>
  seen.map(({ method, url }) => `${method} ${url.split('?')[0]}`)
const lastOf = (seen: readonly SeenRequest[]) => seen.at(-1) as SeenRequest

describe('a session with Azure', () => {
  it('asks for its subscription once, and sends each service its own token', async (test) => {
    const { session, seen } = await open(test, healthy)
    const driver = session.open(CLIPS)
    await Promise.all([driver.read(['Cors'], never), session.identity(never)])
    await driver.read(['RoleAssignments'], never, [CLAIM, CLAIM])
    assert.equal(pathsIn(seen).filter((path) => path === `GET /subscriptions/${SUBSCRIPTION}`).length, 1)
    for (const { url, headers } of seen) {
      const audience = url.startsWith('/v1.0/') ? 'graph' : 'arm'
      assert.equal(headers.authorization, `Bearer ${audience}.${claims}.s`)
    }
    assert.equal(await session.identity(never), 'application app (object obj)')
    assert.deepEqual(session.facts, { accountId: SUBSCRIPTION, partition: 'azure', region: '' })
  })

  it('reads role assignments of the account and of claimed containers, and looks each application up once', async (test) => {
    const { session, seen } = await open(test, healthy)
    const [observed] = await session.open(CLIPS).read(['RoleAssignments'], never, [CLAIM, CLAIM])
    const lists = seen
      .map(({ url }) => decodeURIComponent(url))
      .filter((url) => /roleAssignments|servicePrincipals/.test(url))
    assert.deepEqual(lists.toSorted(), [
      `${ID}/blobServices/default/containers/images/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=atScope()`,
      `${ID}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`,
      `/v1.0/servicePrincipals?$filter=appId eq '${APPLICATION}'&$select=id,appId,tags,accountEnabled,disabledByMicrosoftStatus`,
    ])
    const envelope = observed?.document.envelope as JsonObject | undefined
    assert.deepEqual(envelope?.principals, { [APPLICATION]: 'object-1' })
  })

  it('tells location and address, and those of the account’s own address where it has one', async (test) => {
    const { session } = await open(test, healthy)
    const driver = session.open(CLIPS)
    assert.deepEqual(driver.facts(), {})
    await driver.read([], never)
    assert.deepEqual(driver.facts(), {
      location: 'westeurope',
      blobEndpoint: 'https://clips.z01.blob.storage.azure.net/',
    })
  })

  it('touches nothing where token or subscription are another tenant’s', async (test) => {
    const other = Buffer.from(JSON.stringify({ tid: 'other' })).toString('base64url')
    const byToken = await open(test, healthy, { tid: other })
    await assert.rejects(
      byToken.session.open(CLIPS).read(['Cors'], never),
      faultOf('WrongAccount', /of tenant other/),
    )
    assert.deepEqual(byToken.seen, [])
    const bySubscription = await open(test, (request) =>
      request.url.startsWith(`/subscriptions/${SUBSCRIPTION}?`)
        ? json({ subscriptionId: SUBSCRIPTION, tenantId: 'other' })
        : healthy(request),
    )
    await assert.rejects(
      bySubscription.session.open(CLIPS).read(['Cors'], never),
      faultOf('WrongAccount', /belongs to tenant other/),
    )
    assert.equal(bySubscription.seen.length, 1)
  })

  it('goes through the pages of a list, and never to another address with its token', async (test) => {
    const paged = (link: (endpoint: string) => string) => (request: SeenRequest, endpoint: string) =>
      request.url.includes('/roleAssignments') && !request.url.includes('page=2')
        ? json({ value: [], nextLink: link(endpoint) })
        : healthy(request)
    const own = await open(
      test,
      paged((endpoint) => `${endpoint}${ID}/providers/Microsoft.Authorization/roleAssignments?page=2`),
    )
    await own.session.open(CLIPS).read(['RoleAssignments'], never)
    assert.ok(own.seen.some(({ url }) => url.includes('page=2')))
    for (const link of [() => 'https://evil.example/x', (endpoint: string) => `${endpoint}.evil.example/x`]) {
      const stolen = await open(test, paged(link))
      await assert.rejects(
        stolen.session.open(CLIPS).read(['RoleAssignments'], never),
        faultOf('UnreadableDocument', /another address/),
      )
    }
  })

  it('writes a blob service back with its unknown settings and all their digits, read right before', async (test) => {
    const { session, seen } = await open(test, healthy)
    await session.open(CLIPS).write(await planFor(session, 'Cors', RULE), never)
    assert.deepEqual(pathsIn(seen).slice(-2), [
      `GET ${ID}/blobServices/default`,
      `PUT ${ID}/blobServices/default`,
    ])
    assert.equal(
      lastOf(seen).body,
      `{"properties":{"cors":{"corsRules":[${JSON.stringify(RULE)}]},"newer":{"ratio":1.0,"big":12345678901234567890},"restorePolicy":{"enabled":true,"days":5}}}`,
    )
  })

  it('lets the fence decide right before each write, and then sends nothing', async (test) => {
    const leads = { now: true }
    const fence = () => {
      if (!leads.now)
        throw new FaultError({ reason: 'CloudUnavailable', message: 'leads no more', retry: 'Backoff' })
    }
    const { session, seen } = await open(test, healthy, { fence })
    const cors = await planFor(session, 'Cors', RULE)
    const roles = await planFor(session, 'RoleAssignments', {
      principalId: 'p',
      roleDefinitionId: READER,
      scope: '',
    })
    leads.now = false
    for (const plan of [cors, roles])
      await assert.rejects(
        session.open(CLIPS).write(plan, never),
        faultOf('CloudUnavailable', /leads no more/),
      )
    assert.deepEqual(new Set(seen.map(({ method }) => method)), new Set(['GET']))
  })

  it('sends a throttled read again, and a write never', async (test) => {
    const answers = { reads: 0, writes: 0 }
    const { session, calls } = await open(test, (request) => {
      if (request.method === 'PUT') {
        answers.writes += 1
        return json({ error: { code: 'TooManyRequests' } }, 429)
      }
      if (!request.url.includes('/blobServices/')) return healthy(request)
      answers.reads += 1
      return answers.reads === 1 ? json({ error: { code: 'TooManyRequests' } }, 429) : healthy(request)
    })
    const plan = await planFor(session, 'Cors', RULE)
    await assert.rejects(session.open(CLIPS).write(plan, never), faultOf('Throttled'))
    assert.deepEqual(answers, { reads: 3, writes: 1 })
    assert.deepEqual(
      calls
        .filter(({ result }) => result === 'Throttled')
        .map(({ service, operation }) => [service, operation]),
      [
        ['arm', 'GetBlobService'],
        ['arm', 'PutBlobService'],
      ],
    )
  })

  it('tells a container that is gone from an account that is gone, which would settle a departure', async (test) => {
    const { session } = await open(test, (request) =>
      request.method === 'PUT' ? json({ error: { code: 'ResourceNotFound' } }, 404) : healthy(request),
    )
    const part = { principalId: 'p', roleDefinitionId: READER, scope: 'container/images' }
    const plan = await planFor(session, 'RoleAssignments', part)
    await assert.rejects(
      session.open(CLIPS).write(plan, never),
      faultOf('ContainerNotFound', /container "images"/),
    )
  })

  it('gives up a rejected token', async (test) => {
    const { session, forgotten } = await open(test, ({ url }) =>
      url.startsWith('/v1.0/')
        ? json({ error: { code: 'InvalidAuthenticationToken' } }, 401)
        : healthy({ url } as SeenRequest),
    )
    await assert.rejects(
      session.open(CLIPS).read(['RoleAssignments'], never, [CLAIM]),
      faultOf('CredentialsRejected'),
    )
    assert.deepEqual(forgotten, [`graph.${claims}.s`])
  })

  it('ends what waits for it when it is closed', async (test) => {
    const { session } = await open(test, healthy)
    session.close()
    session.close()
    await assert.rejects(session.identity(never), (error) => error instanceof Error)
  })

  it('refuses another cloud’s target as a bug', async (test) => {
    const { session } = await open(test, healthy)
    const bucket: Target = { kind: 'S3Bucket', key: 'b', name: 's3://b', bucket: 'b' }
    assert.throws(() => session.open(bucket), /another cloud/)
  })
})

describe('Azure’s library', () => {
  it('is loaded by the first token of an Azure account, and by nothing else', async () => {
    const script = `
      import { registerHooks } from 'node:module'
      const loaded = new Set()
      registerHooks({ resolve: (name, context, next) => {
        if (name.startsWith('@azure/')) loaded.add(name)
        if (name.includes('azure/session')) loaded.add(name)
        return next(name, context)
      } })
      const { openSession } = await import(${JSON.stringify(new URL('../index.ts', import.meta.url).href)})
      const hooks = { fence() {}, onCall() {} }
      await openSession({ aws: { accountId: '1', region: 'eu-west-1' } }, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }, hooks)
      await openSession({ gcp: { projectId: 'p' } }, { accessToken: 't' }, hooks)
      console.log([...loaded].join() || 'nothing of Azure')
      const endpoints = { authority: 'https://127.0.0.1:1' }
      const azure = { tenantId: 't', subscriptionId: 's', endpoints }
      const session = await openSession({ azure }, { AZURE_CLIENT_ID: 'a', AZURE_CLIENT_SECRET: 'b' }, hooks)
      console.log([...loaded].join())
      await session.identity(new AbortController().signal).catch(() => undefined)
      console.log(loaded.has('@azure/identity') ? 'the library' : 'no library')
      session.close()`
    const args = ['--input-type=module', '--eval', script]
    const { stdout } = await promisify(execFile)(process.execPath, args)
    assert.equal(stdout, 'nothing of Azure\n./azure/session.ts\nthe library\n')
  })
})
