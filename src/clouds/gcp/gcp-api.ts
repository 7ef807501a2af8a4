import type { Json } from '../../plan/json.ts'
import type { HttpRequest, JsonHttp } from '../json-http.ts'
import type { SessionHooks } from '../session-hooks.ts'
import type { GcpAccountSpec, GcpBases } from './account.ts'
import type { GcpCall } from './gcp-call.ts'
import type { GcpCaller } from './gcp-caller.ts'
import { type GcpOperation, isWrite } from './gcp-operation.ts'
import { GoogleError } from './google-error.ts'
import type { TokenSource } from './token-source.ts'

/** What a request is about; the rest of a {@link GcpCall} is the session's. */
export type Subject = Pick<GcpCall, 'bucket' | 'role'>

/** A request of an API: the address is relative to the service's base. */
export interface ApiRequest {
  readonly service: 'storage' | 'iam'
  readonly operation: GcpOperation
  readonly method: HttpRequest['method']
  /** `/storage/v1/b/clips`, with its query. */
  readonly path: string
  readonly body?: Json
  /** Whether a success has the form of this operation's answers; else something on the way gave it. Absent: it is not looked at. */
  readonly isAnswer?: (answer: Json | undefined) => boolean
}

/** What an {@link GcpApi} is made of. */
export interface ApiParts {
  readonly account: GcpAccountSpec
  readonly bases: GcpBases
  readonly http: JsonHttp
  readonly caller: GcpCaller
  readonly tokens: TokenSource
  readonly hooks: SessionHooks
}

/** Requests to Google's JSON APIs, signed, paced, counted, fenced, their errors translated. */
export class GcpApi {
  readonly #parts: ApiParts

  constructor(parts: ApiParts) {
    this.#parts = parts
  }

  /**
   * The answer's body.
   *
   * @param tolerate makes an answer of a refusal that is one, such as "no such role"; else it is translated.
   * @throws FaultError
   */
  async send(
    request: ApiRequest,
    subject: Subject,
    signal: AbortSignal,
    tolerate: (error: unknown) => boolean = () => false,
  ): Promise<Json | undefined> {
    const { account, bases, caller, tokens } = this.#parts
    const { service, operation } = request
    const identity = await tokens.identity(signal)
    const host = new URL(bases[service]).host
    const call: GcpCall = { service, operation, host, projectId: account.projectId, identity, ...subject }
    const ask = async (): Promise<Json | undefined> => {
      try {
        const answer = await this.#ask(request, signal)
        if (request.isAnswer?.(answer) === false) throw new SyntaxError('this is no answer to that')
        return answer
      } catch (error) {
        if (tolerate(error)) return undefined
        throw error
      }
    }
    return caller.run(call, ask, signal)
  }

  /** The fence is the last thing before a write goes to its socket, after the token was renewed. */
  async #ask(
    { service, operation, method, path, body }: ApiRequest,
    signal: AbortSignal,
  ): Promise<Json | undefined> {
    const { account, bases, http, tokens, hooks } = this.#parts
    const token = await tokens.token(signal)
    const quota = account.quotaProjectId
    const headers = {
      authorization: `Bearer ${token}`,
      ...(quota === undefined ? {} : { 'x-goog-user-project': quota }),
    }
    if (isWrite(operation)) hooks.fence()
    try {
      return await http.send(
        { method, url: `${bases[service]}${path}`, headers, ...(body === undefined ? {} : { body }) },
        signal,
      )
    } catch (error) {
      if (error instanceof GoogleError && error.status === 401) tokens.forget(token)
      throw error
    }
  }
}
