import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { CloudCall } from './clouds/session-hooks.ts'
import type { ApiAnswer } from './kube/http-rest.ts'
import type { PassReport } from './kube/workers.ts'
import { type LabelName, METRICS, type MetricEntry, type MetricName } from './metric-table.ts'

/** One value, or values by the one label of the metric. */
type Reading = () => number | Readonly<Record<string, number>>

/** Metrics that are read when somebody asks for the page. */
export type Readings = Readonly<Record<ReadName, Reading>>

type ReadName = Exclude<MetricName, CountedName>
type CountedName =
  | 'mooring_reconcile_total'
  | 'mooring_reconcile_duration_seconds'
  | 'mooring_cloud_calls_total'
  | 'mooring_cloud_call_duration_seconds'
  | 'mooring_entry_changes_total'
  | 'rest_client_requests_total'
  | 'rest_client_request_duration_seconds'
  | 'workqueue_queue_duration_seconds'

/** Mooring's metrics; src/metric-table.ts has all of them. */
export interface Metrics {
  onPass(pass: PassReport): void
  onCall(call: CloudCall): void
  /** An answer of the API server, or a failure without one. */
  onAnswer(answer: ApiAnswer): void
  /** Entries written, by what was done. */
  onChanges(action: 'granted' | 'repaired' | 'revoked', count: number): void
  /** A key was taken from a queue after it had been ready for so many seconds. */
  onTaken(queue: string, waitedSeconds: number): void
  /** What is read at every look at the page. To be called once. */
  read(readings: Readings): void
  page(): Promise<{ readonly body: string; readonly contentType: string }>
}

/** Upper bounds in seconds: a quick answer, a slow one, and the time-outs of requests (30) and passes (120). */
const BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120]

export function makeMetrics(): Metrics {
  const registry = new Registry()
  const [passes, passSeconds] = pair(
    registry,
    'mooring_reconcile_total',
    'mooring_reconcile_duration_seconds',
  )
  const [calls, callSeconds] = pair(
    registry,
    'mooring_cloud_calls_total',
    'mooring_cloud_call_duration_seconds',
  )
  const [answers, answerSeconds] = pair(
    registry,
    'rest_client_requests_total',
    'rest_client_request_duration_seconds',
  )
  const changes = new Counter(shape(registry, 'mooring_entry_changes_total'))
  const waits = new Histogram({ ...shape(registry, 'workqueue_queue_duration_seconds'), buckets: BUCKETS })
  // What has not happened yet is 0 and not absent, so that its first time is seen as an increase.
  for (const action of ['granted', 'repaired', 'revoked']) changes.inc({ action }, 0)
  return {
    onPass: ({ controller, outcome, seconds }) => {
      passes.inc({ controller, outcome })
      passSeconds.observe({ controller }, seconds)
    },
    onCall: ({ service, operation, result, milliseconds }) => {
      calls.inc({ service, operation, result })
      callSeconds.observe({ service, operation }, milliseconds / 1_000)
    },
    onAnswer: ({ method, pool, status, seconds }) => {
      const verb = pool === 'watch' ? 'WATCH' : method
      answers.inc({ method: verb, code: status === 0 ? '<error>' : String(status) })
      answerSeconds.observe({ verb }, seconds)
    },
    onChanges: (action, count) => changes.inc({ action }, count),
    onTaken: (name, seconds) => waits.observe({ name }, seconds),
    read: (readings) => {
      for (const [name, reading] of Object.entries(readings))
        readAtEveryLook(registry, name as ReadName, reading)
    },
    page: async () => ({ body: await registry.metrics(), contentType: registry.contentType }),
  }
}

function shape(registry: Registry, name: MetricName) {
  const { help, labels = [] }: MetricEntry = METRICS[name]
  return { name, help, labelNames: [...labels], registers: [registry] }
}

function pair(
  registry: Registry,
  total: CountedName,
  seconds: CountedName,
): [Counter<LabelName>, Histogram<LabelName>] {
  return [
    new Counter(shape(registry, total)),
    new Histogram({ ...shape(registry, seconds), buckets: BUCKETS }),
  ]
}

/** Made anew at every look, so that a label that is no longer there goes. */
function readAtEveryLook(registry: Registry, name: ReadName, reading: Reading): void {
  const { type, labels: [label] = [] }: MetricEntry = METRICS[name]
  const options = shape(registry, name)
  const collect = (): void => {
    const value = reading()
    metric.reset()
    if (typeof value === 'number' || label === undefined) metric.inc(Number(value))
    else for (const [key, one] of Object.entries(value)) metric.inc({ [label]: key }, one)
  }
  const metric: Counter<LabelName> | Gauge<LabelName> =
    type === 'counter' ? new Counter({ ...options, collect }) : new Gauge({ ...options, collect })
}
