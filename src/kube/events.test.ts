import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { capturedLog } from './captured-log.ts'
import { fitNote } from './event-note.ts'
import { EventRecorder } from './events.ts'
import { KubeError } from './kube-error.ts'
import { ManualClock, settle } from './manual-clock.ts'
import type { Rest, RestRequest } from './rest.ts'

/** Answers every write with what the script says; events that a real API server takes are in test/integration. */
function scripted(answer: (request: RestRequest, attempt: number) => Promise<unknown> | unknown) {
  const requests: RestRequest[] = []
  const rest: Rest = {
    async request<T>(request: RestRequest) {
      requests.push(request)
      return (await answer(request, requests.length)) as T
    },
    // biome-ignore lint/correctness/useYield: events are never watched
    async *stream() {
      throw new Error('not asked')
    },
    async close() {
      requests.length = 0
    },
  }
  const clock = new ManualClock()
  const log = capturedLog()
  const recorder = new EventRecorder({ rest, log, controller: 'mooring.dev/mooring', instance: 'pod', clock })
  return { recorder, requests, clock, log }
}

const failure = (status: number, reason = 'X') => new KubeError({ status, reason, message: reason })

const event = (name: string, note = 'granted') => ({
  object: { kind: 'Thing', metadata: { name, namespace: 'ns', uid: `uid-${name}`, resourceVersion: '1' } },
  type: 'Normal' as const,
  reason: 'AccessGranted',
  action: 'Grant',
  note,
})

function countIn(request: RestRequest | undefined): number | undefined {
  const body = request?.body as { readonly series?: { readonly count: number } } | undefined
  return body?.series?.count
}

describe('EventRecorder', () => {
  it('sends a repetition as a series, then counts quietly, and sends the count now and then', async () => {
    const { recorder, requests, clock } = scripted(() => ({}))
    for (let i = 0; i < 5; i++) {
      recorder.record(event('a'))
      await clock.advance(1_000)
    }
    assert.deepEqual(
      requests.map((request) => request.method),
      ['POST', 'PATCH'],
    )
    await clock.advance(60_000)
    recorder.record(event('a'))
    await clock.advance(0)
    assert.equal(countIn(requests[2]), 6)
  })

  it('begins a new event when the last one is long ago', async () => {
    const { recorder, requests, clock } = scripted(() => ({}))
    recorder.record(event('a'))
    await clock.advance(7 * 60_000)
    recorder.record(event('a'))
    await clock.advance(0)
    assert.deepEqual(
      requests.map((request) => request.method),
      ['POST', 'POST'],
    )
  })

  it('keeps events while the API server is away and sends them once when it is back', async () => {
    const { recorder, requests, clock } = scripted((_, attempt) => {
      if (attempt <= 3) throw failure(0, 'ConnectionFailed')
    })
    recorder.record(event('a'))
    recorder.record(event('b'))
    await clock.advance(60_000)
    assert.equal(requests.length, 5)
    assert.equal(recorder.dropped, 0)
  })

  it('takes AlreadyExists for the success whose answer got lost', async () => {
    const { recorder, clock } = scripted((_, attempt) => {
      throw attempt === 1 ? failure(0, 'TimedOut') : failure(409, 'AlreadyExists')
    })
    recorder.record(event('a'))
    await clock.advance(10_000)
    assert.equal(recorder.dropped, 0)
  })

  it('drops what the API server refuses, counts it, and goes on', async () => {
    const { recorder, requests, clock } = scripted((_, attempt) => {
      if (attempt === 1) throw failure(403, 'Forbidden')
    })
    recorder.record(event('a'))
    recorder.record(event('b'))
    await clock.advance(0)
    assert.deepEqual([recorder.dropped, requests.length], [1, 2])
  })

  it('drops and counts new events when five hundred wait, and gives an event up in the end', async () => {
    const { recorder, clock } = scripted(() => {
      throw failure(503)
    })
    for (let i = 0; i < 600; i++) recorder.record(event(`e${i}`))
    assert.equal(recorder.dropped, 99, 'one is being sent, five hundred wait')
    await clock.advance(12 * 10_000)
    assert.equal(recorder.dropped, 100)
  })

  it('does not wait for retries when it is flushed, nor longer than it is told', async () => {
    const { recorder, clock } = scripted(() => new Promise(() => undefined))
    recorder.record(event('a'))
    const flushed = recorder.flush(2_000)
    await clock.advance(2_000)
    await flushed
    assert.equal(clock.timers, 0)
  })

  it('does not send an event twice that is under way when it is flushed', async () => {
    const { recorder, requests } = scripted(() => settle())
    recorder.record(event('a'))
    await recorder.flush(2_000)
    assert.equal(requests.length, 1)
  })

  it('sends counts that were held back when it is flushed', async () => {
    const { recorder, requests, clock } = scripted(() => ({}))
    for (let i = 0; i < 4; i++) {
      recorder.record(event('a'))
      await clock.advance(0)
    }
    await recorder.flush(2_000)
    assert.equal(countIn(requests.at(-1)), 4)
    assert.equal(clock.timers, 0)
  })
})

describe('fitNote', () => {
  it('cuts long notes to a kilobyte, between characters', () => {
    const note = fitNote('ä€😀'.repeat(300))
    assert.ok(Buffer.byteLength(note) <= 1_024 && note.endsWith('…') && !note.includes('\uFFFD'))
    assert.equal(fitNote('short'), 'short')
  })
})
