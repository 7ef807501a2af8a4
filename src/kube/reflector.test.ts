import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { capturedLog } from './captured-log.ts'
import { KubeError } from './kube-error.ts'
import { ManualClock, settle } from './manual-clock.ts'
import type { KubeObject } from './object.ts'
import { Reflector } from './reflector.ts'
import type { Rest, RestRequest, StreamRequest } from './rest.ts'
import { Store } from './store.ts'

/** Only cases that a real API server cannot be made to produce at will; the rest is in test/integration. */

const type = { group: 'test.dev', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true } as const

const object = (name: string, resourceVersion: string, uid = `uid-${name}`): KubeObject => ({
  metadata: { name, namespace: 'ns', uid, resourceVersion },
})

const page = (resourceVersion: string, items: readonly KubeObject[], next?: string) => ({
  metadata: { resourceVersion, ...(next ? { continue: next } : {}) },
  items,
})

const line = (kind: string, told: unknown) => `${JSON.stringify({ type: kind, object: told })}\n`
const bookmark = (resourceVersion: string) => line('BOOKMARK', { metadata: { resourceVersion } })
const failure = (status: number, reason: string, retryAfterMs?: number) =>
  new KubeError({ status, reason, message: reason, retryAfterMs })

/** What the next list answers: a page, or an error. */
type Answer = ReturnType<typeof page> | KubeError
/** What the next watch says, line by line, before it ends or fails; `open` keeps it open. */
type Stream = readonly (string | KubeError | 'open')[]

class ScriptedRest implements Rest {
  readonly lists: RestRequest[] = []
  readonly watches: StreamRequest[] = []
  readonly #answers: Answer[]
  readonly #streams: Stream[]
  readonly #afterwards: Stream

  constructor(answers: readonly Answer[], streams: readonly Stream[], afterwards: Stream = ['open']) {
    this.#answers = [...answers]
    this.#streams = [...streams]
    this.#afterwards = afterwards
  }

  async request<T>(request: RestRequest): Promise<T> {
    this.lists.push(request)
    const answer = this.#answers.shift() ?? failure(500, 'OutOfScript')
    if (answer instanceof KubeError) throw answer
    return answer as T
  }

  async *stream(request: StreamRequest): AsyncGenerator<Uint8Array> {
    this.watches.push(request)
    const parts = this.#streams.shift() ?? this.#afterwards
    if (!(parts[0] instanceof KubeError)) request.onOpen?.()
    for (const part of parts) {
      if (part instanceof KubeError) throw part
      if (part === 'open')
        await new Promise<void>((resolve) => request.signal.addEventListener('abort', () => resolve()))
      else yield Buffer.from(part)
    }
  }

  async close(): Promise<void> {
    await settle()
  }

  get versions(): readonly unknown[] {
    return this.watches.map((watch) => watch.query?.resourceVersion)
  }
}

function follow(rest: ScriptedRest) {
  const clock = new ManualClock()
  const store = new Store<KubeObject>()
  const told: string[] = []
  store.onChange(({ key, before, after, initial }) =>
    told.push(`${after ? (before ? 'changed' : 'new') : 'gone'} ${key}${initial ? ' initial' : ''}`),
  )
  const log = capturedLog()
  const reflector = new Reflector({ rest, type, store, log, clock, random: () => 0.5 })
  const stop = new AbortController()
  const finished = reflector.run(stop.signal)
  return { clock, store, told, log, reflector, stop, finished }
}

