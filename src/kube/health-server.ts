import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface HealthQuestions {
  /** Whether the process should go on living; an unreachable API server is no reason to die. */
  readonly isLive: () => boolean
  /** Whether the caches are filled. */
  readonly isReady: () => boolean
  /** The metrics page and its content type. */
  readonly metrics: () => Promise<{ readonly body: string; readonly contentType: string }>
}

export interface HealthServer {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  readonly url: string
  /** Ends all connections. */
  close(): Promise<void>
}

/**
 * Serves /livez, /readyz and /metrics at an address such as `:8080` (all interfaces) or `127.0.0.1:0` (any free port).
 * Rejects when the address is malformed or taken.
 */
export async function serveHealth(address: string, questions: HealthQuestions): Promise<HealthServer> {
  const { host, port } = parseAddress(address)
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0] ?? ''
    answer(path, questions, response).catch(() => send(response, 500, 'failed\n'))
  })
  await listen(server, port, host)
  const bound = server.address() as AddressInfo
  const shown = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return { url: `http://${shown}:${bound.port}`, close: () => close(server) }
}

async function answer(path: string, questions: HealthQuestions, response: ServerResponse): Promise<void> {
  if (path === '/livez') return sendVerdict(response, questions.isLive())
  if (path === '/readyz') return sendVerdict(response, questions.isReady())
  if (path !== '/metrics') return send(response, 404, 'not found\n')
  const { body, contentType } = await questions.metrics()
  send(response, 200, body, contentType)
}

function sendVerdict(response: ServerResponse, good: boolean): void {
  send(response, good ? 200 : 503, good ? 'ok\n' : 'not ok\n')
}

function send(response: ServerResponse, status: number, body: string, contentType = 'text/plain'): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body)
}

/** An IPv6 host is written in brackets. No host means all interfaces. */
function parseAddress(address: string): { readonly host: string | undefined; readonly port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(address)
  const port = Number(match?.[3])
  if (!match || port > 65_535)
    throw new TypeError(`"${address}" is not an address like ":8080" or "127.0.0.1:0"`)
  return { host: match[1] || match[2] || undefined, port }
}

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
