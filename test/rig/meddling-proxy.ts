/**
 * A proxy that reads along and answers in the place of the server behind it when it is told to: what a TCP proxy cannot do.
 * It stands in front of the API server (with its certificate) or of a cloud.
 */
import { once } from 'node:events'
import {
  createServer as createHttpServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as requestHttp,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer, request as requestHttps } from 'node:https'
import { freePort } from './free-port.ts'

/** A request as it came. */
export interface Seen {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The status of its answer; undefined while there is none. */
  readonly status: () => number | undefined
}

/** What happens to a request instead of being passed on as it is. */
export type Meddling =
  /** The proxy answers; the server never hears of it. */
  | {
      readonly kind: 'Answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** Kept back from the server, then passed on, unless who asked is gone. */
  | { readonly kind: 'HoldRequest'; readonly until: Promise<unknown> }
  /** Done by the server at once; the answer is kept back. */
  | { readonly kind: 'HoldAnswer'; readonly until: Promise<unknown> }
  /** Passed on with other parameters. */
  | { readonly kind: 'Ask'; readonly query: Readonly<Record<string, string>> }

/** Decides what happens to a request; undefined: nothing. */
export type Meddler = (seen: Seen) => Meddling | undefined

export interface MeddlingProxy {
  readonly port: number
  /** `https://127.0.0.1:…`, or `http:` without an identity. */
  readonly url: string
  /** Every request that came, in order. */
  readonly seen: readonly Seen[]
  /** How many of them have no answer yet, or not all of it; watches are among them. */
  readonly unanswered: number
  /** From now on asks this one before every request; those who came first are asked first. Call what is returned to end it. */
  meddle(meddler: Meddler): () => void
  /** Ends answers that are still flowing in good order, as a server does whose time is over; returns how many there were. */
  endStreams(isIt?: (seen: Seen) => boolean): number
  stop(): Promise<void>
}

export interface MeddlingOptions {
  /** Speaks TLS to both sides: with this certificate to its clients, and trusting it to its server; PEM. */
  readonly identity?: { readonly cert: string; readonly key: string }
}

/** Starts it in front of `target` (scheme, host and port). It does not keep our process running. */
export async function startMeddlingProxy(
  target: string,
  { identity }: MeddlingOptions = {},
): Promise<MeddlingProxy> {
  const seen: Seen[] = []
  const meddlers = new Set<Meddler>()
  const streams = new Map<ServerResponse, Stream>()
  const now = { holding: 0 }

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const bytes = Buffer.concat(await incoming.toArray())
    const asked = seenIn(incoming, bytes, outgoing)
    seen.push(asked)
    const meddling = firstOf(meddlers, asked)
    if (meddling?.kind === 'Answer') return replace(meddling, outgoing)
    if (meddling?.kind === 'HoldRequest') await meddling.until
    if (outgoing.destroyed) return
    const answer = await forward(target, identity?.cert, incoming, bytes, meddling)
    if (meddling?.kind === 'HoldAnswer') return passLater(answer, outgoing, meddling.until)
    flow({ seen: asked, answer }, outgoing, streams)
  }

  const listener = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    now.holding += 1
    outgoing.on('error', () => outgoing.destroy())
    outgoing.once('close', () => {
      now.holding -= 1
    })
    pass(incoming, outgoing).catch(() => outgoing.destroy())
  }
  const server = identity ? createHttpsServer(identity, listener) : createHttpServer(listener)
  const port = await listen(server)
  return {
    port,
    url: `${identity ? 'https' : 'http'}://127.0.0.1:${port}`,
    seen,
    get unanswered() {
      return now.holding
    },
    meddle: (meddler) => {
      meddlers.add(meddler)
      return () => meddlers.delete(meddler)
    },
    endStreams: (isIt = () => true) => {
      const ended = [...streams].filter(([, stream]) => isIt(stream.seen))
      for (const [outgoing, { answer }] of ended) {
        answer.unpipe(outgoing)
        outgoing.end()
      }
      return ended.length
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server): Promise<number> {
  server.keepAliveTimeout = 0 // an idle connection that closes under the next request would be a fault that nobody ordered
  server.on('connection', (socket) => socket.unref())
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return port
}

function replace(
  { status, headers = {}, body = '' }: Extract<Meddling, { kind: 'Answer' }>,
  outgoing: ServerResponse,
): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}

async function passLater(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  until: Promise<unknown>,
): Promise<void> {
  const body = Buffer.concat(await answer.toArray())
  await until
  outgoing.writeHead(answer.statusCode ?? 502, toPassOn(answer.headers)).end(body)
}

/** An answer on its way, and what was asked. */
interface Stream {
  readonly seen: Seen
  readonly answer: IncomingMessage
}

function flow(stream: Stream, outgoing: ServerResponse, streams: Map<ServerResponse, Stream>): void {
  const { answer } = stream
  streams.set(outgoing, stream)
  answer.on('error', () => outgoing.destroy())
  outgoing.on('close', () => {
    streams.delete(outgoing)
    answer.destroy()
  })
  outgoing.writeHead(answer.statusCode ?? 502, toPassOn(answer.headers)).flushHeaders()
  answer.pipe(outgoing)
}

function seenIn(
  { method = '', url = '', headers }: IncomingMessage,
  bytes: Buffer,
  outgoing: ServerResponse,
): Seen {
  const { pathname, searchParams } = new URL(url, 'http://proxy')
  const status = () => (outgoing.headersSent ? outgoing.statusCode : undefined)
  return { method, path: pathname, query: searchParams, headers, body: bytes.toString(), status }
}

function firstOf(meddlers: Iterable<Meddler>, seen: Seen): Meddling | undefined {
  for (const meddler of meddlers) {
    const meddling = meddler(seen)
    if (meddling !== undefined) return meddling
  }
  return undefined
}

/** Every request has a connection of its own: a kept one may be closed by the server at any time. */
async function forward(
  target: string,
  authority: string | undefined,
  incoming: IncomingMessage,
  body: Buffer,
  meddling: Meddling | undefined,
): Promise<IncomingMessage> {
  const url = new URL(incoming.url ?? '/', target)
  const query = meddling?.kind === 'Ask' ? meddling.query : {}
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  const options = { agent: false, method: incoming.method ?? 'GET', headers: toPassOn(incoming.headers) }
  const outgoing = authority ? requestHttps(url, { ...options, ca: authority }) : requestHttp(url, options)
  outgoing.on('socket', (socket) => socket.unref())
  outgoing.end(body)
  const [answer] = await once(outgoing, 'response')
  outgoing.on('error', () => answer.destroy())
  return answer
}

/** Without what concerns one connection alone, which is not passed on (RFC 9110, 7.6.1). */
function toPassOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection, 'keep-alive': _, 'transfer-encoding': __, expect, ...rest } = headers
  return rest
}
