/**
 * ministack: an AWS that enforces what LocalStack only keeps. Roles, external IDs, identity policies, boundaries and
 * denials in bucket policies count, and every account sees its own things. test/rig/ministack.test.ts shows what holds.
 */
import { strict as assert } from 'node:assert'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { childEnvironment } from './child-environment.ts'
import { freePort } from './free-port.ts'
import { ministackPython } from './ministack-python.ts'
import { startServer } from './server.ts'

export interface Ministack {
  readonly endpoint: string
  stop(): Promise<void>
}

/** Starts it with its files in `folder`. It begins empty, and what it is given ends with it. */
export async function startMinistack(folder: string): Promise<Ministack> {
  const python = await ministackPython()
  await mkdir(folder, { recursive: true })
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const server = await startServer({
    name: 'ministack',
    command: python,
    args: ['-m', 'ministack'],
    cwd: folder,
    env: {
      ...childEnvironment(folder),
      AUTH: 'true',
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      IOT_MTLS_ENABLED: '0',
      S3_DATA_DIR: join(folder, 'files'),
      // It looks for containers that an earlier run left behind; there are none, and the machine's own are not its business.
      DOCKER_HOST: `unix://${join(folder, 'no-docker.sock')}`,
    },
    logFile: join(folder, 'ministack.log'),
    port,
    ready: () => isReady(endpoint),
  })
  return {
    endpoint,
    async stop() {
      server.kill('SIGKILL') // it keeps nothing that would be worth a goodbye
      await server.stop()
    },
  }
}

async function isReady(endpoint: string): Promise<void> {
  const response = await fetch(`${endpoint}/_ministack/health`)
  const { auth } = (await response.json()) as { auth?: string }
  assert.equal(auth, 'enabled')
}
