/** Stands between a fault proxy and the cloud, and so sees what is really carried out: a test can act right after a write. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { throttlingAnswer } from '../rig/fault-proxy-throttling.ts'
import { freePort } from '../rig/free-port.ts'

/** One write that the cloud has just carried out. */
export interface CarriedOut {
  /** `PutBucketPolicy`, `CreateRole`; of S3 by method and part of the bucket: `PUT policy`, `DELETE cors`. */
  readonly operation: string
  /** What it was sent: the path of the bucket, or IAM's form. */
  readonly text: string
  /** 1 is the first one since the watch began. */
  readonly number: number
}

export interface WriteWatch {
  readonly endpoint: string
  /** Everything that was carried out, in order. */
  readonly writes: readonly CarriedOut[]
  /** Acts after the first write that `isIt`, before its answer is passed on; resolves when that is done. */
  after(isIt: (write: CarriedOut) => boolean, act: () => Promise<unknown>): Promise<CarriedOut>
  /** From now on every write is turned away as one too many, and reads pass; or no more. */
  turnWritesAway(on: boolean): void
  /** True while nothing is on its way to the cloud. */
  isQuiet(): boolean
  stop(): Promise<void>
}

interface Ambush {
  readonly isIt: (write: CarriedOut) => boolean
  readonly spring: (write: CarriedOut) => Promise<void>
}

export async function startWriteWatch(target: string): Promise<WriteWatch> {
  const writes: CarriedOut[] = []
  const ambushes = new Set<Ambush>()
  const now = { underWay: 0, turningAway: false }

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = Buffer.concat(await incoming.toArray())
    const operation = writeIn(incoming, body)
    if (operation !== undefined && now.turningAway) {
      const { status, headers, body: words } = throttlingAnswer(incoming.headers)
      outgoing.writeHead(status, headers).end(words)
      return
    }
    const answer = await forward(target, incoming, body)
    const answerBody = Buffer.concat(await answer.toArray())
    if (operation !== undefined && (answer.statusCode ?? 500) < 300) {
      const write = { operation, text: `${incoming.url} ${body.toString()}`, number: writes.length + 1 }
      writes.push(write)
      const [ambush] = [...ambushes].filter(({ isIt }) => isIt(write))
      if (ambush !== undefined) {
        ambushes.delete(ambush)
        await ambush.spring(write)
      }
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(answerBody)
  }

  const server = createServer((incoming, outgoing) => {
    now.underWay += 1
    outgoing.on('error', () => outgoing.destroy())
    pass(incoming, outgoing)
      .catch(() => outgoing.destroy())
      .finally(() => {
        now.underWay -= 1
      })
  })
  const port = await freePort()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return {
    endpoint: `http://127.0.0.1:${port}`,
    writes,
    turnWritesAway: (on) => {
      now.turningAway = on
    },
    isQuiet: () => now.underWay === 0,
    after: (isIt, act) => {
      const { promise, resolve, reject } = Promise.withResolvers<CarriedOut>()
      const spring = (write: CarriedOut) => act().then(() => resolve(write), reject)
      ambushes.add({ isIt, spring })
      return promise
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** The name of what a request changes; undefined for a read. */
function writeIn({ method = '', url = '', headers }: IncomingMessage, body: Buffer): string | undefined {
  const operation =
    headers['x-amz-target']?.toString().split('.').at(-1) ??
    new URLSearchParams(body.toString()).get('Action')
  if (operation) return /^(?:Get|List|Describe)/.test(operation) ? undefined : operation
  if (!/^(?:PUT|POST|DELETE)$/.test(method)) return undefined
  const [part = 'bucket'] = [...new URL(url, 'http://s3').searchParams.keys()]
  return `${method} ${part}`
}

async function forward(target: string, incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  const { connection: _, 'transfer-encoding': __, ...headers } = incoming.headers
  const outgoing = request(new URL(incoming.url ?? '/', target), {
    agent: false,
    method: incoming.method ?? 'GET',
    headers,
  })
  outgoing.end(body)
  const [answer] = await once(outgoing, 'response')
  return answer
}
