import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { consistently, eventually, Hopeless } from './wait.ts'

test('it returns what the probe returned when it no longer threw', async () => {
  const calls: number[] = []
  const result = await eventually(() => {
    calls.push(1)
    assert.equal(calls.length, 3)
    return 'there'
  })
  assert.equal(result, 'there')
})

test('when the time is over, the error says what was still wrong', async () => {
  const probe = () => assert.fail('no bucket yet')
  await assert.rejects(eventually(probe, { timeoutMs: 80, everyMs: 20 }), /after 80 ms: no bucket yet/)
})

test('a probe that hangs does not hang the wait', async () => {
  const probe = () => new Promise(() => undefined)
  await assert.rejects(eventually(probe, { timeoutMs: 50 }), /the probe never came back/)
})

test('a probe that knows better ends the wait at once', async () => {
  const probe = () => {
    throw new Hopeless('it ended')
  }
  await assert.rejects(eventually(probe, { timeoutMs: 60_000 }), new Hopeless('it ended'))
})

test('consistently notices one bad moment', async () => {
  const start = performance.now()
  const probe = () => assert.ok(performance.now() - start < 60, 'gone')
  await assert.rejects(consistently(probe, { forMs: 1_000, everyMs: 10 }), /gone/)
})
