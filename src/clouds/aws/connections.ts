import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { NodeHttpHandler } from '@smithy/node-http-handler'

const CONNECT_TIMEOUT_MS = 5_000
const REQUEST_TIMEOUT_MS = 30_000
/** An idle socket goes after this time, before the other side closes it under the next request. */
const IDLE_TIMEOUT_MS = 15_000

/** The sockets of one session, shared by all its clients. */
export interface Connections {
  readonly handler: NodeHttpHandler
  /** Closes idle sockets now, and busy ones soon after their answer; a request under way is not cut off. */
  close(): void
}

/** Kept-alive, bounded sockets; a host that does not answer is given up after 5 s, a slow answer after 30 s. */
export function openConnections(): Connections {
  const options = { keepAlive: true, maxSockets: 16, maxFreeSockets: 4, timeout: IDLE_TIMEOUT_MS }
  const httpAgent = new HttpAgent(options)
  const httpsAgent = new HttpsAgent(options)
  const handler = new NodeHttpHandler({
    httpAgent,
    httpsAgent,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    throwOnRequestTimeout: true,
    socketTimeout: REQUEST_TIMEOUT_MS,
  })
  return { handler, close: () => [httpAgent, httpsAgent].forEach(closeIdle) }
}

function closeIdle(agent: HttpAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy()
  }
}
