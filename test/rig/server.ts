import { strict as assert } from 'node:assert'
import { loopbackPorts } from './listening-ports.ts'
import { type Launched, type LaunchOptions, launch } from './process.ts'
import { eventually, Hopeless } from './wait.ts'

export interface ServerOptions extends LaunchOptions {
  readonly port: number
  /** Throws while the server is not ready to be used. */
  readonly ready: () => Promise<void>
  readonly timeoutMs?: number
}

/** Starts a server and waits until it is ready. When this throws, nothing is left running. */
export async function startServer(options: ServerOptions): Promise<Launched> {
  const server = await launch(options)
  try {
    await eventually(() => isUp(server, options), { timeoutMs: options.timeoutMs ?? 60_000 })
    return server
  } catch (error) {
    await server.stop()
    throw new Error(`${options.name} did not start. ${(error as Error).message}\n${server.lastWords()}`, {
      cause: error,
    })
  }
}

/** The answer must come from the process that we started, not from a stranger on the same port. */
async function isUp(server: Launched, { port, ready }: ServerOptions): Promise<void> {
  const ending = server.ending()
  if (ending) throw new Hopeless(`It ended with ${ending.signal ?? `exit code ${ending.code}`}.`)
  const ports = loopbackPorts(server.pid)
  if (ports) assert.ok(ports.includes(port), `It does not listen on 127.0.0.1:${port}.`)
  await ready()
}
