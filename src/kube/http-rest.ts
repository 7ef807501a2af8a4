import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { AgentPools, type Pool } from './agent-pools.ts'
import { type Clock, sleep, systemClock } from './clock.ts'
import type { Connection } from './connection.ts'
import { abandoned, orAborted, withDeadline } from './deadline.ts'
import { notSent } from './fenced-rest.ts'
import { httpFailure } from './http-failure.ts'
import { KubeError } from './kube-error.ts'
import { networkError } from './network-error.ts'
import type { Query, Rest, RestRequest, StreamRequest } from './rest.ts'
import { retryDelayMs } from './retry-rule.ts'

const unzip = promisify(gunzip)

export interface HttpRestOptions {
  /** Sent as User-Agent, such as `mooring/0.1.0`. */
  readonly userAgent?: string
  readonly clock?: Clock
  /** Called once per answer or failure, for metrics. */
  readonly onAnswer?: (answer: ApiAnswer) => void
}

/** One answer, as metrics count it. */
export interface ApiAnswer {
  readonly method: string
  readonly pool: Pool
  /** 0: a failure without an answer. */
  readonly status: number
  /** Until its first byte. */
  readonly seconds: number
}

type Answer = Dispatcher.ResponseData

/** Talks to the API server over three pools of HTTP/1.1 connections: api, lease and watch. */
export class HttpRest implements Rest {
  readonly #connection: Connection
  readonly #pools = new AgentPools()
  readonly #clock: Clock
  readonly #options: HttpRestOptions
  readonly #origin: string
  readonly #prefix: string

  constructor(connection: Connection, options: HttpRestOptions = {}) {
    const url = new URL(connection.server)
    this.#connection = connection
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#origin = url.origin
    this.#prefix = url.pathname.replace(/\/+$/, '')
  }

  request<T>(request: RestRequest): Promise<T> {
    const { method, path, pool = 'api', signal } = request
    const what = `${method} ${path}`
    const timeoutMs = request.timeoutMs ?? (pool === 'lease' ? 5_000 : 30_000)
    return withDeadline(what, { timeoutMs, signal, clock: this.#clock }, (deadline) =>
      this.#persist(method, deadline, async () => {
        const answer = await this.#send(pool, what, { ...request, signal: deadline })
        return decode<T>(what, answer)
      }),
    )
  }

  async *stream(request: StreamRequest): AsyncGenerator<Uint8Array> {
    const what = `WATCH ${request.path}`
    try {
      const { idleMs: bodyTimeout = 120_000, onOpen, ...rest } = request
      const sent = this.#send('watch', what, { method: 'GET', ...rest, bodyTimeout })
      const answer = await orAborted(request.signal, sent)
      onOpen?.()
      for await (const chunk of answer.body) yield chunk as Uint8Array
    } catch (error) {
      throw request.signal.aborted ? abandoned(what) : networkError(what, error)
    }
  }

  close(): Promise<void> {
    return this.#pools.close()
  }

  async #persist<T>(method: string, signal: AbortSignal, send: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await send()
      } catch (error) {
        const delay = retryDelayMs(method, attempt, error)
        if (delay === undefined || signal.aborted) throw error
        await sleep(this.#clock, delay, signal)
        if (signal.aborted) throw error
      }
    }
  }

  /** One answer of success. Rotated credentials and a rotated CA are read again, once each time they are refused. */
  async #send(pool: Pool, what: string, request: Outgoing): Promise<Answer> {
    try {
      return await this.#exchange(pool, what, request, false)
    } catch (error) {
      const refused = error instanceof KubeError && (error.status === 401 || error.reason === 'TlsFailed')
      if (!refused || request.signal.aborted) throw error
      return await this.#exchange(pool, what, request, true)
    }
  }

  async #exchange(pool: Pool, what: string, request: Outgoing, renew: boolean): Promise<Answer> {
    const started = this.#clock.now()
    const report = (status: number) => {
      const seconds = (this.#clock.now() - started) / 1_000
      this.#options.onAnswer?.({ method: request.method, pool, status, seconds })
    }
    try {
      const answer = await this.#dispatch(pool, what, request, renew)
      report(answer.statusCode)
      if (answer.statusCode >= 200 && answer.statusCode < 300) return answer
      throw httpFailure(what, answer.statusCode, await text(answer), header(answer, 'retry-after'))
    } catch (error) {
      if (!(error instanceof KubeError) || (error.status === 0 && error.reason !== 'NotLeader')) report(0)
      throw networkError(what, error)
    }
  }

  async #dispatch(pool: Pool, what: string, request: Outgoing, renew: boolean): Promise<Answer> {
    const tls = await this.#connection.tls(renew)
    const authorization = await this.#connection.authorization(renew)
    if (request.maySend?.() === false) throw notSent(what)
    return this.#pools.use(pool, tls).request({
      origin: this.#origin,
      path: `${this.#prefix}${request.path}${queryString(request.query)}`,
      method: request.method,
      headers: headers(request, pool, authorization, this.#options.userAgent),
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal: request.signal,
      ...(request.bodyTimeout === undefined ? {} : { bodyTimeout: request.bodyTimeout }),
    })
  }
}

type Outgoing = Pick<RestRequest, 'method' | 'path' | 'query' | 'body' | 'contentType' | 'maySend'> & {
  readonly signal: AbortSignal
  readonly bodyTimeout?: number
}

/** Lists come zipped; a watch must not, since its events would wait in the compressor. */
function headers(request: Outgoing, pool: Pool, authorization: string | undefined, userAgent = 'mooring') {
  return {
    accept: 'application/json',
    'user-agent': userAgent,
    ...(pool === 'api' && request.method === 'GET' ? { 'accept-encoding': 'gzip' } : {}),
    ...(authorization ? { authorization } : {}),
    ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
  }
}

function queryString(query: Query = {}): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}

function header(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}

async function text(answer: Answer): Promise<string> {
  const bytes = await answer.body.bytes()
  const plain = header(answer, 'content-encoding') === 'gzip' ? await unzip(bytes) : Buffer.from(bytes)
  return plain.toString('utf8')
}

async function decode<T>(what: string, answer: Answer): Promise<T> {
  const body = await text(answer).catch((error: unknown) => {
    throw networkError(what, error)
  })
  try {
    return JSON.parse(body) as T
  } catch {
    const message = `${what}: the answer is not JSON`
    throw new KubeError({ status: answer.statusCode, reason: 'BadAnswer', message })
  }
}
