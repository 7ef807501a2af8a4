import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ManualClock } from './manual-clock.ts'
import { Queue } from './queue.ts'

function setUp(random = () => 0) {
  const clock = new ManualClock()
  return { clock, queue: new Queue({ clock, random }) }
}

async function take(queue: Queue): Promise<string | undefined> {
  return queue.depth === 0 ? undefined : queue.get()
}

describe('Queue', () => {
  it('hands out a key once, however often it was added', async () => {
    const { queue } = setUp()
    for (let i = 0; i < 3; i++) queue.add('a')
    assert.equal(await take(queue), 'a')
    assert.equal(await take(queue), undefined)
  })

  it('does not hand out a key that is being processed, and does so again when it is done', async () => {
    const { queue } = setUp()
    queue.add('a')
    await queue.get()
    queue.add('a')
    queue.add('a')
    assert.equal(queue.depth, 0)
    queue.done('a')
    assert.equal(await take(queue), 'a')
    queue.done('a')
    assert.equal(queue.idle(), true)
  })

  it('wakes one waiting worker per key, in the order they came', async () => {
    const { queue } = setUp()
    const taken: string[] = []
    const first = queue.get().then((key) => taken.push(`first ${key}`))
    const second = queue.get().then((key) => taken.push(`second ${key}`))
    queue.add('a')
    queue.add('b')
    await Promise.all([first, second])
    assert.deepEqual(taken, ['first a', 'second b'])
  })

  it('serves what people wait for before a backlog of ten thousand low keys', async () => {
    const { queue } = setUp()
    for (let i = 0; i < 10_000; i++) queue.add(`low-${i}`, { priority: 'low' })
    queue.add('edit')
    assert.equal(await take(queue), 'edit')
    assert.equal(await take(queue), 'low-0')
  })

  it('moves a low key up when it is added as a normal one, and hands it out once', async () => {
    const { queue } = setUp()
    queue.add('a', { priority: 'low' })
    queue.add('b', { priority: 'low' })
    queue.add('b')
    queue.add('b', { priority: 'low' })
    assert.deepEqual([await take(queue), await take(queue), await take(queue)], ['b', 'a', undefined])
    queue.done('b')
    queue.add('c', { priority: 'low' })
    assert.equal(await take(queue), 'c', 'the place that b left is passed over')
  })

  it('keeps the higher priority of what was asked while a key was being processed', async () => {
    const { queue } = setUp()
    queue.add('a')
    await queue.get()
    queue.add('a', { priority: 'normal' })
    queue.add('a', { priority: 'low' })
    queue.add('z', { priority: 'low' })
    queue.done('a')
    assert.equal(await take(queue), 'a')
  })

  it('waits with a delayed key until its time, and keeps the earliest of several times', async () => {
    const { clock, queue } = setUp()
    queue.add('a', { afterMs: 5_000 })
    queue.add('a', { afterMs: 2_000 })
    queue.add('a', { afterMs: 9_000 })
    assert.equal(queue.delayed, 1)
    await clock.advance(1_999)
    assert.equal(queue.depth, 0)
    await clock.advance(1)
    assert.equal(await take(queue), 'a')
    queue.done('a')
    await clock.advance(60_000)
    assert.equal(queue.depth, 0)
  })

  it('serves an added key at once even if it waits for a later time', async () => {
    const { queue } = setUp()
    queue.add('a', { afterMs: 5_000 })
    queue.add('a')
    assert.equal(await take(queue), 'a')
  })

  it('needs one timer for ten thousand waiting keys', () => {
    const { clock, queue } = setUp()
    for (let i = 0; i < 10_000; i++) queue.add(`k${i}`, { afterMs: 1_000 + ((i * 7919) % 10_000) })
    assert.equal(clock.timers, 1)
  })

  it('doubles the delay of a failing key up to the maximum, and begins anew after forget', () => {
    const { queue } = setUp()
    const delays = Array.from({ length: 11 }, () => queue.addRateLimited('a'))
    assert.deepEqual(delays.slice(0, 4), [1_000, 2_000, 4_000, 8_000])
    assert.deepEqual(delays.slice(8), [256_000, 300_000, 300_000])
    queue.forget('a')
    assert.equal(queue.addRateLimited('a'), 1_000)
  })

  it('spreads the delays of keys that fail together, and never exceeds the maximum', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
        fc.nat(40),
        (chance, failures) => {
          const { queue } = setUp(() => chance)
          let delay = 0
          for (let i = 0; i <= failures; i++) delay = queue.addRateLimited('a')
          assert.ok(delay >= 800 && delay <= 300_000)
        },
      ),
    )
  })

  it('does not come back sooner than the server asked', () => {
    const { queue } = setUp()
    assert.equal(queue.addRateLimited('a', { minimumMs: 30_000 }), 30_000)
  })

  it('returns nothing to a worker whose signal aborts, and loses no key by it', async () => {
    const { queue } = setUp()
    const stop = new AbortController()
    const waiting = queue.get(stop.signal)
    stop.abort()
    assert.equal(await waiting, undefined)
    queue.add('a')
    assert.equal(await take(queue), 'a')
  })

  it('stops for good on shutdown: waiting workers return, no timer stays, nothing more is taken', async () => {
    const { clock, queue } = setUp()
    const waiting = queue.get()
    queue.add('later', { afterMs: 1_000 })
    queue.shutdown()
    queue.add('more')
    assert.equal(await waiting, undefined)
    assert.equal(await queue.get(), undefined)
    assert.equal(clock.timers, 0)
  })

  it('lets groups take turns, each in its own order, so that a crowd in one delays no other', async () => {
    const clock = new ManualClock()
    const queue = new Queue({ clock, groupOf: (key) => key.slice(0, 1) })
    for (const key of ['a1', 'a2', 'a3', 'a4']) queue.add(key)
    queue.add('b1', { priority: 'low' })
    for (const key of ['b2', 'c1', 'b3']) queue.add(key)
    const taken: (string | undefined)[] = []
    while (queue.depth > 0) taken.push(await queue.get())
    assert.deepEqual(taken, ['a1', 'b2', 'c1', 'a2', 'b3', 'a3', 'a4', 'b1'])
  })

  it('processes no more of a group than it may at a time, and goes on with it when one of them is done', async () => {
    const clock = new ManualClock()
    const queue = new Queue({ clock, groupOf: (key) => key.slice(0, 1), mostOfGroup: 2 })
    for (const key of ['a1', 'a2', 'a3', 'a4', 'b1']) queue.add(key)
    assert.deepEqual([await take(queue), await take(queue), await take(queue)], ['a1', 'b1', 'a2'])
    const next = queue.get()
    queue.add('a5')
    assert.equal(queue.depth, 3)
    queue.add('c1')
    assert.equal(await next, 'c1')
    const later = queue.get()
    queue.add('a1')
    queue.done('a1')
    assert.equal(await later, 'a3')
    queue.done('a2')
    assert.equal(await take(queue), 'a4')
    queue.done('a3')
    queue.done('a4')
    assert.deepEqual([await take(queue), await take(queue)], ['a5', 'a1'])
  })

  it('tells how long each key was ready, and how long the oldest one under way has taken', async () => {
    const clock = new ManualClock()
    const waited: number[] = []
    const queue = new Queue({ clock, random: () => 0, onTaken: (seconds) => waited.push(seconds) })
    queue.add('gathered by a standby')
    await clock.advance(60_000)
    await take(queue)
    queue.done('gathered by a standby')
    queue.add('a')
    await clock.advance(2_000)
    queue.add('a')
    queue.add('b', { afterMs: 1_000 })
    assert.equal(await take(queue), 'a')
    await clock.advance(4_000)
    assert.equal(await take(queue), 'b')
    await clock.advance(500)
    assert.deepEqual([waited, queue.longestProcessingSeconds], [[0, 2, 3], 4.5])
    queue.add('a')
    queue.done('a')
    assert.deepEqual([await take(queue), queue.longestProcessingSeconds], ['a', 0.5])
    assert.deepEqual(
      waited,
      [0, 2, 3, 0],
      'a key that was added while it was under way is ready when that ends',
    )
    queue.done('b')
    queue.done('a')
    assert.equal(queue.longestProcessingSeconds, 0)
  })

  it('never processes a key twice at a time and never loses one, whatever happens in whatever order', async () => {
    const step = fc.tuple(fc.constantFrom(...steps), fc.constantFrom('a', 'b', 'c'))
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (sequence) => {
        const model = { ...setUp(), running: new Set<string>(), owed: new Set<string>() }
        for (const [act, key] of sequence) await act(model, key)
        await drain(model)
        assert.deepEqual([...model.owed], [])
      }),
      { numRuns: 60 },
    )
  })
})

