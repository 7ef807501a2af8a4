/** Paths that no discovery document describes: tokens, the metadata server, and the XML API of browsers. */
import type { Answer } from './gcp-answers.ts'
import { preflight } from './gcp-cors.ts'
import { callerOf, type Incoming } from './gcp-incoming.ts'
import { askMetadata } from './gcp-metadata-server.ts'
import { readAsBrowser } from './gcp-objects.ts'
import { exchangeAssertion, exchangeToken } from './gcp-sign-in.ts'
import type { World } from './gcp-world.ts'

export interface OtherRequest {
  /** `token`, `metadata`, `preflight` or `read`. */
  readonly operation: string
  serve(): Answer | Promise<Answer>
}

/** What is asked, or undefined when nobody knows the path. */
export function otherRequest(world: World, incoming: Incoming): OtherRequest | undefined {
  const { method, url, headers, body } = incoming
  const { pathname } = url
  if (method === 'POST' && pathname === '/token')
    return { operation: 'token', serve: () => exchangeAssertion(world, body) }
  if (method === 'POST' && pathname === '/v1/token')
    return { operation: 'token', serve: () => exchangeToken(world, body) }
  if (pathname.startsWith('/computeMetadata/'))
    return {
      operation: 'metadata',
      serve: () => askMetadata(world, pathname, headers['metadata-flavor']),
    }
  return browserRequest(world, incoming)
}

/** `/<bucket>/<object>`: https://cloud.google.com/storage/docs/request-endpoints#xml-api */
function browserRequest(world: World, incoming: Incoming): OtherRequest | undefined {
  const { method, url, headers } = incoming
  const [, bucket, object = ''] =
    /^\/([a-z0-9][-_.a-z0-9]{2,})\/(.+)$/.exec(decodeURIComponent(url.pathname)) ?? []
  if (bucket === undefined || bucket === 'storage') return undefined
  const origin = headers.origin ?? ''
  if (method === 'OPTIONS') {
    const wanted = String(headers['access-control-request-method'] ?? '')
    const requestHeaders = String(headers['access-control-request-headers'] ?? '')
    const asked = { bucket, origin, method: wanted, requestHeaders }
    return { operation: 'preflight', serve: () => preflight(world, asked) }
  }
  if (method !== 'GET' && method !== 'HEAD') return undefined
  const caller = callerOf(world, incoming)
  return { operation: 'read', serve: () => readAsBrowser(world, caller, { bucket, object, origin, method }) }
}
