import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { KubeError } from './kube-error.ts'
import { retryDelayMs } from './retry-rule.ts'

const error = (status: number, retryAfterMs?: number, reason = 'X') =>
  new KubeError({ status, reason, message: '', retryAfterMs })

const cases: readonly (readonly [string, string, unknown, number | undefined])[] = [
  ['a read is repeated after a fault of the server', 'GET', error(500), 100],
  ['a read is repeated when the server is overloaded', 'GET', error(503, 1_000), 1_000],
  ['a read is repeated after a broken connection', 'GET', error(0, undefined, 'ConnectionFailed'), 100],
  [
    'a read is not repeated after a time-out, for its time is over',
    'GET',
    error(0, undefined, 'TimedOut'),
    undefined,
  ],
  ['a read is not repeated when the answer is no', 'GET', error(404), undefined],
  ['a write is repeated when the server refused to look at it', 'PATCH', error(429, 1_000), 1_000],
  [
    'a write is not repeated when nobody knows whether it was done',
    'PATCH',
    error(0, undefined, 'ConnectionFailed'),
    undefined,
  ],
  [
    'a write is not repeated after a fault of the server, even with Retry-After',
    'POST',
    error(503, 1_000),
    undefined,
  ],
  ['long waits belong to the queue', 'GET', error(429, 30_000), undefined],
  ['errors of other kinds are not repeated', 'GET', new Error('x'), undefined],
]

describe('retryDelayMs', () => {
  for (const [why, method, failure, delay] of cases) {
    it(why, () => assert.equal(retryDelayMs(method, 1, failure), delay))
  }

  it('gives up after the third attempt', () => {
    assert.equal(retryDelayMs('GET', 2, error(500)), 200)
    assert.equal(retryDelayMs('GET', 3, error(500)), undefined)
  })
})
