import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { afterEach, beforeEach, test } from 'node:test'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'
import { consistently, eventually } from './wait.ts'

/** A server that sends back what it gets, and a client of it through the proxy. */
const echo = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket))
const world = {} as { proxy: TcpProxy }

beforeEach(async () => {
  if (!echo.listening) await once(echo.listen(0, '127.0.0.1').unref(), 'listening')
  world.proxy = await startTcpProxy((echo.address() as AddressInfo).port)
})
afterEach(() => world.proxy.stop())

interface Client {
  readonly socket: Socket
  heard(): string
  failure(): string | undefined
}

async function client(): Promise<Client> {
  const socket = connect(world.proxy.port, '127.0.0.1').setEncoding('utf8')
  const state: { heard: string; failure?: string } = { heard: '' }
  socket.on('data', (text) => {
    state.heard += text
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    state.failure = error.code ?? error.message
  })
  await once(socket, 'connect')
  return { socket, heard: () => state.heard, failure: () => state.failure }
}

const hears = (who: Client, text: string) => eventually(() => assert.equal(who.heard(), text))
const hearsNothing = (who: Client) => consistently(() => assert.equal(who.heard(), ''), { forMs: 200 })

test('it passes bytes on, both ways', async () => {
  const a = await client()
  a.socket.write('hello')
  await hears(a, 'hello')
})

test('frozen, it accepts and keeps connections, lets nothing through, and goes on where it was', async () => {
  const before = await client()
  world.proxy.freeze()
  const during = await client()
  before.socket.write('one')
  during.socket.write('two')
  await Promise.all([hearsNothing(before), hearsNothing(during)])
  assert.equal(world.proxy.connections(), 2)
  await world.proxy.pass()
  await Promise.all([hears(before, 'one'), hears(during, 'two')])
})

test('an abandoned connection stays silent for good, a new one works', async () => {
  const old = await client()
  old.socket.write('x')
  await hears(old, 'x')
  world.proxy.abandon()
  const fresh = await client()
  fresh.socket.write('fresh')
  old.socket.write('old')
  await hears(fresh, 'fresh')
  await world.proxy.pass()
  await consistently(() => assert.equal(old.heard(), 'x'), { forMs: 200 })
})

test('cut connections are reset, new ones work', async () => {
  const old = await client()
  world.proxy.cut()
  await eventually(() => assert.equal(old.failure(), 'ECONNRESET'))
  const fresh = await client()
  fresh.socket.write('fresh')
  await hears(fresh, 'fresh')
})

test('it refuses until it passes again', async () => {
  await world.proxy.refuse()
  await assert.rejects(client(), { code: 'ECONNREFUSED' })
  await world.proxy.pass()
  const fresh = await client()
  fresh.socket.write('fresh')
  await hears(fresh, 'fresh')
})
