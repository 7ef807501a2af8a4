/** An answer that trickles: a blank now and then, and never the end. */
import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { GetBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'
import { openConnections } from './aws/connections.ts'
import { Caller, socketCode } from './caller.ts'
import { JsonHttp } from './json-http.ts'
import { Pace } from './pace.ts'
import { Remembered } from './remembered.ts'
import type { CloudCall } from './session-hooks.ts'
import { TookTooLong, withinLimit } from './time-limit.ts'

const never = new AbortController().signal
const deaf = (): Promise<never> => new Promise(() => undefined)

describe('an answer that never ends', () => {
  const server = createServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'application/json' })
    const drip = setInterval(() => answer.write(' '), 20)
    answer.once('close', () => clearInterval(drip))
  })
  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  before(() => once(server.listen(0, '127.0.0.1'), 'listening'))
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  const openSockets = () => new Promise<number>((resolve) => server.getConnections((_, n) => resolve(n)))

  it('of a JSON API is given up', async () => {
    const http = new JsonHttp(() => new Error('refused'), 200)
    await assert.rejects(
      http.send({ method: 'GET', url: url() }, never),
      (error) => socketCode(error) === 'TimeoutError',
    )
    http.close()
  })

  it('of S3 is given up, and its socket closed', async () => {
    const connections = openConnections(200)
    const s3 = new S3Client({
      endpoint: url(),
      region: 'eu-west-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      forcePathStyle: true,
      maxAttempts: 1,
      requestHandler: connections.handler,
    })
    await assert.rejects(
      s3.send(new GetBucketPolicyCommand({ Bucket: 'b' })),
      (error) => socketCode(error) === 'ETIMEDOUT',
    )
    while ((await openSockets()) > 0) await new Promise((resolve) => setImmediate(resolve))
    s3.destroy()
  })
})

describe('work that hears no signal', () => {
  it('is not waited for when the pass is aborted', async () => {
    const calls: CloudCall[] = []
    const caller = new Caller(new Pace(100), { onCall: (call) => calls.push(call), fence: () => undefined })
    const abort = new AbortController()
    const asked = caller.readPlain({ service: 's3', operation: 'GetBucketPolicy' }, deaf, abort.signal)
    setImmediate(() => abort.abort(new Error('the operator stops')))
    await assert.rejects(asked, /the operator stops/)
    assert.deepEqual(
      calls.map(({ result }) => result),
      ['Aborted'],
    )
  })

  it('is given up after its time, and what was loaded for all is loaded anew for the next', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] })
    const loads = [deaf, async () => 'well again']
    const remembered = new Remembered<string>(() => (loads.shift() ?? deaf)())
    const first = assert.rejects(remembered.get(), TookTooLong)
    test.mock.timers.tick(180_000)
    await first
    assert.equal(await remembered.get(), 'well again')
  })

  it('leaves no timer behind when it ends in time', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] })
    assert.equal(await withinLimit(async () => 1, 1_000), 1)
    test.mock.timers.tick(10_000)
  })
})
