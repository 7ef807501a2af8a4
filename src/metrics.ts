import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client'
import type { CloudCall } from './clouds/session-hooks.ts'
import type { PassReport } from './kube/workers.ts'

/** What the gauges ask at every scrape. */
export interface Gauges {
  readonly queueDepth: () => Readonly<Record<string, number>>
  /** Seconds since the API server last said something, by kind. */
  readonly watchAge: () => Readonly<Record<string, number>>
  /** Integrations by the reason of their Ready condition. */
  readonly integrations: () => Readonly<Record<string, number>>
  readonly orphans: () => Readonly<Record<string, number>>
  readonly isLeader: () => boolean
}

/** Mooring's metrics. Label sets are bounded: kinds, operations, reasons, account names; never a bucket or a person. */
export interface Metrics {
  onPass(pass: PassReport): void
  onCall(call: CloudCall): void
  /** Entries written, by what was done. */
  onChanges(action: 'granted' | 'repaired' | 'revoked', count: number): void
  page(): Promise<{ readonly body: string; readonly contentType: string }>
}

export function makeMetrics(gauges: Gauges): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const passes = new Counter({
    name: 'mooring_reconcile_total',
    help: 'Passes by controller and outcome.',
    labelNames: ['controller', 'outcome'],
    registers,
  })
  const passSeconds = new Histogram({
    name: 'mooring_reconcile_seconds',
    help: 'Duration of passes.',
    labelNames: ['controller'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers,
  })
  const calls = new Counter({
    name: 'mooring_cloud_calls_total',
    help: 'Requests to clouds by service, operation and result.',
    labelNames: ['service', 'operation', 'result'],
    registers,
  })
  const callSeconds = new Histogram({
    name: 'mooring_cloud_call_seconds',
    help: 'Duration of requests to clouds.',
    labelNames: ['service', 'operation'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers,
  })
  const changes = new Counter({
    name: 'mooring_entry_changes_total',
    help: 'Entries granted, repaired after drift, or revoked.',
    labelNames: ['action'],
    registers,
  })
  addGauges(registers, gauges)
  return {
    onPass: ({ controller, outcome, seconds }) => {
      passes.inc({ controller, outcome })
      passSeconds.observe({ controller }, seconds)
    },
    onCall: ({ service, operation, result, milliseconds }) => {
      calls.inc({ service, operation, result })
      callSeconds.observe({ service, operation }, milliseconds / 1_000)
    },
    onChanges: (action, count) => changes.inc({ action }, count),
    page: async () => ({ body: await registry.metrics(), contentType: registry.contentType }),
  }
}

function addGauges(registers: Registry[], gauges: Gauges): void {
  labelled(
    registers,
    'mooring_queue_depth',
    'Keys ready to be taken, by controller.',
    'controller',
    gauges.queueDepth,
  )
  labelled(
    registers,
    'mooring_watch_age_seconds',
    'Seconds since the API server last said something, by kind.',
    'kind',
    gauges.watchAge,
  )
  labelled(
    registers,
    'mooring_integrations',
    'StorageIntegrations by the reason of their Ready condition.',
    'reason',
    gauges.integrations,
  )
  labelled(
    registers,
    'mooring_orphans',
    'Entries whose integration does not exist, by CloudAccount.',
    'account',
    gauges.orphans,
  )
  plain(registers, 'mooring_leader', '1 while this process leads.', () => (gauges.isLeader() ? 1 : 0))
  plain(registers, 'process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  plain(registers, 'nodejs_heap_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed)
}

function plain(registers: Registry[], name: string, help: string, value: () => number): void {
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(value())
    },
  })
}

function labelled(
  registers: Registry[],
  name: string,
  help: string,
  label: string,
  values: () => Readonly<Record<string, number>>,
): void {
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers,
    collect() {
      this.reset()
      for (const [key, value] of Object.entries(values())) this.set({ [label]: key }, value)
    },
  })
}
