/** A TCP proxy that misbehaves on command: what a network does to a client when it has a bad day. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { freePort } from './free-port.ts'

export interface TcpProxy {
  readonly port: number
  /** How many connections clients hold. */
  connections(): number
  /** Forwards everything; what was frozen flows on. This is how it begins. */
  pass(): Promise<void>
  /** Keeps and accepts connections, but no byte gets through, in neither direction. Nobody is told. */
  freeze(): void
  /** What is connected now falls silent for good, as after a firewall forgot it; new connections pass. */
  abandon(): void
  /** Resets every connection; new ones pass. */
  cut(): void
  /** Resets every connection and does not listen any more: connection refused. */
  refuse(): Promise<void>
  stop(): Promise<void>
}

/** Starts a proxy on a port of its own in front of `127.0.0.1:targetPort`. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const port = await freePort()
  const links = new Set<Link>()
  const state: { frozen: boolean } = { frozen: false }

  const server = createServer({ pauseOnConnect: true }, (client) => {
    const link = makeLink(client, connect(targetPort, '127.0.0.1'))
    links.add(link)
    client.once('close', () => links.delete(link))
    if (!state.frozen) link.flow()
  })

  function cut(): void {
    for (const link of links) link.reset()
  }

  async function refuse(): Promise<void> {
    const closed = server.listening ? once(server, 'close') : undefined
    server.close()
    cut()
    await closed
  }

  async function pass(): Promise<void> {
    state.frozen = false
    for (const link of links) link.flow()
    if (!server.listening) await listen(server, port)
  }

  await pass()
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => links.size,
    pass,
    freeze() {
      state.frozen = true
      for (const link of links) link.hold()
    },
    abandon() {
      for (const link of links) link.abandon()
    },
    cut,
    refuse,
    stop: refuse,
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
}

/** The two halves of one forwarded connection. */
interface Link {
  flow(): void
  hold(): void
  abandon(): void
  reset(): void
}

function makeLink(client: Socket, target: Socket): Link {
  const state: { abandoned: boolean } = { abandoned: false }
  const reset = () => {
    client.resetAndDestroy()
    target.resetAndDestroy()
  }
  // Whichever half ends or fails first, the other must not outlive it.
  for (const half of [client, target]) half.on('error', reset).on('close', reset).unref()

  function hold(): void {
    client.unpipe(target).pause()
    target.unpipe(client).pause()
  }
  return {
    hold,
    reset,
    flow() {
      if (state.abandoned) return
      hold() // never two pipes between the same halves
      client.pipe(target)
      target.pipe(client)
    },
    abandon() {
      state.abandoned = true
      hold()
    },
  }
}
