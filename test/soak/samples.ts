/** What the operators say of themselves, taken again and again. */
import type { Operator } from '../rig/operator.ts'

/** One look at one process. */
export interface Sample {
  /** Seconds since the soak began. */
  readonly at: number
  readonly pid: number
  readonly isLeader: boolean
  readonly rss: number
  readonly heap: number
  readonly external: number
  readonly sockets: number
  readonly files: number
  /** Seconds since the look before. */
  readonly lag: number
  readonly watchAge: number
  readonly cpu: number
  readonly cloudCalls: number
  readonly cloudFailures: number
  readonly repaired: number
  readonly passErrors: number
  readonly queueDepth: number
  readonly longestPass: number
  readonly integrations: Readonly<Record<string, number>>
}

/** Undefined where the process does not answer. */
export async function sampleOf({ url, pid }: Operator, at: number): Promise<Sample | undefined> {
  const page = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) })
    .then((answer) => answer.text())
    .catch(() => undefined)
  if (page === undefined) return undefined
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const all = (name: string, having = ''): { line: string; value: number }[] =>
    lines
      .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(having))
      .map((line) => ({ line, value: Number(line.slice(line.lastIndexOf(' '))) }))
  const sum = (name: string, having?: string) =>
    all(name, having).reduce((total, { value }) => total + value, 0)
  const max = (name: string) => Math.max(0, ...all(name).map(({ value }) => value))
  const calls = sum('mooring_cloud_calls_total')
  return {
    at,
    pid,
    isLeader: sum('leader_election_master_status') === 1,
    rss: sum('process_resident_memory_bytes'),
    heap: sum('nodejs_heap_size_used_bytes'),
    external: sum('nodejs_external_memory_bytes'),
    sockets: sum('mooring_open_sockets'),
    files: sum('process_open_fds'),
    lag: sum('nodejs_eventloop_lag_max_seconds'),
    watchAge: max('mooring_watch_age_seconds'),
    cpu: sum('process_cpu_seconds_total'),
    cloudCalls: calls,
    cloudFailures:
      sum('mooring_cloud_calls_total', 'result="Throttled"') +
      sum('mooring_cloud_calls_total', 'result="CloudUnavailable"'),
    repaired: sum('mooring_entry_changes_total', 'action="repaired"'),
    passErrors: sum('mooring_reconcile_total', 'outcome="error"'),
    queueDepth: sum('workqueue_depth'),
    longestPass: max('workqueue_longest_running_processor_seconds'),
    integrations: Object.fromEntries(
      all('mooring_integrations').map(({ line, value }) => [/reason="(\w+)"/.exec(line)?.[1] ?? '', value]),
    ),
  }
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)

/** One line for people. */
export function told(sample: Sample): string {
  const { at, pid, isLeader, integrations } = sample
  const states = Object.entries(integrations).map(([reason, count]) => `${reason} ${count}`)
  return [
    `${(at / 60).toFixed(1)} min`,
    `pid ${pid}${isLeader ? ' leads' : ''}`,
    `rss ${mebibytes(sample.rss)} MiB`,
    `heap ${mebibytes(sample.heap)}`,
    `sockets ${sample.sockets}`,
    `lag ${sample.lag.toFixed(2)} s`,
    `queued ${sample.queueDepth}`,
    `calls ${sample.cloudCalls} (${sample.cloudFailures} failed)`,
    `repaired ${sample.repaired}`,
    states.join(', '),
  ].join(' | ')
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
