/** LocalStack with S3, IAM, STS and KMS. It enforces no policy and accepts principals that do not exist. */
import { strict as assert } from 'node:assert'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { repository } from './cache.ts'
import { childEnvironment } from './child-environment.ts'
import { freePort } from './free-port.ts'
import { localstackPython } from './localstack-python.ts'
import { startServer } from './server.ts'

export interface LocalStack {
  readonly endpoint: string
  stop(): Promise<void>
}

const services = ['s3', 'iam', 'sts', 'kms']

export async function startLocalStack(folder: string): Promise<LocalStack> {
  const python = await localstackPython()
  await mkdir(folder, { recursive: true })
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const server = await startServer({
    name: 'LocalStack',
    command: python,
    args: [join(repository, 'tools', 'start-localstack.py')],
    cwd: folder,
    env: {
      ...childEnvironment(folder),
      SERVICES: services.join(','),
      EAGER_SERVICE_LOADING: '1',
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      FILESYSTEM_ROOT: join(folder, 'files'),
      LOCALSTACK_VOLUME_DIR: join(folder, 'volume'),
      DISABLE_EVENTS: '1',
      SKIP_SSL_CERT_DOWNLOAD: '1',
      DNS_ADDRESS: '0',
    },
    logFile: join(folder, 'localstack.log'),
    port,
    ready: () => allRunning(endpoint),
    timeoutMs: 120_000,
  })
  return {
    endpoint,
    async stop() {
      server.kill('SIGKILL') // it keeps nothing that would be worth a goodbye
      await server.stop()
    },
  }
}

async function allRunning(endpoint: string): Promise<void> {
  const response = await fetch(`${endpoint}/_localstack/health`)
  const health = (await response.json()) as { services: Record<string, string> }
  for (const service of services) assert.equal(health.services[service], 'running', service)
}
