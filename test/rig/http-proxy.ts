/**
 * A proxy that understands HTTP: a test sees each request before it is carried out, and again before its answer is passed on,
 * and decides what becomes of it. It stands in front of a cloud or of the API server, with TLS on either side.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request as plainRequest, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, request as tlsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { freePort } from './free-port.ts'

export interface ProxiedRequest {
  readonly method: string
  /** Path and query, as they came. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface ProxiedAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export type Fate =
  | { readonly do: 'pass' }
  /** This answer instead of the cloud's; decided before, the request is not carried out. */
  | {
      readonly do: 'answer'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body: string | Buffer
    }
  /** The connection is closed without an answer, as by FIN. */
  | { readonly do: 'cut' }
  /** RST without an answer. */
  | { readonly do: 'reset' }
  /** The first half of the answer, then RST. Decided before, the request is carried out all the same. */
  | { readonly do: 'resetInAnswer' }
  /** No answer and no end, until the other side gives up or the proxy stops. */
  | { readonly do: 'hang' }
  /** The first half of the answer, and then nothing more. Decided before, the request is carried out all the same. */
  | { readonly do: 'hangInAnswer' }

export const PASS: Fate = { do: 'pass' }

export interface HttpProxyOptions {
  /** Asked when the whole request is there. */
  readonly decide?: (request: ProxiedRequest) => Fate | Promise<Fate>
  /** Asked when the request was carried out, before anything of its answer is passed on; not asked for a watch. */
  readonly after?: (request: ProxiedRequest, answer: ProxiedAnswer) => Fate | Promise<Fate>
  /** PEM, with which the proxy itself speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** PEM of the authority that the target's certificate is checked against; default: what this process trusts. */
  readonly targetAuthority?: string
}

export interface HttpProxy {
  /** `http://127.0.0.1:…`, or `https:` with `tls`. */
  readonly endpoint: string
  /** Requests that are carried out or wait for it, also of clients that are gone; watches do not count. */
  readonly underWay: number
  stop(): Promise<void>
}

/** Starts a proxy in front of `target` (http or https). It does not keep our process running. */
export async function startHttpProxy(target: string, options: HttpProxyOptions = {}): Promise<HttpProxy> {
  const now = { underWay: 0 }
  const take = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const count = isWatch(incoming.url ?? '') ? 0 : 1
    now.underWay += count
    outgoing.on('error', () => outgoing.destroy())
    const isOver = new Promise((resolve) => outgoing.once('close', resolve))
    serve(target, options, incoming, outgoing)
      // Whoever asked is gone, or the target is: a cut connection says as much as there is to say.
      .catch(() => outgoing.destroy())
      .then(() => isOver)
      .finally(() => {
        now.underWay -= count
      })
  }
  const server = options.tls === undefined ? createServer(take) : createTlsServer(options.tls, take)
  const port = await freePort()
  server.on('connection', (socket: Socket) => socket.unref())
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return {
    endpoint: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    get underWay() {
      return now.underWay
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function serve(
  target: string,
  { decide = () => PASS, after, targetAuthority }: HttpProxyOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const body = Buffer.concat(await incoming.toArray())
  const { method = 'GET', url = '/', headers } = incoming
  const asked: ProxiedRequest = { method, url, headers, body }
  const fate = await decide(asked)
  if (fate.do !== 'pass' && fate.do !== 'resetInAnswer' && fate.do !== 'hangInAnswer')
    return befall(fate, outgoing)
  const found = await forward(target, asked, targetAuthority, outgoing)
  if (isWatch(url)) return passOn(found, outgoing)
  const answer: ProxiedAnswer = {
    status: found.statusCode ?? 502,
    headers: found.headers,
    body: Buffer.concat(await found.toArray()),
  }
  const late = fate.do === 'pass' ? ((await after?.(asked, answer)) ?? PASS) : fate
  befall(late, outgoing, answer)
}

function isWatch(url: string): boolean {
  return /[?&]watch=(?:true|1)(?:&|$)/.test(url)
}

async function forward(
  target: string,
  { method, url, headers, body }: ProxiedRequest,
  ca: string | undefined,
  client: ServerResponse,
): Promise<IncomingMessage> {
  const { connection: _, 'transfer-encoding': __, ...passed } = headers
  const length = body.length > 0 || headers['content-length'] !== undefined
  const send = target.startsWith('https:') ? tlsRequest : plainRequest
  const outgoing = send(new URL(url, target), {
    agent: false,
    method,
    headers: { ...passed, ...(length ? { 'content-length': String(body.length) } : {}) },
    ...(ca === undefined ? {} : { ca }),
  })
  // A watch ends with the one who watches; anything else is carried out even so.
  if (isWatch(url)) client.once('close', () => outgoing.destroy())
  outgoing.end(body)
  const [answer] = await once(outgoing, 'response')
  return answer
}

async function passOn(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(answer.statusCode ?? 502, toPassOn(answer.headers))
  outgoing.flushHeaders()
  answer.on('error', () => outgoing.destroy())
  answer.pipe(outgoing)
}

function befall(fate: Fate, outgoing: ServerResponse, answer?: ProxiedAnswer): void {
  switch (fate.do) {
    case 'pass':
      if (answer === undefined) outgoing.destroy()
      else outgoing.writeHead(answer.status, toPassOn(answer.headers)).end(answer.body)
      return
    case 'answer':
      outgoing.writeHead(fate.status, { ...fate.headers }).end(fate.body)
      return
    case 'cut':
      outgoing.destroy()
      return
    case 'reset':
      reset(outgoing)
      return
    case 'resetInAnswer':
      half(answer, outgoing, () => reset(outgoing))
      return
    case 'hangInAnswer':
      half(answer, outgoing, () => undefined)
      return
    case 'hang':
      return
  }
}

function half(answer: ProxiedAnswer | undefined, outgoing: ServerResponse, then: () => void): void {
  const { status = 200, headers = {}, body = Buffer.from('half') } = answer ?? {}
  const length = Math.max(body.length, 2)
  outgoing.writeHead(status, { ...toPassOn(headers), 'content-length': String(length) })
  outgoing.write(body.length < 2 ? Buffer.from('.') : body.subarray(0, Math.floor(body.length / 2)), then)
}

/** Node.js resets no connection with TLS; there it is closed in the middle, which is as good as an RST to who reads it. */
function reset(outgoing: ServerResponse): void {
  const { socket } = outgoing
  if (socket instanceof TLSSocket) socket.destroy()
  else socket?.resetAndDestroy()
}

/** The body is passed on as it came; how it was cut into pieces is the connection's own matter. */
function toPassOn(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  const { connection: _, 'keep-alive': __, 'transfer-encoding': ___, ...passed } = headers
  return passed
}
