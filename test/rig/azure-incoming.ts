/** A request as it came in. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

export interface Incoming {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export async function read(request: IncomingMessage, endpoint: string): Promise<Incoming> {
  const { headers, method = 'GET', url = '/' } = request
  const body = Buffer.concat(await request.toArray())
  return { headers, method, url: new URL(`${endpoint}/${url.replace(/^\/+/, '')}`), body }
}

/** The bearer token; undefined where there is none. */
export function tokenIn({ headers }: Incoming): string | undefined {
  return /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1]
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of any shape come in, and are looked into with care
export type Json = any

/** The JSON in a body; undefined where there is none. */
export function jsonIn(body: Buffer): Json {
  try {
    return body.length > 0 ? JSON.parse(body.toString()) : undefined
  } catch {
    return undefined
  }
}
