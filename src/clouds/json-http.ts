import { Agent, request } from 'undici'
import { type Json, parseLosslessly } from '../plan/json.ts'
import { assertShallow } from './nesting.ts'
import { WHOLE_ANSWER_MS } from './time-limit.ts'

const CONNECT_TIMEOUT_MS = 5_000
const ANSWER_TIMEOUT_MS = 30_000
/** An idle socket goes after this time, before the other side closes it under the next request. */
const IDLE_TIMEOUT_MS = 15_000

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a form is sent as one. */
  readonly body?: Json | URLSearchParams
}

/** Makes an error of an answer that is no success; `body` is undefined where it is not JSON. */
export type Refusal = (status: number, body: Json | undefined, retryAfter: string | undefined) => Error

/**
 * The sockets of one session, and JSON over them. Not the clouds' own SDKs: they try again by themselves, drop fields that
 * they do not know, bring streams and XML along, and read numbers as JavaScript does, which changes strangers' long ones on
 * the way back. What Mooring needs of them are a few requests.
 */
export class JsonHttp {
  readonly #refusal: Refusal
  readonly #wholeAnswerMs: number
  readonly #agent = new Agent({
    allowH2: false,
    connections: 16,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
  })

  /** @param wholeAnswerMs from a request's first byte to its answer's last. */
  constructor(refusal: Refusal, wholeAnswerMs: number = WHOLE_ANSWER_MS) {
    this.#refusal = refusal
    this.#wholeAnswerMs = wholeAnswerMs
  }

  /**
   * The answer's body; undefined for an empty one. No redirect is followed: a token would go along.
   *
   * @throws what the cloud makes of a status that is no success, SyntaxError for a success that is not JSON, undici's error
   * when there was no answer, the signal's reason when it was aborted.
   */
  async send({ method, url, headers, body }: HttpRequest, signal: AbortSignal): Promise<Json | undefined> {
    const isForm = body instanceof URLSearchParams
    const content =
      body === undefined
        ? {}
        : { 'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json' }
    const answer = await request(url, {
      method,
      headers: { accept: 'application/json', 'user-agent': 'mooring', ...content, ...headers },
      body: body === undefined ? null : isForm ? body.toString() : JSON.stringify(body),
      signal: AbortSignal.any([signal, AbortSignal.timeout(this.#wholeAnswerMs)]),
      dispatcher: this.#agent,
    })
    const text = await answer.body.text()
    if (answer.statusCode >= 200 && answer.statusCode < 300)
      return text.trim() === '' ? undefined : parsed(text)
    const after = answer.headers['retry-after']
    throw this.#refusal(answer.statusCode, jsonOrUndefined(text), Array.isArray(after) ? after[0] : after)
  }

  /** Idle sockets close now, busy ones after their answer. May be called twice. */
  close(): void {
    if (!this.#agent.closed) void this.#agent.close()
  }
}

/** @throws SyntaxError, also for what is nested too deeply to be written back. */
function parsed(text: string): Json {
  assertShallow(text)
  return parseLosslessly(text)
}

function jsonOrUndefined(text: string): Json | undefined {
  try {
    return parsed(text)
  } catch {
    return undefined
  }
}
