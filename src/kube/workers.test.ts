import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { capturedLog } from './captured-log.ts'
import { KubeError } from './kube-error.ts'
import { ManualClock, settle } from './manual-clock.ts'
import { Queue } from './queue.ts'
import { type Controller, type PassReport, runWorkers, type WorkerOptions } from './workers.ts'

function setUp(pass: Controller['pass'], options: Partial<WorkerOptions> = {}) {
  const clock = new ManualClock()
  const queue = new Queue({ clock, random: () => 0 })
  const log = capturedLog()
  const stop = new AbortController()
  const reports: PassReport[] = []
  const onPass = (report: PassReport) => reports.push(report)
  const all = { workers: 2, passTimeoutMs: 60_000, log, clock, onPass, ...options }
  const finished = runWorkers({ name: 'test', queue, pass }, all, stop.signal)
  return { clock, queue, log, stop, reports, finished }
}

const forever = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

describe('runWorkers', () => {
  it('runs passes side by side, but never two for one key', async () => {
    const running: string[] = []
    let most = 0
    const { queue, stop, finished } = setUp(async (key) => {
      assert.ok(!running.includes(key))
      running.push(key)
      most = Math.max(most, running.length)
      await settle()
      running.splice(running.indexOf(key), 1)
      return {}
    })
    for (let i = 0; i < 5; i++) for (const key of ['a', 'b', 'c']) queue.add(key)
    await settle()
    queue.add('a')
    while (!queue.idle()) await settle()
    assert.equal(most, 2)
    stop.abort()
    assert.equal(await finished, true)
  })

  it('looks again at the earlier of backoff and the time asked for, when a pass asks for both', async () => {
    const at: number[] = []
    const { clock, queue, stop, finished } = setUp(async () => {
      at.push(clock.now())
      return at.length < 3 ? { retry: true, minimumMs: 60_000, requeueAfterMs: 5_000 } : {}
    })
    const start = clock.now()
    queue.add('a')
    await settle()
    await clock.advance(5_000)
    assert.deepEqual(
      at.map((time) => time - start),
      [0, 5_000],
    )
    stop.abort()
    await finished
  })

  it('looks again after the time that a pass asks for, and counts that as no failure', async () => {
    const { clock, queue, reports } = setUp(async () => ({ requeueAfterMs: 10_000 }))
    queue.add('a')
    await clock.advance(0)
    assert.equal(queue.delayed, 1)
    assert.equal(queue.failures('a'), 0)
    await clock.advance(10_000)
    assert.deepEqual(
      reports.map((report) => report.outcome),
      ['requeue', 'requeue'],
    )
  })

  it('retries with growing delays when a pass asks for a retry, not before the minimum', async () => {
    const results = [{ retry: true }, { retry: true, minimumMs: 90_000 }, {}] as const
    let passes = 0
    const { clock, queue, reports } = setUp(async () => results[passes++] ?? {})
    queue.add('a')
    await clock.advance(1_000)
    assert.equal(passes, 2)
    await clock.advance(89_999)
    assert.equal(passes, 2)
    await clock.advance(1)
    assert.deepEqual(
      reports.map((report) => report.outcome),
      ['retry', 'retry', 'done'],
    )
    assert.equal(queue.failures('a'), 0)
  })

  it('survives a pass that throws, logs no message of unknown origin, and retries with backoff', async () => {
    let passes = 0
    const { clock, queue, log } = setUp(async () => {
      passes += 1
      if (passes === 1) throw new Error('Authorization: Bearer secret-token')
      return {}
    })
    queue.add('a')
    await clock.advance(1_000)
    assert.equal(passes, 2)
    assert.ok(!JSON.stringify(log.lines).includes('secret-token'))
    assert.equal(log.lines[0]?.level, 'error')
  })

  it('survives a pass that throws before it returns a promise, and things that are no errors', async () => {
    let passes = 0
    const { clock, queue } = setUp(() => {
      passes += 1
      throw passes === 1 ? 'a string' : undefined
    })
    queue.add('a')
    await clock.advance(3_000)
    assert.equal(passes, 3)
  })

  it('obeys Retry-After of a thrown error, and mentions conflicts at debug level only', async () => {
    let passes = 0
    const busy = new KubeError({
      status: 429,
      reason: 'TooManyRequests',
      message: 'busy',
      retryAfterMs: 7_000,
    })
    const conflict = new KubeError({ status: 409, reason: 'Conflict', message: 'changed' })
    const { clock, queue, log } = setUp(async () => {
      passes += 1
      throw passes === 1 ? busy : conflict
    })
    queue.add('a')
    await clock.advance(6_999)
    assert.equal(passes, 1)
    await clock.advance(1)
    assert.equal(passes, 2)
    assert.deepEqual(
      log.lines.map((line) => line.level),
      ['error', 'debug'],
    )
  })

  it('aborts a pass that takes too long and retries it', async () => {
    const { clock, queue, reports } = setUp((_, signal) => forever(signal), { passTimeoutMs: 5_000 })
    queue.add('a')
    await clock.advance(5_000)
    assert.deepEqual(
      reports.map((report) => report.outcome),
      ['error'],
    )
    assert.equal(queue.delayed, 1)
  })

  it('survives a metrics hook that throws', async () => {
    const onPass = () => {
      throw new Error('broken metrics')
    }
    const { clock, queue, log } = setUp(async () => ({}), { onPass })
    queue.add('a')
    await clock.advance(0)
    queue.add('a')
    await clock.advance(0)
    assert.equal(log.lines.length, 2)
    assert.equal(queue.idle(), true)
  })

  it('on stop takes no more keys and waits for the running pass to end by itself', async () => {
    const gate = Promise.withResolvers<void>()
    const passes: string[] = []
    const { clock, queue, stop, finished } = setUp(
      async (key, signal) => {
        passes.push(key)
        await gate.promise
        assert.equal(signal.aborted, false)
        return {}
      },
      { workers: 1 },
    )
    queue.add('a')
    queue.add('b')
    await settle()
    stop.abort()
    await clock.advance(24_000)
    gate.resolve()
    assert.equal(await finished, true)
    assert.deepEqual(passes, ['a'])
    assert.equal(clock.timers, 0)
  })

  it('on stop aborts a pass that outlives the grace, and says whether it came back', async () => {
    const obedient = setUp((_, signal) => forever(signal))
    obedient.queue.add('a')
    await settle()
    obedient.stop.abort()
    await obedient.clock.advance(25_000)
    assert.equal(await obedient.finished, true)

    const deaf = setUp(() => new Promise(() => undefined))
    deaf.queue.add('a')
    await settle()
    deaf.stop.abort()
    await deaf.clock.advance(27_000)
    assert.equal(await deaf.finished, false)
  })

  it('aborts running passes without grace when leadership is lost', async () => {
    const abort = new AbortController()
    const { queue, finished } = setUp((_, signal) => forever(signal), { abort: abort.signal })
    queue.add('a')
    await settle()
    abort.abort()
    assert.equal(await finished, true)
  })
})
