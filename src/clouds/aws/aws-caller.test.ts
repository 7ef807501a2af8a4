import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { FaultError } from '../../api/fault.ts'
import { TurnedAway } from '../caller.ts'
import { Pace } from '../pace.ts'
import type { AwsCall } from './aws-call.ts'
import { AwsCaller } from './aws-caller.ts'

const never = new AbortController().signal
const READ: AwsCall = {
  service: 's3',
  operation: 'GetBucketPolicy',
  host: 's3.example',
  accountId: '123456789012',
  identity: 'somebody',
  bucket: 'clips',
}
const WRITE: AwsCall = { ...READ, operation: 'PutBucketPolicy' }
const busy = { name: 'SlowDown', $metadata: { httpStatusCode: 503 } }
const busyUntil = { ...busy, $response: { headers: { 'retry-after': '30' } } }
const busyShortly = { ...busy, $response: { headers: { 'retry-after': '0' } } }
const hungUp = { name: 'Error', code: 'ECONNRESET' }

/** Sends requests that fail with these errors, one after the other, and then succeed. */
function sending(...errors: readonly unknown[]) {
  const sent: unknown[] = []
  const counted: string[] = []
  const caller = new AwsCaller(new Pace(1_000), {
    fence: () => undefined,
    onCall: ({ result }) => counted.push(result),
  })
  const send = async (): Promise<string> => {
    sent.push(null)
    const error = errors[sent.length - 1]
    if (error !== undefined) throw error
    return 'answer'
  }
  const run = (call: AwsCall) => caller.run(call, send, never).catch(reasonOf)
  return { caller, send, run, sent, counted }
}

const reasonOf = (error: unknown) => (error instanceof FaultError ? error.fault.reason : error)

describe('a request to AWS', () => {
  const cases: readonly (readonly [string, AwsCall, readonly unknown[], unknown, number])[] = [
    ['that reads and is turned away is sent again', READ, [busy], 'answer', 2],
    ['that reads and loses its answer is sent again', READ, [hungUp, hungUp], 'answer', 3],
    ['that reads is sent three times at most', READ, [busy, hungUp, busy], 'Throttled', 3],
    [
      'that reads is sent again when the short time is over that it is told to wait',
      READ,
      [busyShortly],
      'answer',
      2,
    ],
    [
      'that reads is the pass’s to try again where it is told to wait for long',
      READ,
      [busyUntil],
      'Throttled',
      1,
    ],
    ['that writes and is told to wait is the pass’s to try again', WRITE, [busyShortly], 'Throttled', 1],
    ['that writes and is turned away is the pass’s to try again', WRITE, [busy], 'Throttled', 1],
    ['that writes and loses its answer is the pass’s to try again', WRITE, [hungUp], 'CloudUnavailable', 1],
    ['that is refused is not sent again', READ, [{ name: 'AccessDenied' }], 'AccessDenied', 1],
    ['to nobody is not sent again', READ, [{ code: 'ECONNREFUSED' }], 'CloudUnavailable', 1],
    ['that takes too long is not sent again', READ, [{ name: 'TimeoutError' }], 'CloudUnavailable', 1],
  ]
  for (const [name, call, errors, end, times] of cases) {
    it(name, async () => {
      const { run, sent, counted } = sending(...errors)
      assert.equal(await run(call), end)
      assert.equal(sent.length, times)
      assert.equal(counted.length, times, 'each of them is counted')
    })
  }

  it('is not sent again when nothing succeeds any more', async () => {
    const { run, sent } = sending(...Array.from({ length: 1_000 }, () => busy))
    for (let n = 0; n < 100; n += 1) await run(READ)
    assert.equal(sent.length, 120)
  })

  it('is sent again for as long as most succeed', async () => {
    const { run } = sending(...Array.from({ length: 1_000 }, (_, n) => (n % 4 === 0 ? busy : undefined)))
    for (let n = 0; n < 500; n += 1) assert.equal(await run(READ), 'answer')
  })

  it('that is no API call is sent again, too, and keeps its own error', async () => {
    const { caller, send, counted } = sending(new TurnedAway('status 503'), { code: 'UND_ERR_SOCKET' })
    assert.equal(await caller.runPlain('Preflight', send, never), 'answer')
    assert.deepEqual(counted, ['Throttled', 'CloudUnavailable', 'ok'])
    const odd = new Error('odd')
    await assert.rejects(caller.runPlain('Preflight', sending(odd).send, never), odd)
  })

  it('that waits to be sent again ends with the reason of an abort', async () => {
    const stop = new AbortController()
    const caller = new AwsCaller(new Pace(0.001), { fence: () => undefined, onCall: () => undefined })
    const reason = new Error('the pass was stopped')
    const send = () => {
      setImmediate(() => stop.abort(reason))
      return Promise.reject(busy)
    }
    await assert.rejects(caller.run(READ, send, stop.signal), reason)
  })
})