describe('Reflector', () => {
  it('lists anew when it is asked to, although its watch is silent, and says when that list is read', async () => {
    const rest = new ScriptedRest(
      [page('5', [object('a', '3'), object('b', '4')]), page('9', [object('b', '8')])],
      [['open']],
    )
    const { clock, told, reflector, store } = follow(rest)
    await clock.advance(0)
    assert.equal(store.size, 2)
    const story: string[] = []
    const asked = reflector
      .relist()
      .then(() => story.push(`${rest.lists.length} lists, ${store.size} objects`))
    await clock.advance(0)
    await asked
    assert.deepEqual(story, ['2 lists, 1 objects'])
    assert.deepEqual(told.slice(2).sort(), ['changed ns/b', 'gone ns/a'])
    assert.deepEqual(rest.versions, ['5', '9'])
  })

  it('goes on trying when the list that it is asked for fails, with pauses, and lists at once when it pauses', async () => {
    const down = failure(503, 'ServiceUnavailable')
    const rest = new ScriptedRest([page('5', [object('a', '3')]), down, down, page('9', [])], [['open']])
    const { clock, reflector, store } = follow(rest)
    await clock.advance(0)
    const asked = reflector.relist()
    await clock.advance(0)
    assert.equal(rest.lists.length, 2)
    await clock.advance(60_000)
    await asked
    assert.deepEqual([rest.lists.length, store.size], [4, 0])
  })

  it('reads all pages before it calls itself synced, then watches from where the list ended', async () => {
    const rest = new ScriptedRest(
      [page('100', [object('a', '1')], 'next'), page('100', [object('b', '2')])],
      [[line('MODIFIED', object('a', '101')), bookmark('110'), 'open']],
    )
    const { reflector, told, clock } = follow(rest)
    assert.equal(reflector.hasSynced(), false)
    await reflector.synced
    await clock.advance(0)
    assert.deepEqual(told, ['new ns/a initial', 'new ns/b initial', 'changed ns/a'])
    assert.deepEqual(
      rest.lists.map((list) => list.query?.continue),
      [undefined, 'next'],
    )
    assert.deepEqual(rest.watches[0]?.query, {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: '100',
      timeoutSeconds: 450,
    })
  })

  it('has heard of the server when it takes a watch, though it says nothing, and not when it refuses one', async () => {
    const silent = failure(0, 'Idle')
    const rest = new ScriptedRest([page('100', [])], [[failure(503, 'ServiceUnavailable')], ['', silent]])
    const { reflector, clock } = follow(rest)
    await reflector.synced
    const listed = reflector.lastHeardAt
    await clock.advance(100)
    assert.equal(rest.watches.length, 1)
    assert.equal(reflector.lastHeardAt, listed)
    await clock.advance(60_000)
    assert.ok(rest.watches.length > 1)
    assert.ok(reflector.lastHeardAt > listed)
  })

  it('begins again when the list expires between two pages, and in the end asks for it in one piece', async () => {
    const rest = new ScriptedRest(
      [
        page('100', [object('a', '1'), object('b', '2')], 'next'),
        failure(410, 'Expired'),
        page('200', [object('b', '2')], 'next'),
        failure(410, 'Expired'),
        page('300', [object('b', '2')]),
      ],
      [],
    )
    const { told, reflector, clock } = follow(rest)
    await clock.advance(60_000)
    assert.equal(reflector.hasSynced(), true)
    assert.deepEqual(told, ['new ns/a initial', 'new ns/b initial', 'gone ns/a'])
    assert.equal(rest.lists.at(-1)?.query?.limit, undefined)
    assert.deepEqual(rest.versions, ['300'])
  })

  for (const [shape, stream] of [
    ['an answer', [failure(410, 'Expired')]],
    ['an ERROR event', [line('ERROR', { kind: 'Status', code: 410, reason: 'Expired' })]],
    ['an ERROR event without a reason', [line('ERROR', { kind: 'Status', code: 410 })]],
  ] as const) {
    it(`lists again when the version has expired, told by ${shape}, and tells what went meanwhile`, async () => {
      const rest = new ScriptedRest(
        [page('100', [object('a', '1'), object('b', '2')]), page('200', [object('b', '2')])],
        [stream],
      )
      const { told, clock } = follow(rest)
      await clock.advance(0)
      assert.deepEqual(told, ['new ns/a initial', 'new ns/b initial', 'gone ns/a'])
      assert.deepEqual(rest.versions, ['100', '200'])
    })
  }

  it('resumes after any failure from the last version it saw, without listing', async () => {
    const rest = new ScriptedRest(
      [page('100', [])],
      [
        [bookmark('101'), failure(0, 'ConnectionFailed')],
        [failure(0, 'ConnectionFailed')],
        [failure(500, 'InternalError')],
        [failure(429, 'TooManyRequests', 5_000)],
        [failure(503, 'ServiceUnavailable'), 'open'],
        [failure(0, 'Idle')],
        [failure(0, 'TlsFailed')],
        [line('ADDED', object('a', '102')), 'open'],
      ],
    )
    const { clock, reflector, told } = follow(rest)
    await clock.advance(300_000)
    assert.deepEqual(rest.versions, ['100', ...new Array(7).fill('101')])
    assert.equal(reflector.lists, 1)
    assert.deepEqual(told, ['new ns/a'])
  })

  it('waits longer and longer, up to thirty seconds, while watches close at once and bring nothing', async () => {
    const rest = new ScriptedRest([page('100', [])], [], [])
    const { clock } = follow(rest)
    await clock.advance(60_000)
    const first = rest.watches.length
    await clock.advance(600_000)
    const perMinute = (rest.watches.length - first) / 10
    assert.ok(first < 12 && perMinute <= 3, `${first} in the first minute, then ${perMinute}`)
  })

  it('opens the next watch at once after one that brought something', async () => {
    const rest = new ScriptedRest([page('100', [])], [[bookmark('101')], [bookmark('102')]])
    const { clock } = follow(rest)
    await clock.advance(0)
    assert.deepEqual(rest.versions, ['100', '101', '102'])
  })

  it('opens the next watch at once after one that was silent too long', async () => {
    const rest = new ScriptedRest([page('100', [])], [[failure(0, 'Idle')], [failure(0, 'Idle')]])
    const { clock } = follow(rest)
    await clock.advance(0)
    assert.deepEqual(rest.versions, ['100', '100', '100'])
  })

  it('obeys Retry-After when it is longer than its own delay', async () => {
    const rest = new ScriptedRest([failure(429, 'TooManyRequests', 20_000), page('100', [])], [])
    const { clock } = follow(rest)
    await clock.advance(19_999)
    assert.equal(rest.lists.length, 1)
    await clock.advance(1)
    assert.equal(rest.lists.length, 2)
  })

  it('resumes before an unreadable line, and lists again when the third comes within a minute', async () => {
    for (const garbage of [
      '{"type":"ADDED","obj\n',
      'null\n',
      line('NEWS', object('a', '5')),
      line('ADDED', {}),
    ]) {
      const rest = new ScriptedRest(
        [page('100', [object('a', '1')]), page('200', [object('a', '1')])],
        [[garbage], [garbage], [garbage]],
      )
      const { clock, reflector } = follow(rest)
      await clock.advance(30_000)
      assert.deepEqual(rest.versions, ['100', '100', '100', '200'])
      assert.equal(reflector.lists, 2)
    }
  })

  it('keeps what it knows while lists fail, as when the CRD is gone or the rights are', async () => {
    const rest = new ScriptedRest(
      [page('100', [object('a', '1')]), failure(404, 'NotFound'), failure(403, 'Forbidden')],
      [[failure(410, 'Expired')]],
    )
    const { clock, store } = follow(rest)
    await clock.advance(60_000)
    assert.ok(rest.lists.length >= 3)
    assert.equal(store.size, 1)
  })

  it('lists again when the API server has said nothing for a quarter of an hour', async () => {
    const rest = new ScriptedRest([page('100', []), page('200', [])], [], [failure(0, 'ConnectionFailed')])
    const { clock, reflector } = follow(rest)
    await clock.advance(14 * 60_000)
    assert.equal(reflector.lists, 1)
    await clock.advance(2 * 60_000)
    assert.equal(reflector.lists, 2)
  })

  it('survives replays, events about unknown objects and bookmarks without a spec', async () => {
    const rest = new ScriptedRest(
      [page('100', [object('a', '1')])],
      [
        [
          line('ADDED', object('a', '1')),
          line('MODIFIED', object('b', '101')),
          line('DELETED', object('c', '102')),
          bookmark('103'),
          line('ADDED', object('a', '104', 'another')),
          '\n',
          'open',
        ],
      ],
    )
    const { told, clock } = follow(rest)
    await clock.advance(0)
    assert.deepEqual(told, ['new ns/a initial', 'new ns/b', 'gone ns/a', 'new ns/a'])
  })

  it('goes on when a listener throws', async () => {
    const rest = new ScriptedRest(
      [page('100', [object('a', '1')])],
      [[line('ADDED', object('b', '101')), 'open']],
    )
    const { store, clock } = follow(rest)
    store.onChange(() => {
      throw new Error('broken listener')
    })
    await clock.advance(0)
    assert.equal(store.size, 2)
    assert.equal(store.listenerErrors, 2)
  })

  it('ends in every state when told to, with no timer left and no watch opened afterwards', async () => {
    const backingOff = new ScriptedRest([page('100', [])], [[failure(500, 'InternalError')]])
    const streaming = new ScriptedRest([page('100', [])], [])
    const listFailing = new ScriptedRest([failure(500, 'InternalError')], [])
    for (const rest of [backingOff, streaming, listFailing]) {
      const { clock, stop, finished } = follow(rest)
      await clock.advance(0)
      const watches = rest.watches.length
      stop.abort()
      await finished
      await clock.advance(60_000)
      assert.equal(clock.timers, 0)
      assert.equal(rest.watches.length, watches)
    }
  })
})
