import { strict as assert } from 'node:assert'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import { capturedLog } from './captured-log.ts'
import { superviseProcess } from './lifecycle.ts'
import { ManualClock, settle } from './manual-clock.ts'
import { type StopParts, stopInOrder } from './stop-in-order.ts'

function parts(overrides: Partial<StopParts> = {}) {
  const story: string[] = []
  const note = (what: string) => async () => void story.push(what)
  const all: StopParts = {
    markNotReady: () => void story.push('not ready'),
    stopWorkers: async () => {
      story.push('workers')
      return true
    },
    stopReading: note('reading'),
    flushEvents: note('events'),
    releaseLease: note('lease'),
    closeConnections: note('connections'),
    ...overrides,
  }
  return { story, parts: all, log: capturedLog(), clock: new ManualClock() }
}

describe('stopInOrder', () => {
  it('releases the lease after everything that could write, and closes connections last', async () => {
    const { story, parts: all, log, clock } = parts()
    await stopInOrder(all, { log, clock })
    assert.deepEqual(story, ['not ready', 'workers', 'reading', 'events', 'lease', 'connections'])
    assert.equal(clock.timers, 0)
  })

  it('leaves the lease to expire when a pass still runs', async () => {
    const { story, parts: all, log, clock } = parts({ stopWorkers: async () => false })
    await stopInOrder(all, { log, clock })
    assert.deepEqual(story, ['not ready', 'reading', 'events', 'connections'])
  })

  it('goes on when a part fails or hangs, and says which', async () => {
    const {
      story,
      parts: all,
      log,
      clock,
    } = parts({
      markNotReady: () => {
        throw new Error('broken')
      },
      flushEvents: () => new Promise(() => undefined),
    })
    const stopped = stopInOrder(all, { log, clock })
    await clock.advance(2_500)
    await stopped
    assert.deepEqual(story, ['workers', 'reading', 'lease', 'connections'])
    assert.deepEqual(
      log.lines.map((line) => line.fields.step),
      ['not ready', 'events'],
    )
  })

  it('does not release the lease when the workers cannot be stopped', async () => {
    const { story, parts: all, log, clock } = parts({ stopWorkers: () => new Promise(() => undefined) })
    const stopped = stopInOrder(all, { log, clock })
    await clock.advance(60_000)
    await stopped
    assert.ok(!story.includes('lease'))
  })
})

function supervised(stop: () => Promise<void>) {
  const exits: number[] = []
  const process = Object.assign(new EventEmitter(), { exit: (code: number) => void exits.push(code) })
  const log = capturedLog()
  return { process, exits, log, lifecycle: superviseProcess({ process, stop, log }) }
}

describe('superviseProcess', () => {
  it('stops once and exits with 0 on the first signal', async () => {
    let stops = 0
    const { process, exits } = supervised(async () => void stops++)
    process.emit('SIGTERM', 'SIGTERM')
    await settle()
    assert.deepEqual([stops, exits], [1, [0]])
  })

  it('exits at once on the second signal', async () => {
    const { process, exits } = supervised(() => new Promise(() => undefined))
    process.emit('SIGTERM', 'SIGTERM')
    await settle()
    assert.deepEqual(exits, [])
    process.emit('SIGINT', 'SIGINT')
    assert.deepEqual(exits, [1])
  })

  it('exits even when stopping fails', async () => {
    const { process, exits } = supervised(() => {
      throw new Error('broken')
    })
    process.emit('SIGINT', 'SIGINT')
    await settle()
    assert.deepEqual(exits, [0])
  })

  it('exits with the code given when leadership is lost; a signal then does not start a second stop', async () => {
    const { exits, lifecycle } = supervised(async () => undefined)
    await Promise.all([lifecycle.stop('leadership lost', 1), lifecycle.stop('again', 0)])
    assert.deepEqual(exits, [1])
  })

  for (const event of ['unhandledRejection', 'uncaughtException']) {
    it(`logs an ${event} without its message and exits with 1`, () => {
      const { process, exits, log } = supervised(async () => undefined)
      process.emit(event, new Error('Bearer secret'))
      assert.deepEqual(exits, [1])
      assert.ok(!JSON.stringify(log.lines).includes('secret'))
    })
  }

  it('takes its listeners off the process again', () => {
    const { process, lifecycle } = supervised(async () => undefined)
    lifecycle.dispose()
    assert.deepEqual(process.eventNames(), [])
  })
})
