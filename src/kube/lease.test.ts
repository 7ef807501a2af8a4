import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { capturedLog } from './captured-log.ts'
import { KubeError } from './kube-error.ts'
import { LeaderElector } from './lease.ts'
import type { Lease } from './lease-record.ts'
import { ManualClock } from './manual-clock.ts'
import type { Rest, RestRequest } from './rest.ts'

/**
 * One lease in memory with the API server's rule that a write needs the newest resourceVersion. Only for what needs time
 * to be turned by hand; the same elector meets the real API server in test/integration.
 */
class LeaseCell {
  lease: Lease | undefined
  #version = 0

  answer(request: RestRequest): Lease {
    if (request.method !== 'POST' && !this.lease) throw failure(404, 'NotFound')
    if (request.method === 'GET') return this.lease as Lease
    if (request.method === 'POST' && this.lease) throw failure(409, 'AlreadyExists')
    const sent = request.body as Lease
    if (request.method === 'PUT' && sent.metadata.resourceVersion !== this.lease?.metadata.resourceVersion) {
      throw failure(409, 'Conflict')
    }
    this.#version += 1
    this.lease = { ...sent, metadata: { ...sent.metadata, uid: 'u', resourceVersion: `${this.#version}` } }
    return this.lease
  }
}

const failure = (status: number, reason: string) => new KubeError({ status, reason, message: reason })

/** A candidate's own way to the lease, which can be cut or slowed down. */
class Line implements Rest {
  state: 'up' | 'down' | 'frozen' = 'up'
  /** How long the answer takes after the API server has done what was asked. */
  answerMs = 0
  readonly #cell: LeaseCell
  readonly #clock: ManualClock

  constructor(cell: LeaseCell, clock: ManualClock) {
    this.#cell = cell
    this.#clock = clock
  }

