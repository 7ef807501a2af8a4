import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { Readable } from 'node:stream'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { TookTooLong, WHOLE_ANSWER_MS } from '../time-limit.ts'

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

/**
 * Kept-alive, bounded sockets; a host that does not answer is given up after 5 s, a slow answer after 30 s, one that trickles
 * after a minute.
 */
export function openConnections(bodyMs: number = WHOLE_ANSWER_MS - REQUEST_TIMEOUT_MS): Connections {
  const options = { keepAlive: true, maxSockets: 16, maxFreeSockets: 4, timeout: IDLE_TIMEOUT_MS }
  const httpAgent = new HttpAgent(options)
  const httpsAgent = new HttpsAgent(options)
  const handler = new WholeAnswers(bodyMs, {
    httpAgent,
    httpsAgent,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    throwOnRequestTimeout: true,
    socketTimeout: REQUEST_TIMEOUT_MS,
  })
  return { handler, close: () => [httpAgent, httpsAgent].forEach(closeIdle) }
}

/** The SDK's own handler, whose limit ends with the headers; here the body has one, too. */
class WholeAnswers extends NodeHttpHandler {
  readonly #bodyMs: number

  constructor(bodyMs: number, options: ConstructorParameters<typeof NodeHttpHandler>[0]) {
    super(options)
    this.#bodyMs = bodyMs
  }

  override async handle(
    ...asked: Parameters<NodeHttpHandler['handle']>
  ): ReturnType<NodeHttpHandler['handle']> {
    const answer = await super.handle(...asked)
    const { body } = answer.response
    if (body instanceof Readable) {
      const timer = setTimeout(() => body.destroy(new TookTooLong(this.#bodyMs)), this.#bodyMs)
      body.once('close', () => clearTimeout(timer))
    }
    return answer
  }
}

function closeIdle(agent: HttpAgent): void {
  for (const sockets of Object.values(agent.freeSockets)) {
    for (const socket of sockets ?? []) socket.destroy()
  }
}
