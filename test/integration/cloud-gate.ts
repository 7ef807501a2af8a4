/** A cloud with a door: a test can stand there, see requests come and go, and act just before or after one of them. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { freePort } from '../rig/free-port.ts'

/** A request as people call it: `PUT policy`, `GET cors`, `OPTIONS object`. */
export interface Moment {
  readonly bucket: string
  readonly request: string
  /** Before it reaches the cloud, or after the cloud has done it and before the answer is passed on. */
  readonly when: 'before' | 'after'
  /** The first one, unless it says otherwise. */
  readonly nth?: number
}

export interface CloudGate {
  readonly endpoint: string
  /** Does `act` at the moment; the request (or its answer) is lost then. Resolves when it is done, fails if it never comes. */
  at(moment: Moment, act: () => Promise<unknown>): Promise<unknown>
  /** How many requests came so far. */
  readonly requests: number
  stop(): Promise<void>
}

const LONGEST_WAIT_MS = 40_000

interface Ambush {
  readonly moment: Moment
  readonly spring: () => Promise<void>
  seen: number
}

/** Opens a gate in front of `endpoint`. */
export async function openCloudGate(endpoint: string): Promise<CloudGate> {
  const ambushes = new Set<Ambush>()
  const came = { requests: 0 }
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy())
  })

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    came.requests += 1
    const body = await bytesOf(incoming)
    const ambush = laidFor(incoming)
    if (ambush?.moment.when === 'before') return lose(ambush, outgoing)
    const answer = await forward(endpoint, incoming, body)
    const answerBody = await bytesOf(answer)
    if (ambush !== undefined) return lose(ambush, outgoing)
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(answerBody)
  }

  function laidFor({ method = '', url = '' }: IncomingMessage): Ambush | undefined {
    const { pathname, searchParams } = new URL(url, endpoint)
    const part = ['policy', 'cors'].find((name) => searchParams.has(name)) ?? 'object'
    const here = [...ambushes].filter(
      ({ moment }) => moment.request === `${method} ${part}` && pathname.split('/')[1] === moment.bucket,
    )
    for (const ambush of here) ambush.seen += 1
    return here.find(({ moment, seen }) => seen === (moment.nth ?? 1))
  }

  async function lose(ambush: Ambush, outgoing: ServerResponse): Promise<void> {
    ambushes.delete(ambush)
    await ambush.spring()
    outgoing.destroy()
  }

  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return {
    endpoint: `http://127.0.0.1:${port}`,
    get requests() {
      return came.requests
    },
    at: (moment, act) => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>()
      const never = new Error(`there was no ${moment.request} number ${moment.nth ?? 1} on ${moment.bucket}`)
      const timer = setTimeout(reject, LONGEST_WAIT_MS, never)
      const spring = () =>
        act()
          .then(resolve, reject)
          .finally(() => clearTimeout(timer))
      ambushes.add({ moment, seen: 0, spring })
      return promise
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function forward(endpoint: string, incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const outgoing = request(new URL(incoming.url ?? '/', endpoint), {
    method: incoming.method ?? 'GET',
    headers: incoming.headers,
  })
  outgoing.end(body)
  const [answer] = await once(outgoing, 'response')
  return answer
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await stream.toArray())
}