  async request<T>(request: RestRequest): Promise<T> {
    assert.equal(request.pool, 'lease')
    if (this.state === 'down') throw failure(0, 'ConnectionFailed')
    if (this.state === 'frozen') {
      await new Promise<void>((resolve) => this.#clock.after(request.timeoutMs ?? 0, resolve))
      throw failure(0, 'TimedOut')
    }
    const answer = this.#cell.answer(request)
    if (this.answerMs > 0) await new Promise<void>((resolve) => this.#clock.after(this.answerMs, resolve))
    return answer as T
  }

  // biome-ignore lint/correctness/useYield: a lease is never watched
  async *stream(): AsyncGenerator<Uint8Array> {
    throw failure(0, 'Aborted')
  }

  async close(): Promise<void> {
    this.state = 'down'
  }
}

function candidate(
  cell: LeaseCell,
  identity: string,
  clock: ManualClock,
  rest = new Line(cell, clock),
  random = () => 0,
) {
  const log = capturedLog()
  const elector = new LeaderElector({
    rest,
    namespace: 'ns',
    name: 'mooring',
    identity,
    log,
    clock,
    random,
  })
  const story: string[] = []
  let leading: AbortSignal | undefined
  const finished = elector.run({
    onStarted: (signal) => {
      leading = signal
      story.push('started')
    },
    onStopped: (why) => story.push(why),
  })
  return { rest, elector, story, finished, aborted: () => leading?.aborted === true, log }
}

describe('LeaderElector', () => {
  it('makes the lease, renews it, and writes its times with six digits', async () => {
    const [clock, cell] = [new ManualClock(), new LeaseCell()]
    const a = candidate(cell, 'a', clock)
    await clock.advance(0)
    const first = cell.lease?.spec
    assert.match(first?.renewTime ?? '', /\.\d{6}Z$/)
    await clock.advance(20_000)
    assert.equal(a.elector.isLeader(), true)
    assert.notEqual(cell.lease?.spec?.renewTime, first?.renewTime)
    assert.deepEqual(
      { ...cell.lease?.spec, renewTime: '' },
      { ...first, renewTime: '', leaseTransitions: 0, leaseDurationSeconds: 15 },
    )
  })

  it('takes over from a leader that has vanished, not before its lease was seen unchanged for its duration', async () => {
    const [clock, cell] = [new ManualClock(), new LeaseCell()]
    const a = candidate(cell, 'a', clock)
    await clock.advance(0)
    const b = candidate(cell, 'b', clock)
    await clock.advance(30_000)
    assert.equal(b.elector.isLeader(), false)
    a.rest.state = 'down'
    await clock.advance(12_000)
    assert.deepEqual([a.elector.isLeader(), b.elector.isLeader()], [false, false])
    await clock.advance(8_000)
    assert.equal(b.elector.isLeader(), true)
    assert.equal(cell.lease?.spec?.leaseTransitions, 1)
  })

  for (const random of [0, 0.5, 0.999]) {
    for (const phase of [0, 700, 1_999]) {
      it(`is followed within 18 s when it is killed right after a renewal (chance ${random}, ${phase} ms apart)`, async () => {
        const [clock, cell] = [new ManualClock(), new LeaseCell()]
        const a = candidate(cell, 'a', clock)
        await clock.advance(phase)
        const b = candidate(cell, 'b', clock, new Line(cell, clock), () => random)
        await clock.advance(31_000)
        const renewed = cell.lease?.spec?.renewTime
        while (cell.lease?.spec?.renewTime === renewed) await clock.advance(1)
        a.rest.state = 'down'
        await clock.advance(14_000)
        assert.equal(b.elector.isLeader(), false)
        await clock.advance(4_000)
        assert.equal(b.elector.isLeader(), true)
      })
    }
  }

  for (const hours of [-1, 1]) {
    it(`is not misled by a clock that is ${hours} hour off`, async () => {
      const cell = new LeaseCell()
      const clock = new ManualClock()
      const skewed = new ManualClock()
      skewed.wallSkewMs = hours * 3_600_000
      const a = candidate(cell, 'a', clock)
      await clock.advance(0)
      const b = candidate(cell, 'b', skewed)
      for (let second = 0; second < 60; second++) {
        await Promise.all([clock.advance(1_000), skewed.advance(1_000)])
        assert.equal(b.elector.isLeader(), false)
      }
      assert.equal(a.elector.isLeader(), true)
      a.rest.state = 'down'
      for (let second = 0; second < 20; second++)
        await Promise.all([clock.advance(1_000), skewed.advance(1_000)])
      assert.deepEqual([a.elector.isLeader(), b.elector.isLeader()], [false, true])
    })
  }

  for (const state of ['down', 'frozen'] as const) {
    it(`gives up and aborts what runs ten seconds after its last renewal when its line is ${state}`, async () => {
      const [clock, cell] = [new ManualClock(), new LeaseCell()]
      const a = candidate(cell, 'a', clock)
      await clock.advance(0)
      a.rest.state = state
      await clock.advance(9_999)
      assert.deepEqual([a.elector.isLeader(), a.aborted()], [true, false])
      await clock.advance(1)
      assert.deepEqual([a.elector.isLeader(), a.aborted()], [false, true])
      await a.finished
      assert.deepEqual(a.story, ['started', 'lost'])
    })
  }

  it('survives a short outage', async () => {
    const [clock, cell] = [new ManualClock(), new LeaseCell()]
    const a = candidate(cell, 'a', clock)
    await clock.advance(0)
    a.rest.state = 'down'
    await clock.advance(7_000)
    a.rest.state = 'up'
    await clock.advance(20_000)
    assert.deepEqual([a.elector.isLeader(), a.story], [true, ['started']])
  })

  it('is deposed the moment it looks after its event loop stood still, and stays so', async () => {
    const [clock, cell] = [new ManualClock(), new LeaseCell()]
    const a = candidate(cell, 'a', clock)
    await clock.advance(0)
    clock.block(10_000)
    assert.equal(a.elector.isLeader(), false)
    await clock.advance(5_000)
    assert.equal(a.elector.isLeader(), false)
    assert.deepEqual(a.story, ['started', 'lost'])
  })

  it('counts its time from when a renewal was sent, since others count from when the API server got it', async () => {
    const [clock, cell] = [new ManualClock(), new LeaseCell()]
    const a = candidate(cell, 'a', clock)
    await clock.advance(0)
    a.rest.answerMs = 1_500
    await clock.advance(3_500)
    a.rest.state = 'down'
    await clock.advance(8_499)
    assert.equal(a.elector.isLeader(), true)
    await clock.advance(1)
    assert.equal(a.elector.isLeader(), false)
  })

  it('does not come back to life by a renewal that was answered after the deadline', async () => {
    const [clock, cell] = [new ManualClock(), new LeaseCell()]
    const a = candidate(cell, 'a', clock)
    await clock.advance(0)
    a.rest.answerMs = 1_000
    await clock.advance(2_500)
    clock.block(8_000)
    assert.equal(a.elector.isLeader(), false)
    await clock.advance(1_000)
    assert.deepEqual([a.elector.isLeader(), a.story], [false, ['started', 'lost']])
  })

  it('stops at once when it finds the lease in other hands', async () => {
    const [clock, cell] = [new ManualClock(), new LeaseCell()]
    const a = candidate(cell, 'a', clock)
    await clock.advance(0)
    const lease = cell.lease as Lease
    cell.answer({
      method: 'PUT',
      path: '',
      body: { ...lease, spec: { ...lease.spec, holderIdentity: 'thief' } },
    })
    await clock.advance(5_000)
    assert.deepEqual(a.story, ['started', 'lost'])
  })

  it('makes the lease again when somebody deletes it', async () => {
    const [clock, cell] = [new ManualClock(), new LeaseCell()]
    const a = candidate(cell, 'a', clock)
    await clock.advance(0)
    cell.lease = undefined
    await clock.advance(6_000)
    assert.equal(a.elector.isLeader(), true)
    assert.equal((cell.lease as Lease | undefined)?.spec?.holderIdentity, 'a')
  })

  it('on release gives the lease up, so that the next candidate leads at its next look', async () => {
    const [clock, cell] = [new ManualClock(), new LeaseCell()]
    const a = candidate(cell, 'a', clock)
    await clock.advance(0)
    const b = candidate(cell, 'b', clock)
    await clock.advance(4_000)
    await a.elector.release()
    assert.equal(a.elector.isLeader(), false)
    assert.equal(cell.lease?.spec?.holderIdentity, '')
    await clock.advance(2_000)
    assert.equal(b.elector.isLeader(), true)
    assert.deepEqual(a.story, ['started', 'released'])
  })

  it('ends a campaign that never won when released, and leaves no timer', async () => {
    const [clock, cell] = [new ManualClock(), new LeaseCell()]
    const a = candidate(cell, 'a', clock)
    await clock.advance(0)
    const b = candidate(cell, 'b', clock)
    await clock.advance(4_000)
    await b.elector.release()
    await b.finished
    assert.deepEqual(b.story, [])
    assert.equal(cell.lease?.spec?.holderIdentity, 'a')
    await a.elector.release()
    assert.equal(clock.timers, 0)
  })

  it('gives up a lease that it wins while it is being released', async () => {
    const [clock, cell] = [new ManualClock(), new LeaseCell()]
    const rest = new Line(cell, clock)
    rest.answerMs = 500
    const a = candidate(cell, 'a', clock, rest)
    await clock.advance(200)
    assert.equal(
      cell.lease?.spec?.holderIdentity,
      'a',
      'the lease is made, and its maker does not know it yet',
    )
    assert.equal(a.elector.isLeader(), false)
    const released = a.elector.release()
    await clock.advance(1_500)
    await released
    assert.equal(cell.lease?.spec?.holderIdentity, '')
    assert.deepEqual(a.story, [])
  })

  it('keeps fields of the lease that it does not know', async () => {
    const [clock, cell] = [new ManualClock(), new LeaseCell()]
    const spec = { strategy: 'OldestEmulationVersion' }
    const metadata = { name: 'mooring', namespace: 'ns', uid: 'u', resourceVersion: '' }
    cell.answer({ method: 'POST', path: '', body: { metadata, spec } })
    const a = candidate(cell, 'a', clock)
    await clock.advance(4_000)
    assert.equal(a.elector.isLeader(), true)
    assert.equal((cell.lease?.spec as typeof spec | undefined)?.strategy, 'OldestEmulationVersion')
  })
})