interface Model {
  readonly queue: Queue
  readonly clock: ManualClock
  readonly running: Set<string>
  readonly owed: Set<string>
}

const asks: readonly ((queue: Queue, key: string) => unknown)[] = [
  (queue, key) => queue.add(key),
  (queue, key) => queue.add(key, { priority: 'low' }),
  (queue, key) => queue.add(key, { afterMs: 500 }),
  (queue, key) => queue.addRateLimited(key),
]

const steps: readonly ((model: Model, key: string) => void | Promise<void>)[] = [
  ...asks.map((ask) => (model: Model, key: string) => {
    ask(model.queue, key)
    model.owed.add(key)
  }),
  (model) => model.clock.block(700),
  takeOne,
  takeOne,
  (model, key) => {
    if (model.running.delete(key)) model.queue.done(key)
  },
]

async function takeOne({ queue, running, owed }: Model): Promise<void> {
  const key = await take(queue)
  if (key === undefined) return
  assert.ok(!running.has(key), `${key} is processed twice at a time`)
  running.add(key)
  owed.delete(key)
}

async function drain(model: Model): Promise<void> {
  const finish = () => {
    for (const key of model.running) model.queue.done(key)
    model.running.clear()
  }
  finish()
  await model.clock.advance(400_000)
  while (model.queue.depth > 0) {
    await takeOne(model)
    finish()
  }
}
