import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { Pace, type PaceClock } from './pace.ts'

const never = new AbortController().signal

describe('the pace of requests', () => {
  it('lets a burst of one second’s worth through at once', async () => {
    const clock = new TestClock()
    const pace = new Pace(20, clock)
    for (let request = 0; request < 20; request++) await pace.take(never)
    assert.deepEqual(clock.waits, [])
  })

  it('then lets one through per interval', async () => {
    const clock = new TestClock()
    const pace = new Pace(4, clock)
    for (let request = 0; request < 6; request++) await pace.take(never)
    assert.deepEqual(clock.waits, [250, 250])
  })

  it('keeps the rate for requests that wait at the same time', async () => {
    const clock = new TestClock()
    clock.stands = true
    const pace = new Pace(2, clock)
    await Promise.all(Array.from({ length: 5 }, () => pace.take(never)))
    assert.deepEqual(clock.waits, [500, 1_000, 1_500])
  })

  it('has its full burst again after a quiet second, and no more than that after a quiet day', async () => {
    const clock = new TestClock()
    const pace = new Pace(2, clock)
    await pace.take(never)
    await pace.take(never)
    clock.time += 86_400_000
    await pace.take(never)
    await pace.take(never)
    assert.deepEqual(clock.waits, [])
    await pace.take(never)
    assert.deepEqual(clock.waits, [500])
  })

  it('lets a rate below one request a second wait longer than a second', async () => {
    const clock = new TestClock()
    const pace = new Pace(0.5, clock)
    await pace.take(never)
    await pace.take(never)
    assert.deepEqual(clock.waits, [2_000])
  })

  it('lets one that was turned away wait four intervals, then sixteen', async () => {
    const clock = new TestClock()
    const pace = new Pace(20, clock)
    await pace.stepBack(1, never)
    await pace.stepBack(2, never)
    assert.deepEqual(clock.waits, [200, 800])
  })

  it('lets one that was told how long to wait wait so long', async () => {
    const clock = new TestClock()
    const pace = new Pace(20, clock)
    await pace.stepBack(1, never, 3_000)
    await pace.stepBack(2, never, 100)
    assert.deepEqual(clock.waits, [3_000, 800])
  })

  it('ends a wait with the reason of the abort and gives the turn to the next', async () => {
    const pace = new Pace(1 / 3_600)
    await pace.take(never)
    const stop = new AbortController()
    const waiting = pace.take(stop.signal)
    const reason = new Error('the pass was stopped')
    stop.abort(reason)
    await assert.rejects(waiting, reason)
    await assert.rejects(pace.take(stop.signal), reason)
  })
})

/** Waiting moves the time on, unless it stands still. */
class TestClock implements PaceClock {
  readonly waits: number[] = []
  time = 1_000_000
  stands = false

  now(): number {
    return this.time
  }

  async wait(milliseconds: number): Promise<void> {
    this.waits.push(milliseconds)
    if (!this.stands) this.time += milliseconds
  }
}
