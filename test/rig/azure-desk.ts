/** Takes requests in, has them served, and answers. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answer, failure, Refusal, type Service } from './azure-answers.ts'
import { armTask } from './azure-arm.ts'
import { blobTask } from './azure-blob.ts'
import { entraTask } from './azure-entra.ts'
import { graphTask } from './azure-graph.ts'
import { type Incoming, read } from './azure-incoming.ts'
import { metadataTask } from './azure-metadata.ts'
import { subscriptionTask } from './azure-subscriptions.ts'
import type { Fate, Weather } from './azure-weather.ts'
import type { FindTask, Task, World } from './azure-world.ts'
import type { Hooks, Seen } from './gcp-hooks.ts'

export interface RequestRecord {
  readonly service: Service
  /** As `RoleAssignments_Create`, `servicePrincipals.list`, `token`, `preflight`, `blob.read`. */
  readonly operation: string
  readonly method: string
  /** As it came, with the query. */
  readonly path: string
  /** The client id; empty when nobody was signed in. */
  readonly principal: string
  readonly status: number
}

export interface Desk {
  readonly requests: readonly RequestRecord[]
  serve(
    service: Service,
    endpoint: string,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void>
}

const tasks: Readonly<Record<Service, FindTask>> = {
  arm: (world, incoming) => subscriptionTask(world, incoming) ?? armTask(world, incoming),
  graph: graphTask,
  entra: entraTask,
  blob: blobTask,
  metadata: metadataTask,
}

export function makeDesk(world: World, hooks: Hooks, weather: Weather): Desk {
  const requests: RequestRecord[] = []
  const inTurn = makeTurns()

  async function answerTo(service: Service, task: Task, seen: Seen): Promise<Answer> {
    const fate = service === 'arm' || service === 'graph' ? weather.next() : FAIR
    const ordered = fate.isThrottled ? { status: 429, words: undefined } : hooks.failure(seen)
    if (ordered && ordered.status !== LOST)
      throw failure(service, ordered.status, ordered.words, world.settings.retryAfter)
    await hooks.runBefore(seen)
    const answer = await inTurn(service, () => settled(task))
    await hooks.runAfter(seen)
    return fate.isLost || ordered ? { ...answer, isCut: true } : answer
  }

  /** A mistake of the test cloud itself, or of a hook, must not look like a lost connection. */
  function answerOf(error: unknown): Answer {
    if (error instanceof Refusal) return error.answer
    world.violations.push(`The test cloud failed. ${(error as Error).stack}`)
    return { status: 500 }
  }

  async function decide(
    service: Service,
    incoming: Incoming,
  ): Promise<readonly [Answer, Pick<Task, 'operation' | 'principal'>]> {
    const { method, url } = incoming
    const task = tasks[service](world, incoming)
    if (!task) {
      world.violations.push(`The test cloud serves no ${method} ${url.pathname} (${service}).`)
      return [failure(service, 404).answer, { operation: 'unknown', principal: '' }]
    }
    const { operation, principal } = task
    const seen = { method, path: decodeURIComponent(url.pathname), operation, principal }
    return [await answerTo(service, task, seen).catch(answerOf), task]
  }

  tellAtTheEnd(world.violations)
  return {
    requests,
    async serve(service, endpoint, request, outgoing) {
      const incoming = await read(request, endpoint)
      const [answer, { operation, principal }] = await decide(service, incoming)
      const path = `${incoming.url.pathname}${incoming.url.search}`
      requests.push({ service, operation, principal, method: incoming.method, path, status: answer.status })
      send(outgoing, answer, incoming.method)
    },
  }
}

/** A failure of this status is a request that is carried out and whose answer is lost. */
export const LOST = 0

const FAIR: Fate = { isThrottled: false, isLost: false }

/** A refusal is an answer, too: what happens after a request happens after one that is refused as well. */
async function settled(task: Task): Promise<Answer> {
  try {
    return await task.serve()
  } catch (error) {
    if (error instanceof Refusal) return error.answer
    throw error
  }
}

/** Nobody looks at the violations of most tests, so the process that had some fails. */
function tellAtTheEnd(violations: readonly string[]): void {
  process.on('exit', () => {
    if (violations.length === 0) return
    console.error(`The Azure for tests could not do what was asked:\n${violations.join('\n')}`)
    process.exitCode = 1
  })
}

/** Requests to one service are carried out one after the other, so that what Azurite has is what was said last. */
function makeTurns(): <T>(service: Service, work: () => Promise<T>) => Promise<T> {
  const lines = new Map<Service, Promise<unknown>>()
  return (service, work) => {
    const mine = (lines.get(service) ?? Promise.resolve()).then(work, work)
    lines.set(
      service,
      mine.catch(() => undefined),
    )
    return mine
  }
}

function send(
  outgoing: ServerResponse,
  { status, headers = {}, json, bytes, isCut }: Answer,
  method: string,
): void {
  if (isCut) {
    outgoing.destroy()
    return
  }
  const content = json === undefined ? (bytes ?? Buffer.alloc(0)) : Buffer.from(JSON.stringify(json))
  const type = json === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }
  const length = method === 'HEAD' || status === 204 ? {} : { 'content-length': `${content.length}` }
  outgoing.writeHead(status, { ...type, ...headers, ...length, connection: 'close' })
  outgoing.end(method === 'HEAD' || status === 204 ? undefined : content)
}
