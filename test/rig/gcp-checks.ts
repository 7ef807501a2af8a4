/** What every request and every answer of Google's APIs is held to. */
import { type Answer, errorFor, type Refusal } from './gcp-answers.ts'
import type { Discovery, Operation } from './gcp-discovery.ts'
import { type Incoming, jsonIn } from './gcp-incoming.ts'
import type { Caller } from './gcp-people.ts'
import type { Call, World } from './gcp-world.ts'

export interface Checks {
  /** What the discovery documents do not allow, and what the test cloud cannot do, in words. */
  readonly violations: string[]
  /** Notes a violation; it is answered with a 400. */
  violated(path: string, words: string): Refusal
  /** The request as it is served. Throws when the documents do not know what is in it. */
  understood(incoming: Incoming, operation: Operation): Omit<Call, 'caller'>
  /** Notes what the documents do not know in an answer: a mistake of the test cloud. */
  checkAnswer(answer: Answer, call: Omit<Call, 'caller'>): void
}

export function makeChecks(discovery: Discovery): Checks {
  const violations: string[] = []
  const violated = (path: string, words: string) => {
    violations.push(words)
    return errorFor(path, 400, words)
  }
  return {
    violations,
    violated,
    understood({ method, url, headers, body }, { id, parameters, isUpload }) {
      const { pathname, searchParams: query } = url
      const json = isUpload ? undefined : jsonIn(body)
      const isGarbled = !isUpload && body.length > 0 && json === undefined
      const faults = isGarbled ? ['the body is not JSON'] : discovery.faultsOfRequest(id, query, json)
      if (faults.length > 0) throw violated(pathname, `${method} ${pathname}: ${faults.join('; ')}`)
      const path = `${pathname}${url.search}`
      return { operation: id, method, path, parameters, query, headers, body, json: json ?? {} }
    },
    checkAnswer(answer, { operation, method, path, query }) {
      const json = answer.json ?? passedOn(answer, query)
      const faults =
        answer.status < 300 && json !== undefined ? discovery.faultsOfAnswer(operation, json) : []
      if (faults.length > 0) violations.push(`The answer to ${method} ${path}: ${faults.join('; ')}`)
    },
  }
}

/** The JSON of an answer that the emulator gave, unless it is the content of an object. */
function passedOn({ bytes, headers = {} }: Answer, query: URLSearchParams): unknown {
  const isJson = headers['content-type']?.startsWith('application/json') ?? false
  return bytes && isJson && query.get('alt') !== 'media' ? jsonIn(bytes) : undefined
}

/** https://cloud.google.com/storage/docs/authentication#oauth-scopes */
export function mustHaveScope({ scopes }: Caller, wanted: readonly string[], path: string): void {
  if (wanted.some((scope) => scopes.includes(scope))) return
  throw errorFor(path, 403, 'Request had insufficient authentication scopes.')
}

/** https://cloud.google.com/docs/quotas/set-quota-project; here everybody may, unless it is denied. */
export function mustMayCharge(world: World, caller: Caller, payer: string | undefined, path: string): void {
  if (payer === undefined || !world.people.isDenied(caller.principal, 'serviceusage.services.use')) return
  const words = `Caller does not have required permission to use project ${payer}. Grant the caller the roles/serviceusage.serviceUsageConsumer role, or a custom role with the serviceusage.services.use permission.`
  throw errorFor(path, 403, words)
}
