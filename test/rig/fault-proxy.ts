/**
 * A bad day in front of a cloud: some requests are turned away as too many before they are carried out, and of some
 * that were carried out the answer is lost. The other requests pass unchanged.
 */
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import { throttlingAnswer } from './fault-proxy-throttling.ts'
import { freePort } from './free-port.ts'

/** Shares of all requests, from 0 to 1. What is not named stays as it was; in the beginning it is 0. */
export interface FaultRates {
  /** Turned away in the words of their protocol, and not carried out. */
  readonly throttle?: number
  /** Of those that are not turned away: carried out, and then the connection is cut instead of an answer. */
  readonly loseAnswer?: number
}

export interface FaultProxyOptions extends FaultRates {
  /** The fate of the n-th request depends on the seed, on n and on the rates alone. */
  readonly seed?: number
}

export interface FaultCounts {
  /** All that came, those with a fault included. */
  readonly requests: number
  readonly throttled: number
  readonly lost: number
}

export interface FaultProxy {
  readonly endpoint: string
  /** Grows while requests come. */
  readonly counts: FaultCounts
  set(rates: FaultRates): void
  stop(): Promise<void>
}

/** Starts a proxy in front of the cloud at `target` (http://host:port). It does not keep our process running. */
export async function startFaultProxy(
  target: string,
  { seed = 1, ...rates }: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const current = { throttle: 0, loseAnswer: 0, ...rates }
  const counts = { requests: 0, throttled: 0, lost: 0 }
  const chance = chances(seed)

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    counts.requests += 1
    // Both are drawn for every request, so that a rate that changes does not shift the fate of the later ones.
    const [isThrottled, isLost] = [chance() < current.throttle, chance() < current.loseAnswer]
    const body = await bytesOf(incoming)
    if (isThrottled) {
      counts.throttled += 1
      const { status, headers, body: words } = throttlingAnswer(incoming.headers)
      outgoing.writeHead(status, headers).end(words)
      return
    }
    const answer = await carryOut(target, incoming, body)
    const answerBody = await bytesOf(answer)
    if (isLost) {
      counts.lost += 1
      outgoing.destroy()
      return
    }
    outgoing.writeHead(answer.statusCode ?? 502, toPassOn(answer.headers)).end(answerBody)
  }

  const server = createServer((incoming, outgoing) => {
    // Whoever asked is gone, or the cloud is: a cut connection says as much as there is to say.
    outgoing.on('error', () => outgoing.destroy())
    serve(incoming, outgoing).catch(() => outgoing.destroy())
  })
  const endpoint = await listen(server)
  return {
    endpoint,
    counts,
    set: (rates) => {
      Object.assign(current, rates)
    },
    stop: () => close(server),
  }
}

async function listen(server: Server): Promise<string> {
  const port = await freePort()
  // An idle connection that is closed just when the next request is on its way would be a fault that nobody ordered.
  server.keepAliveTimeout = 0
  server.on('connection', (socket) => socket.unref())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return `http://127.0.0.1:${port}`
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

/**
 * Every request has a connection of its own, for the same reason: a server may close idle ones at any time.
 * The Host header stays the client's, because it is part of what a signature covers
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 */
async function carryOut(target: string, incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const outgoing = request(new URL(incoming.url ?? '/', target), {
    agent: false,
    method: incoming.method ?? 'GET',
    headers: toPassOn(incoming.headers),
  })
  outgoing.end(body)
  const [answer] = await once(outgoing, 'response')
  return answer
}

/** Without what concerns one connection alone, which is not passed on (RFC 9110, 7.6.1). */
function toPassOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection, 'keep-alive': _, 'transfer-encoding': __, expect, ...rest } = headers
  return rest
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await stream.toArray())
}

/** Numbers from 0 to 1, always the same ones for the same seed (mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). */
function chances(seed: number): () => number {
  const state = { value: seed | 0 }
  return () => {
    state.value = (state.value + 0x6d2b79f5) | 0
    let mixed = Math.imul(state.value ^ (state.value >>> 15), state.value | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
