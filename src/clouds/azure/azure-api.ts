import { isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import type { HttpRequest, JsonHttp } from '../json-http.ts'
import type { SessionHooks } from '../session-hooks.ts'
import { asList, unreadable } from '../unreadable.ts'
import type { AzureAccountSpec, AzureBases } from './account.ts'
import type { AzureCall, Subject } from './azure-call.ts'
import type { AzureCaller } from './azure-caller.ts'
import { AzureError } from './azure-error.ts'
import { type AzureOperation, isWrite } from './azure-operation.ts'
import { claimsIn } from './token-claims.ts'
import type { Audience, TokenSource } from './token-source.ts'

/** A request of an API: the address is relative to the service's base. */
export interface ApiRequest {
  readonly service: Audience
  readonly operation: AzureOperation
  readonly method: HttpRequest['method']
  /** `/subscriptions/…`, with its query. */
  readonly path: string
  readonly body?: Json
  /** Whether a success has the form of this operation's answers; else something on the way gave it. Absent: it is not looked at. */
  readonly isAnswer?: (answer: Json | undefined) => boolean
}

/** What an {@link AzureApi} is made of. */
export interface ApiParts {
  readonly account: AzureAccountSpec
  readonly bases: AzureBases
  readonly http: JsonHttp
  readonly caller: AzureCaller
  readonly tokens: TokenSource
  readonly hooks: SessionHooks
}

/** A list does not go on for ever; a subscription has at most 4,000 role assignments, in pages of some hundred. */
const PAGES = 100

/**
 * Requests to Resource Manager and Microsoft Graph, signed, paced, counted, fenced, their errors translated. Not by the clients
 * of Azure's libraries: those drop fields that they do not know, and a blob service is written back whole.
 */
export class AzureApi {
  readonly #parts: ApiParts

  constructor(parts: ApiParts) {
    this.#parts = parts
  }

  get account(): AzureAccountSpec {
    return this.#parts.account
  }

  get bases(): AzureBases {
    return this.#parts.bases
  }

  /**
   * The answer's body.
   *
   * @param tolerate makes an answer of a refusal that is one, such as "no such assignment"; else it is translated.
   * @throws FaultError
   */
  async send(
    request: ApiRequest,
    subject: Subject,
    signal: AbortSignal,
    tolerate: (error: unknown) => boolean = () => false,
  ): Promise<Json | undefined> {
    const call = await this.#callOf(request, subject, signal)
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
    return this.#parts.caller.run(call, ask, signal)
  }

  /** All items of a list that comes in pages; none where its refusal is tolerated. */
  async list(
    request: Omit<ApiRequest, 'method' | 'body'>,
    subject: Subject,
    signal: AbortSignal,
    tolerate?: (error: unknown) => boolean,
  ): Promise<readonly JsonObject[]> {
    const items: JsonObject[] = []
    let path: string | undefined = request.path
    for (let n = 0; path !== undefined && n < PAGES; n += 1) {
      const page = { ...request, path, method: 'GET', isAnswer: isList } as const
      const answer = await this.send(page, subject, signal, tolerate)
      if (!isJsonObject(answer)) return items
      items.push(...asList(answer.value, request.operation).map(objectIn(request.operation)))
      path = this.#nextPath(request.service, answer.nextLink ?? answer['@odata.nextLink'])
    }
    if (path !== undefined) throw unreadable(request.operation, `it has more than ${PAGES} pages`)
    return items
  }

  /** The next page is an address; a token goes nowhere but to the service that it was made for. */
  #nextPath(service: Audience, link: Json | undefined): string | undefined {
    if (typeof link !== 'string' || link === '') return undefined
    const base = this.#parts.bases[service]
    if (!link.startsWith(`${base}/`)) throw unreadable('list', 'its next page is at another address')
    return link.slice(base.length)
  }

  async #callOf(
    { service, operation, path }: ApiRequest,
    subject: Subject,
    signal: AbortSignal,
  ): Promise<AzureCall> {
    const { account, bases, tokens } = this.#parts
    const { identity, objectId } = claimsIn(await tokens.token(service, signal))
    const { tenantId, subscriptionId } = account
    const host = new URL(bases[service]).host
    const scope = service === 'arm' ? decodeURIComponent(path.replace(/\?.*$/s, '')) : undefined
    return { service, operation, host, tenantId, subscriptionId, identity, objectId, scope, ...subject }
  }

  /** The fence is the last thing before a write goes to its socket, after the token was renewed. */
  async #ask(
    { service, operation, method, path, body }: ApiRequest,
    signal: AbortSignal,
  ): Promise<Json | undefined> {
    const { bases, http, tokens, hooks } = this.#parts
    const token = await tokens.token(service, signal)
    const headers = { authorization: `Bearer ${token}` }
    if (isWrite(operation)) hooks.fence()
    try {
      return await http.send(
        { method, url: `${bases[service]}${path}`, headers, ...(body === undefined ? {} : { body }) },
        signal,
      )
    } catch (error) {
      if (error instanceof AzureError && error.status === 401) tokens.forget(service, token)
      throw error
    }
  }
}

function objectIn(label: string): (item: Json) => JsonObject {
  return (item) => {
    if (!isJsonObject(item)) throw unreadable(label, 'it holds something that is no object')
    return item
  }
}

/** An empty list is one, too. https://learn.microsoft.com/rest/api/authorization/role-assignments/list-for-scope#roleassignmentlistresult */
function isList(answer: Json | undefined): boolean {
  return isJsonObject(answer) && Array.isArray(answer.value)
}
