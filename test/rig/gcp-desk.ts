/** Takes requests in, has them checked and served one after the other, and answers. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answer, errorFor, Refusal } from './gcp-answers.ts'
import { bucketPolicyOperations } from './gcp-bucket-policy.ts'
import { bucketOperations } from './gcp-buckets.ts'
import { type Checks, makeChecks, mustHaveScope, mustMayCharge } from './gcp-checks.ts'
import type { Discovery, Operation } from './gcp-discovery.ts'
import type { Hooks, Seen } from './gcp-hooks.ts'
import { callerOf, type Incoming, payerOf, read } from './gcp-incoming.ts'
import { objectOperations } from './gcp-objects.ts'
import { otherRequest } from './gcp-other-paths.ts'
import { projectOperations } from './gcp-projects.ts'
import { roleOperations } from './gcp-roles.ts'
import { credentialsOperations } from './gcp-sign-in.ts'
import type { Serve, World } from './gcp-world.ts'

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

/** What a request asks for, and how its answer is made. */
interface Task {
  readonly operation: string
  serve(): Answer | Promise<Answer>
}

export function makeDesk(world: World, hooks: Hooks, discovery: Discovery): Desk {
  const requests: RequestRecord[] = []
  const checks = makeChecks(discovery)
  const carryOut = makeCarrier(world, checks)

  function taskOf(incoming: Incoming): Task {
    const { method, url } = incoming
    const operation = discovery.find(method, url.pathname)
    const other = operation ? undefined : otherRequest(world, incoming)
    if (operation) return { operation: operation.id, serve: () => carryOut(incoming, operation) }
    if (other) return other
    throw checks.violated(url.pathname, `Google knows no ${method} ${url.pathname}.`)
  }

  async function answerTo({ url }: Incoming, serve: Task['serve'], seen: Seen): Promise<Answer> {
    const failure = hooks.failure(seen)
    if (failure) throw errorFor(url.pathname, failure.status, failure.words)
    await hooks.runBefore(seen)
    const answer = await settled(serve)
    await hooks.runAfter(seen)
    return answer
  }

  /** A mistake of the test cloud itself, or of a hook, must not look like a lost connection. */
  function answerOf(error: unknown): Answer {
    if (error instanceof Refusal) return error.answer
    checks.violations.push(`The test cloud failed. ${(error as Error).stack}`)
    return { status: 500 }
  }

  async function decide(
    incoming: Incoming,
  ): Promise<Pick<RequestRecord, 'operation' | 'principal'> & { answer: Answer }> {
    const principal = callerOf(world, incoming)?.principal ?? ''
    const { method, url } = incoming
    let operation = 'unknown'
    try {
      const task = taskOf(incoming)
      operation = task.operation
      const seen = { method, path: decodeURIComponent(url.pathname), operation, principal }
      return { operation, principal, answer: await answerTo(incoming, task.serve, seen) }
    } catch (error) {
      return { operation, principal, answer: answerOf(error) }
    }
  }

  tellAtTheEnd(checks.violations)
  return {
    requests,
    violations: checks.violations,
    async serve(request, outgoing) {
      const incoming = await read(request, world.endpoint)
      const { answer, ...who } = await decide(incoming)
      requests.push({ ...who, ...recordOf(incoming), status: answer.status })
      send(outgoing, answer, incoming.method)
    },
  }
}

/** Serves the operations of the documents. Whoever is not known, or may not even ask, is told before anything else. */
function makeCarrier(
  world: World,
  checks: Checks,
): (incoming: Incoming, operation: Operation) => Promise<Answer> {
  const inTurn = makeTurns()
  return async (incoming, operation) => {
    const { pathname } = incoming.url
    const caller = callerOf(world, incoming)
    if (!caller) throw errorFor(pathname, 401)
    mustHaveScope(caller, operation.scopes, pathname)
    mustMayCharge(world, caller, payerOf(incoming), pathname)
    const call = checks.understood(incoming, operation)
    const serve = operations[operation.id]
    if (!serve) throw checks.violated(pathname, `The test cloud does not serve ${operation.id}.`)
    const answer = await inTurn(async () => serve(world, { ...call, caller }))
    checks.checkAnswer(answer, call)
    return answer
  }
}

/** A refusal is an answer, too: what happens after a request happens after one that is refused as well. */
async function settled(serve: Task['serve']): Promise<Answer> {
  try {
    return await serve()
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}

function recordOf(incoming: Incoming): Pick<RequestRecord, 'method' | 'path' | 'quotaProject'> {
  const { method, url } = incoming
  const quotaProject = payerOf(incoming)
  return { method, path: `${url.pathname}${url.search}`, ...(quotaProject !== undefined && { quotaProject }) }
}

/** Nobody looks at the violations of most tests, so the process that had some fails. */
function tellAtTheEnd(violations: readonly string[]): void {
  process.on('exit', () => {
    if (violations.length === 0) return
    console.error(`Google's discovery documents do not allow:\n${violations.join('\n')}`)
    process.exitCode = 1
  })
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
