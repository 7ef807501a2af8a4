/** Takes requests in, has them checked, signed in and served one after the other, and answers. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answer, errorFor, Refusal } from './gcp-answers.ts'
import { bucketPolicyOperations } from './gcp-bucket-policy.ts'
import { bucketOperations } from './gcp-buckets.ts'
import { preflight } from './gcp-cors.ts'
import type { Discovery, Operation } from './gcp-discovery.ts'
import type { Hooks } from './gcp-hooks.ts'
import { askMetadata } from './gcp-metadata-server.ts'
import { objectOperations, readAsBrowser } from './gcp-objects.ts'
import type { Caller } from './gcp-people.ts'
import { projectOperations } from './gcp-projects.ts'
import { roleOperations } from './gcp-roles.ts'
import { callerOfSelfSigned, credentialsOperations, exchangeAssertion, exchangeToken } from './gcp-sign-in.ts'
import type { Call, Json, Serve, World } from './gcp-world.ts'

export interface RequestRecord {
  /** As `storage.buckets.patch`; `preflight`, `token`, `metadata`, `read` for what no document describes. */
  readonly operation: string
  readonly method: string
  /** As it came, with the query. */
  readonly path: string
  /** Empty when nobody was signed in. */
  readonly principal: string
  /** The project that pays, from the header x-goog-user-project or the parameter userProject. */
  readonly quotaProject?: string
  readonly status: number
}

export interface Desk {
  readonly requests: readonly RequestRecord[]
  readonly violations: string[]
  setMetadataAccount(email: string | undefined): void
  serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>
}

const operations: Readonly<Record<string, Serve>> = {
  ...bucketOperations,
  ...bucketPolicyOperations,
  ...objectOperations,
  ...projectOperations,
  ...roleOperations,
  ...credentialsOperations,
}

interface Incoming {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

interface Outcome {
  readonly operation: string
  readonly principal: string
  readonly answer: Answer
}

export function makeDesk(world: World, hooks: Hooks, discovery: Discovery): Desk {
  const requests: RequestRecord[] = []
  const violations: string[] = []
  const settings: { metadataAccount?: string } = {}
  const inTurn = makeTurns()

  /** A request that the documents describe: understood, signed in, and carried out when its turn comes. */
  async function carryOut(incoming: Incoming, operation: Operation): Promise<Outcome> {
    const { id, scopes } = operation
    const { url, method } = incoming
    const path = decodeURIComponent(url.pathname)
    const caller = signedIn(world, incoming)
    const seen = { method, path, operation: id, principal: caller?.principal ?? '' }
    const outcome = async (): Promise<Answer> => {
      const failure = hooks.failure(seen)
      if (failure) throw errorFor(url.pathname, failure.status, failure.words)
      const call = understood(incoming, operation, violations, discovery)
      if (!caller) throw errorFor(url.pathname, 401)
      mustHaveScope(caller, scopes, url.pathname)
      mustMayUseQuota(world, caller, incoming)
      await hooks.runBefore(seen)
      const serve = operations[id]
      if (!serve) throw violated(violations, url.pathname, `The test cloud does not serve ${id}.`)
      const answer = await inTurn(async () => serve(world, { ...call, caller }))
      await hooks.runAfter(seen)
      return checked(answer, id, call, violations, discovery)
    }
    return { operation: id, principal: seen.principal, answer: await outcome().catch(answerOf) }
  }

  async function decide(incoming: Incoming): Promise<Outcome> {
    const { method, url } = incoming
    const operation = discovery.find(method, url.pathname)
    if (operation) return carryOut(incoming, operation)
    const special = await serveSpecial(world, incoming, settings.metadataAccount)
    if (special) return special
    const refusal = violated(violations, url.pathname, `Google knows no ${method} ${url.pathname}.`)
    return { operation: 'unknown', principal: '', answer: refusal.answer }
  }

  process.on('exit', () => {
    if (violations.length === 0) return
    console.error(`Google's discovery documents do not allow:\n${violations.join('\n')}`)
    process.exitCode = 1
  })

  return {
    requests,
    violations,
    setMetadataAccount(email) {
      if (email === undefined) delete settings.metadataAccount
      else settings.metadataAccount = email
    },
    async serve(request, outgoing) {
      const { headers, method = 'GET', url = '/' } = request
      const incoming = { headers, method, url: new URL(url, world.endpoint), body: await bytesOf(request) }
      const { operation, principal, answer } = await decide(incoming).catch((error) =>
        broken(error, violations),
      )
      const quotaProject = headers['x-goog-user-project'] ?? incoming.url.searchParams.get('userProject')
      const payer = typeof quotaProject === 'string' ? { quotaProject } : {}
      requests.push({ operation, method, path: url, principal, ...payer, status: answer.status })
      send(outgoing, answer, method)
    },
  }
}

/** Requests are carried out one after the other, so that nothing comes between a check and the write it is for. */
function makeTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  const line = { last: Promise.resolve() as Promise<unknown> }
  return (work) => {
    const mine = line.last.then(work, work)
    line.last = mine.catch(() => undefined)
    return mine
  }
}

