/** A small operator made of src/kube, run by kube-process.test.ts as a process of its own. Tells its story on stdout. */
import { connect } from '../../src/kube/connection.ts'
import { serveHealth } from '../../src/kube/health-server.ts'
import { HttpRest } from '../../src/kube/http-rest.ts'
import { LeaderElector } from '../../src/kube/lease.ts'
import { superviseProcess } from '../../src/kube/lifecycle.ts'
import { Queue } from '../../src/kube/queue.ts'
import { Reflector } from '../../src/kube/reflector.ts'
import { stopInOrder } from '../../src/kube/stop-in-order.ts'
import { Store } from '../../src/kube/store.ts'
import { runWorkers } from '../../src/kube/workers.ts'
import { type Thing, thingType } from './kube-things.ts'

/** `namespace`, `passMs`: how long a pass works; `graceMs`; `obedient`: whether it ends when it is aborted. */
const settings = JSON.parse(process.argv[2] ?? '{}') as {
  readonly namespace: string
  readonly passMs: number
  readonly graceMs: number
  readonly obedient: boolean
}
const tell = (what: string) => console.log(what)
const quiet = () => undefined
const log = {
  debug: quiet,
  info: quiet,
  warn: quiet,
  error: (_: object, message: string) => tell(`error: ${message}`),
}

const rest = new HttpRest(await connect(process.env))
const store = new Store<Thing>()
const queue = new Queue()
store.onChange((change) => queue.add(change.key))
const reading = new AbortController()
const stopTaking = new AbortController()
const reflector = new Reflector({ rest, type: thingType, store, log, namespace: settings.namespace })
const following = reflector.run(reading.signal)
const elector = new LeaderElector({
  rest,
  namespace: settings.namespace,
  name: 'mooring',
  identity: 'child',
  log,
})
const state = { ready: true }
const metrics = async () => ({ body: '', contentType: 'text/plain' })
const health = await serveHealth('127.0.0.1:0', { isLive: () => true, isReady: () => state.ready, metrics })

async function pass(key: string, signal: AbortSignal) {
  tell(`pass ${key} begins`)
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, settings.passMs)
    if (settings.obedient) signal.addEventListener('abort', () => resolve(clearTimeout(timer)))
  })
  tell(`pass ${key} ${signal.aborted ? 'was aborted' : 'ends'}`)
  return {}
}

const working = Promise.withResolvers<boolean>()
const lifecycle = superviseProcess({
  process,
  log,
  stop: () =>
    stopInOrder(
      {
        markNotReady: () => {
          state.ready = false
          tell('not ready')
        },
        stopWorkers: () => {
          stopTaking.abort()
          return working.promise
        },
        stopReading: async () => {
          reading.abort()
          await following
        },
        flushEvents: async () => tell('events flushed'),
        releaseLease: async () => {
          await elector.release()
          tell('lease released')
        },
        closeConnections: async () => {
          await Promise.all([rest.close(), health.close()])
          tell('closed')
        },
      },
      { log },
    ),
})

elector.run({
  onStarted: (lost) => {
    const options = { workers: 1, passTimeoutMs: 60_000, graceMs: settings.graceMs, log, abort: lost }
    runWorkers({ name: 'things', queue, pass }, options, stopTaking.signal).then(working.resolve)
  },
  onStopped: (why) => {
    if (why === 'lost') lifecycle.stop('leadership lost', 1)
  },
})
