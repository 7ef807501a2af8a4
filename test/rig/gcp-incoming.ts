/** A request as it came in, and who sent it. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Caller } from './gcp-people.ts'
import { callerOfSelfSigned } from './gcp-sign-in.ts'
import type { Json, World } from './gcp-world.ts'

export interface Incoming {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export async function read(request: IncomingMessage, endpoint: string): Promise<Incoming> {
  const { headers, method = 'GET', url = '/' } = request
  return { headers, method, url: new URL(url, endpoint), body: Buffer.concat(await request.toArray()) }
}

/** Whose token it carries; undefined for none, one that is not known, and one that is over. */
export function callerOf(world: World, { headers }: Incoming): Caller | undefined {
  const [, token = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? []
  return world.people.callerOf(token) ?? callerOfSelfSigned(world, token)
}

/** The project that pays: https://cloud.google.com/storage/docs/requester-pays */
export function payerOf({ headers, url }: Incoming): string | undefined {
  const header = headers['x-goog-user-project']
  return typeof header === 'string' ? header : (url.searchParams.get('userProject') ?? undefined)
}

/** The JSON in a body; undefined where there is none. */
export function jsonIn(body: Buffer): Json | undefined {
  try {
    return body.length > 0 ? JSON.parse(body.toString()) : undefined
  } catch {
    return undefined
  }
}