/** Some paths are part of no API with a document: tokens, the metadata server, and the XML API of browsers. */
async function serveSpecial(
  world: World,
  incoming: Incoming,
  metadataAccount: string | undefined,
): Promise<Outcome | undefined> {
  const { method, url, headers, body } = incoming
  const { pathname } = url
  const as = (operation: string, answer: Answer) => ({ operation, principal: '', answer })
  if (method === 'POST' && pathname === '/token') return as('token', exchangeAssertion(world, body))
  if (method === 'POST' && pathname === '/v1/token') return as('token', exchangeToken(world, body))
  if (pathname.startsWith('/computeMetadata/'))
    return as('metadata', askMetadata(world, pathname, headers['metadata-flavor'], metadataAccount))
  const [, bucket = '', object = ''] =
    /^\/([a-z0-9][-_.a-z0-9]+)\/(.+)$/.exec(decodeURIComponent(pathname)) ?? []
  if (bucket === '' || bucket === 'storage' || bucket === 'v1') return undefined
  const origin = String(headers.origin ?? '')
  if (method === 'OPTIONS') {
    const wanted = String(headers['access-control-request-method'] ?? '')
    const requestHeaders = String(headers['access-control-request-headers'] ?? '')
    return as('preflight', await preflight(world, { bucket, origin, method: wanted, requestHeaders }))
  }
  if (method !== 'GET' && method !== 'HEAD') return undefined
  const caller = signedIn(world, incoming)
  return {
    ...as('read', await readAsBrowser(world, caller, { bucket, object, origin, method })),
    principal: caller?.principal ?? '',
  }
}

function signedIn(world: World, { headers, url }: Incoming): Caller | undefined {
  const [, bearer] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? []
  const token = bearer ?? url.searchParams.get('access_token') ?? ''
  return world.people.callerOf(token) ?? callerOfSelfSigned(world, token)
}

/** https://cloud.google.com/storage/docs/authentication#oauth-scopes */
function mustHaveScope({ scopes }: Caller, wanted: readonly string[], path: string): void {
  if (wanted.some((scope) => scopes.includes(scope))) return
  throw errorFor(path, 403, 'Request had insufficient authentication scopes.')
}

/** https://cloud.google.com/docs/quotas/set-quota-project */
function mustMayUseQuota({ people }: World, { principal }: Caller, { headers, url }: Incoming): void {
  const project = headers['x-goog-user-project']
  if (project === undefined || !people.isDenied(principal, 'serviceusage.services.use')) return
  const words = `Caller does not have required permission to use project ${String(project)}. Grant the caller the roles/serviceusage.serviceUsageConsumer role, or a custom role with the serviceusage.services.use permission.`
  throw errorFor(url.pathname, 403, words)
}

/** The request as it is served; what the documents do not know is a violation. */
function understood(
  { method, url, headers, body }: Incoming,
  { id, parameters, isUpload }: Operation,
  violations: string[],
  discovery: Discovery,
): Omit<Call, 'caller'> {
  const json = isUpload ? undefined : parsed(body)
  const isGarbled = !isUpload && body.length > 0 && json === undefined
  const faults = isGarbled ? ['the body is not JSON'] : discovery.faultsOfRequest(id, url.searchParams, json)
  if (faults.length > 0)
    throw violated(violations, url.pathname, `${method} ${url.pathname}: ${faults.join('; ')}`)
  const path = `${url.pathname}${url.search}`
  return { operation: id, method, path, parameters, query: url.searchParams, headers, body, json: json ?? {} }
}

function parsed(body: Buffer): Json | undefined {
  if (body.length === 0) return undefined
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

/** An answer that the documents do not know is a mistake of the test cloud. */
function checked(
  answer: Answer,
  id: string,
  { query, method, path }: Omit<Call, 'caller'>,
  violations: string[],
  discovery: Discovery,
): Answer {
  const isText = answer.headers?.['content-type']?.startsWith('application/json') ?? false
  const passed = answer.bytes && isText && query.get('alt') !== 'media' ? parsed(answer.bytes) : undefined
  const json = answer.json ?? passed
  const faults = answer.status < 300 && json !== undefined ? discovery.faultsOfAnswer(id, json) : []
  if (faults.length > 0) violations.push(`The answer to ${method} ${path}: ${faults.join('; ')}`)
  return answer
}

function violated(violations: string[], path: string, words: string): Refusal {
  violations.push(words)
  return errorFor(path, 400, words)
}

/** A mistake of the test cloud itself, or of a hook, must not look like a lost connection. */
function broken(error: Error, violations: string[]): Outcome {
  violations.push(`The test cloud failed. ${error.stack}`)
  return { operation: 'unknown', principal: '', answer: { status: 500 } }
}

function answerOf(error: unknown): Answer {
  if (error instanceof Refusal) return error.answer
  throw error
}

function send(outgoing: ServerResponse, { status, headers = {}, json, bytes }: Answer, method: string): void {
  const content = json === undefined ? (bytes ?? Buffer.alloc(0)) : Buffer.from(JSON.stringify(json))
  const type = json === undefined ? {} : { 'content-type': 'application/json; charset=UTF-8' }
  outgoing.writeHead(status, {
    connection: 'close',
    ...type,
    ...headers,
    ...(status !== 204 && { 'content-length': content.length }),
  })
  outgoing.end(method === 'HEAD' ? undefined : content)
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await stream.toArray())
}
