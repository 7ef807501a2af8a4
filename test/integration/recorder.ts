/** Stands between us and a cloud and writes down how long each write comes after the read that it was planned from. */
import { once } from 'node:events'
import { Agent, createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { strangersIn } from './races.ts'

/** What a request is about. */
export interface About {
  /** The document: one that is read by one request and written by another has one name. */
  readonly document: string
  readonly does: 'read' | 'write'
}

export interface Crossing {
  readonly document: string
  /** Between the moment when the read was answered and the one when the write arrived. */
  readonly milliseconds: number
  /** Strangers' entries that the read showed and the write lacks. */
  readonly dropped: readonly string[]
}

export interface Recorder {
  readonly endpoint: string
  readonly crossings: Crossing[]
  stop(): Promise<void>
}

export async function startRecorder(
  target: string,
  about: (request: IncomingMessage, body: string) => About | undefined,
): Promise<Recorder> {
  const crossings: Crossing[] = []
  const lastRead = new Map<string, { readonly at: number; readonly strangers: readonly string[] }>()
  const agent = new Agent({ keepAlive: true })

  const server = createServer(async (incoming, outgoing) => {
    outgoing.on('error', () => outgoing.destroy())
    try {
      const body = Buffer.concat(await incoming.toArray())
      const what = about(incoming, body.toString())
      if (what?.does === 'write') note(what.document, incoming.method === 'DELETE' ? '' : plain(body))
      const answer = await forward(agent, target, incoming, body)
      const text = Buffer.concat(await answer.toArray())
      outgoing.writeHead(answer.statusCode ?? 502, passedOn(answer.headers)).end(text)
      if (what?.does === 'read')
        lastRead.set(what.document, { at: performance.now(), strangers: strangersIn(plain(text)) })
    } catch {
      outgoing.destroy()
    }
  })
  function note(document: string, written: string): void {
    const read = lastRead.get(document)
    if (read === undefined) return
    const kept = strangersIn(written)
    const dropped = read.strangers.filter((id) => !kept.includes(id))
    crossings.push({ document, milliseconds: performance.now() - read.at, dropped })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    crossings,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      agent.destroy()
      await closed
    },
  }
}

/** What AWS is asked, by its wire: subresources of S3, forms of IAM, JSON of KMS. */
export function aboutAws(
  { method = '', url = '', headers }: IncomingMessage,
  body: string,
): About | undefined {
  const json = headers['x-amz-target']?.toString().split('.').at(-1)
  const form = new URLSearchParams(body)
  const action = json ?? form.get('Action')
  if (action !== null && action !== undefined) {
    const document = OF_ACTION[action]
    return document === undefined
      ? undefined
      : { document, does: action.startsWith('Get') ? 'read' : 'write' }
  }
  const { pathname, searchParams } = new URL(url, 'http://s3')
  const part = ['policy', 'cors', 'lifecycle'].find((name) => searchParams.has(name))
  if (part === undefined) return undefined
  return { document: `${part} of ${pathname}`, does: method === 'GET' ? 'read' : 'write' }
}

/** Only one role and one key are written at a time. */
const OF_ACTION: Readonly<Record<string, string>> = {
  GetRole: 'trust',
  UpdateAssumeRolePolicy: 'trust',
  GetRolePolicy: 'inline policy',
  PutRolePolicy: 'inline policy',
  GetKeyPolicy: 'key policy',
  PutKeyPolicy: 'key policy',
}

/** Median and 99th percentile of milliseconds, in words. */
export function spread(milliseconds: readonly number[]): string {
  const sorted = [...milliseconds].sort((a, b) => a - b)
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(1)
  return `${sorted.length} writes, read to write median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`
}

function plain(bytes: Buffer): string {
  return bytes.toString()
}

async function forward(
  agent: Agent,
  target: string,
  incoming: IncomingMessage,
  body: Buffer,
): Promise<IncomingMessage> {
  const outgoing = request(new URL(incoming.url ?? '/', target), {
    agent,
    method: incoming.method ?? 'GET',
    headers: passedOn(incoming.headers),
  })
  outgoing.end(body)
  const [answer] = await once(outgoing, 'response')
  return answer
}

function passedOn({
  connection: _,
  'transfer-encoding': __,
  expect: ___,
  ...headers
}: IncomingHttpHeaders): IncomingHttpHeaders {
  return headers
}
