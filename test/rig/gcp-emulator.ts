/**
 * gcp-storage-emulator: keeps buckets and objects of Google Cloud Storage in memory. It knows no preconditions, no
 * rights and no roles, and it serves one connection at a time; the façade in front of it (gcp-facade.ts) adds those.
 */
import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { type IncomingHttpHeaders, request } from 'node:http'
import { join } from 'node:path'
import { childEnvironment } from './child-environment.ts'
import { freePort } from './free-port.ts'
import { gcpPython } from './gcp-python.ts'
import { startServer } from './server.ts'

export interface EmulatorRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers?: IncomingHttpHeaders
  readonly body?: Buffer
}

export interface EmulatorAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface GcpEmulator {
  send(request: EmulatorRequest): Promise<EmulatorAnswer>
  stop(): Promise<void>
}

/** Starts it with its log in `folder`. It begins empty, and what it is given ends with it. */
export async function startGcpEmulator(folder: string): Promise<GcpEmulator> {
  const python = await gcpPython()
  await mkdir(folder, { recursive: true })
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const server = await startServer({
    name: 'gcp-storage-emulator',
    command: python,
    args: ['-m', 'gcp_storage_emulator', 'start', '--host', '127.0.0.1', '--port', `${port}`, '--in-memory'],
    cwd: folder,
    env: { ...childEnvironment(folder), STORAGE_BASE: folder },
    logFile: join(folder, 'gcp-storage-emulator.log'),
    port,
    async ready() {
      const { status } = await send(endpoint, { method: 'GET', path: '/' })
      assert.equal(status, 200)
    },
  })
  return {
    send: (asked) => send(endpoint, asked),
    async stop() {
      server.kill('SIGKILL') // it keeps nothing that would be worth a goodbye
      await server.stop()
    },
  }
}

/** A connection for every request: one that stays open would lock everybody else out. */
async function send(endpoint: string, asked: EmulatorRequest): Promise<EmulatorAnswer> {
  const { method, path, headers = {}, body = Buffer.alloc(0) } = asked
  const { connection, 'transfer-encoding': _, 'content-length': __, ...passed } = headers
  const outgoing = request(new URL(path, endpoint), {
    agent: false,
    method,
    headers: { ...passed, connection: 'close', 'content-length': body.length },
  })
  outgoing.end(body)
  const [answer] = await once(outgoing, 'response')
  const content: Buffer[] = await answer.toArray()
  return { status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(content) }
}
