/**
 * Azurite: keeps containers and blobs of Azure Storage in memory. It checks keys, shared access signatures and CORS,
 * and it knows no role assignments; the proxy in front of it (azure-blob.ts) adds those.
 */
import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { BlobServiceClient, type CorsRule, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { Certificates } from './azure-certificates.ts'
import { contentKey, installed, repository } from './cache.ts'
import { childEnvironment } from './child-environment.ts'
import { freePort } from './free-port.ts'
import { mustRun } from './run-command.ts'
import { startServer } from './server.ts'

export interface AzuriteAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Azurite {
  /** Every name that an account can have here: Azurite must know them when it starts. */
  readonly names: readonly string[]
  keyOf(account: string): string
  send(method: string, path: string, headers: IncomingHttpHeaders, body: Buffer): Promise<AzuriteAnswer>
  setCors(account: string, rules: readonly CorsRule[]): Promise<void>
  createContainer(account: string, container: string): Promise<void>
  deleteContainer(account: string, container: string): Promise<void>
  stop(): Promise<void>
}

const azurite = join(repository, 'node_modules', 'azurite')
const program = join(azurite, 'dist', 'src', 'blob', 'main.js')

/** Its code as V8 compiled it: it has so many packages that compiling them is a third of its start. */
async function compiledCode(): Promise<string> {
  const name = `azurite-code-${process.version}-${await contentKey(join(azurite, 'package.json'))}`
  return installed(name, async (folder) => {
    await mustRun(process.execPath, [program, '--version'], {
      env: { ...childEnvironment(folder), NODE_COMPILE_CACHE: folder },
    })
  })
}

/** Starts it with these accounts. It begins empty, and what it is given ends with it. */
export async function startAzurite(
  folder: string,
  { authorityFile, certificateFile, keyFile }: Certificates,
  names: readonly string[],
): Promise<Azurite> {
  const keys = new Map(names.map((name) => [name, randomBytes(64).toString('base64')]))
  const port = await freePort()
  const ca = readFileSync(authorityFile, 'utf8')
  const send: Azurite['send'] = (...asked) => forward(port, ca, ...asked)
  const server = await startServer({
    name: 'azurite',
    command: process.execPath,
    args: [
      ...[program, '--blobHost', '127.0.0.1', '--blobPort', `${port}`, '--inMemoryPersistence'],
      ...['--oauth', 'basic', '--cert', certificateFile, '--key', keyFile],
      ...['--disableProductStyleUrl', '--disableTelemetry', '--skipApiVersionCheck', '--silent'],
    ],
    cwd: folder,
    env: {
      ...childEnvironment(folder),
      NODE_COMPILE_CACHE: await compiledCode(),
      AZURITE_ACCOUNTS: [...keys].map(([name, key]) => `${name}:${key}`).join(';'),
    },
    logFile: join(folder, 'azurite.log'),
    port,
    async ready() {
      const { status } = await send('GET', `/${names[0]}?comp=list`, {}, Buffer.alloc(0))
      assert.ok(status >= 400, 'It answers nobody in particular.')
    },
  })
  const keyOf = (account: string) => {
    const key = keys.get(account)
    if (!key) throw new Error(`Azurite was not started with the account ${account}.`)
    return key
  }
  const client = (account: string) =>
    new BlobServiceClient(
      `https://127.0.0.1:${port}/${account}`,
      new StorageSharedKeyCredential(account, keyOf(account)),
      { retryOptions: { maxTries: 1 } },
    )
  return {
    ...{ names, keyOf, send },
    async setCors(account, rules) {
      await client(account).setProperties({ cors: [...rules] })
    },
    async createContainer(account, container) {
      await client(account).getContainerClient(container).createIfNotExists()
    },
    async deleteContainer(account, container) {
      await client(account).getContainerClient(container).deleteIfExists()
    },
    async stop() {
      server.kill('SIGKILL') // it keeps nothing that would be worth a goodbye
      await server.stop()
    },
  }
}

async function forward(
  port: number,
  ca: string,
  method: string,
  path: string,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Promise<AzuriteAnswer> {
  const { connection, 'transfer-encoding': _, 'content-length': __, expect, ...passed } = headers
  const length =
    body.length > 0 || method === 'PUT' || method === 'POST' ? { 'content-length': body.length } : {}
  const outgoing = request({
    ...{ host: '127.0.0.1', port, ca, method, path, agent: false as const },
    headers: { ...passed, ...length, connection: 'close' },
  })
  outgoing.end(body)
  const [answer] = await once(outgoing, 'response')
  const content: Buffer[] = await answer.toArray()
  return { status: answer.statusCode ?? 502, headers: answer.headers, body: Buffer.concat(content) }
}
