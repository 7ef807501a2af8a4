import { strict as assert } from 'node:assert'
import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import type { Connection } from './connection.ts'
import { fencedRest } from './fenced-rest.ts'
import { HttpRest } from './http-rest.ts'
import { ManualClock } from './manual-clock.ts'

/** Answers that a real API server cannot be made to give at will; what it does give is tested in test/integration. */

type Answer = readonly [status: number, headers: OutgoingHttpHeaders, body: string]

interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly authorization: string | undefined
}

const closings: (() => Promise<unknown>)[] = []

async function scripted(answers: readonly Answer[], prefix = '') {
  const asked: Asked[] = []
  const script = [...answers]
  const server = createServer((request: IncomingMessage, response) => {
    asked.push({ method: request.method, url: request.url, authorization: request.headers.authorization })
    const [status, headers, body] = script.shift() ?? [200, {}, '{"ok":true}']
    request.resume().on('end', () => response.writeHead(status, headers).end(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const connection: Connection = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`,
    namespace: 'default',
    inCluster: false,
    tls: async () => ({}),
    authorization: async (force) => (force ? 'Bearer new' : 'Bearer old'),
  }
  const clock = new ManualClock()
  const rest = new HttpRest(connection, { clock })
  closings.push(async () => {
    await rest.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { rest, asked, clock }
}

const patch = {
  method: 'PATCH',
  path: '/apis/x',
  contentType: 'application/merge-patch+json',
  body: {},
} as const
const busy: Answer = [429, { 'retry-after': '1' }, '']

/** Turns the clock until the request has been answered. */
async function whileTimePasses<T>(clock: ManualClock, request: Promise<T>): Promise<T> {
  const state = { settled: false }
  const mark = () => {
    state.settled = true
  }
  request.then(mark, mark)
  while (!state.settled) await clock.advance(100)
  return request
}

describe('HttpRest', () => {
  after(async () => {
    for (const close of closings) await close()
  })

  it('sends a write again when the server was too busy to look at it', async () => {
    const { rest, asked, clock } = await scripted([busy])
    assert.deepEqual(await whileTimePasses(clock, rest.request(patch)), { ok: true })
    assert.equal(asked.length, 2)
  })

  it('does not send a write again for one who has lost the right to write meanwhile', async () => {
    const { rest, asked, clock } = await scripted([busy])
    const leads = [true, true, false] // when it is asked to, at the first sending, at the second
    const pending = fencedRest(rest, () => leads.shift() ?? false).request(patch)
    await assert.rejects(whileTimePasses(clock, pending), { status: 0, reason: 'NotLeader' })
    assert.equal(asked.length, 1)
  })

  it('leaves a write alone after a fault of the server, and hands its wish to the queue', async () => {
    const { rest, asked, clock } = await scripted([[503, { 'retry-after': '7' }, '']])
    await assert.rejects(whileTimePasses(clock, rest.request(patch)), { status: 503, retryAfterMs: 7_000 })
    assert.equal(asked.length, 1)
  })

  it('reads again after faults of the server, three times in all', async () => {
    const fault: Answer = [500, {}, '']
    const { rest, asked, clock } = await scripted([fault, fault, fault])
    await assert.rejects(whileTimePasses(clock, rest.request({ method: 'GET', path: '/x' })), { status: 500 })
    assert.equal(asked.length, 3)
  })

  it('fetches new credentials once when they are refused', async () => {
    const refused: Answer = [401, {}, '']
    const { rest, asked, clock } = await scripted([refused, refused])
    await assert.rejects(whileTimePasses(clock, rest.request(patch)), { status: 401 })
    assert.deepEqual(
      asked.map((one) => one.authorization),
      ['Bearer old', 'Bearer new'],
    )
  })

  it('does not take the page of a proxy in between for an answer, nor shows it', async () => {
    const { rest, clock } = await scripted([[200, { 'content-type': 'text/html' }, '<html>secret</html>']])
    await assert.rejects(whileTimePasses(clock, rest.request(patch)), {
      name: 'KubeError',
      reason: 'BadAnswer',
      message: 'PATCH /apis/x: the answer is not JSON',
    })
  })

  it('keeps the path that an API server behind a gateway has, and encodes the query', async () => {
    const { rest, asked, clock } = await scripted([], '/k8s/clusters/c-1/')
    const query = { labelSelector: 'a=b,c', limit: 5, continue: undefined }
    await whileTimePasses(clock, rest.request({ method: 'GET', path: '/api/v1/pods', query }))
    assert.equal(asked[0]?.url, '/k8s/clusters/c-1/api/v1/pods?labelSelector=a%3Db%2Cc&limit=5')
  })

  it('makes no connection after it was closed', async () => {
    const { rest, asked, clock } = await scripted([])
    await rest.close()
    await assert.rejects(whileTimePasses(clock, rest.request(patch)), { status: 0, reason: 'Aborted' })
    assert.equal(asked.length, 0)
  })
})
