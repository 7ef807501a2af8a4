import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { emptyCaches, type KindReflector, reflectAll } from './caches.ts'
import type { Config } from './config.ts'
import { buildControllers, makeQueues } from './controllers.ts'
import type { Connection } from './kube/connection.ts'
import { EventRecorder } from './kube/events.ts'
import { fencedRest } from './kube/fenced-rest.ts'
import { serveHealth } from './kube/health-server.ts'
import { HttpRest } from './kube/http-rest.ts'
import { LeaderElector } from './kube/lease.ts'
import type { Log } from './kube/log.ts'
import type { StopParts } from './kube/stop-in-order.ts'
import { makeMetrics } from './metrics.ts'
import { readings } from './readings.ts'
import { World } from './reconcile/world.ts'
import { Service } from './service.ts'
import { checkCluster, clusterUid, StartupError } from './startup-checks.ts'

/** A started operator: the parts that stopping it in order takes. */
export interface RunningOperator extends StopParts {
  /** Where /livez, /readyz and /metrics are. */
  readonly url: string
}

/**
 * Starts the operator: checks the cluster, fills the caches, waits for leadership, then serves the queues. Returns
 * when it listens; `onLost` is called when leadership is lost, after which nothing is written any more.
 *
 * @throws StartupError, KubeError or ConnectionError, each saying what to do.
 */
export async function startOperator(
  config: Config,
  connection: Connection,
  log: Log,
  onLost: () => void,
): Promise<RunningOperator> {
  const metrics = makeMetrics()
  const rest = new HttpRest(connection, { userAgent: 'mooring/0.1.0', onAnswer: metrics.onAnswer })
  await checkCluster(rest)
  const installation = config.installationId || (await clusterUid(rest))
  const identity = `${hostname()}_${randomUUID()}`
  const elector = new LeaderElector({ rest, namespace: connection.namespace, name: 'mooring', identity, log })
  const isLeader = (): boolean => !config.leaderElection || elector.isLeader()

  const caches = emptyCaches(log)
  const reflectors = reflectAll(rest, caches, log)
  const world = new World()
  const queues = makeQueues(metrics.onTaken, (target) => world.accountAt(target))
  metrics.read(readings({ caches, world, reflectors, queues, isLeader }))
  const fenced = fencedRest(rest, isLeader)
  const controller = 'mooring.dev/mooring'
  const events = new EventRecorder({ rest: fenced, log, controller, instance: identity })
  const controllers = buildControllers({
    config,
    installation,
    namespace: connection.namespace,
    caches,
    world,
    queues,
    rest: fenced,
    events,
    metrics,
    log,
    isLeader,
  })

  const state = { ready: false }
  const questions = { isLive: () => true, isReady: () => state.ready, metrics: metrics.page }
  const health = await serveHealth(config.httpAddress, questions).catch((error: unknown) => {
    throw notServed(config.httpAddress, error)
  })
  log.info({ url: health.url, server: connection.server, installation }, 'listening')

  const service = new Service(controllers, metrics.onPass, log)
  const reading = new AbortController()
  for (const { reflector } of reflectors) reflector.run(reading.signal)
  Promise.all(reflectors.map(({ reflector }) => reflector.synced)).then(() => {
    if (service.stopped) return
    state.ready = true
    if (!config.leaderElection) return service.start()
    log.info({ namespace: connection.namespace, lease: 'mooring' }, 'waiting to lead')
    campaign(elector, service, reflectors, onLost)
  })
  return {
    url: health.url,
    markNotReady: () => {
      state.ready = false
    },
    stopWorkers: () => service.stop(),
    stopReading: () => reading.abort(),
    flushEvents: (timeoutMs) => events.flush(timeoutMs),
    releaseLease: () => elector.release(),
    closeConnections: async () => {
      controllers.close()
      await Promise.all([rest.close(), health.close()])
    },
  }
}

function notServed(address: string, error: unknown): StartupError {
  const { code = '', message } = error as NodeJS.ErrnoException
  const why = code === 'EADDRINUSE' ? 'the port is taken' : code || message
  return new StartupError(
    `--http-address (MOORING_HTTP_ADDRESS) "${address}" cannot be served: ${why}. Choose another, such as 127.0.0.1:8081.`,
  )
}

/** Serves while this process leads; aborts every pass at the moment when it no longer does. */
function campaign(
  elector: LeaderElector,
  service: Service,
  reflectors: readonly KindReflector[],
  onLost: () => void,
): void {
  elector.run({
    // What a follower has seen may be old without its knowing; the first passes decide on what is there now.
    onStarted: (signal) => {
      Promise.all(reflectors.map(({ reflector }) => reflector.relist())).then(() => {
        if (!signal.aborted) service.start()
      })
    },
    onStopped: (why) => {
      service.abort()
      if (why === 'lost') onLost()
    },
  })
}
