import { readdirSync, readlinkSync } from 'node:fs'
import { createHistogram } from 'node:perf_hooks'

/** Milliseconds between two looks at the event loop; what it comes late beyond them is its lag. */
const LOOK_MS = 50

/** Seconds. */
interface Lag {
  readonly max: number
  readonly p99: number
}

/** What this process uses, read when it is asked for; each by the name of its metric. */
export function processFigures() {
  const lag = eventLoopLag()
  return {
    nodejs_eventloop_lag_max_seconds: () => lag().max,
    nodejs_eventloop_lag_p99_seconds: () => lag().p99,
    nodejs_heap_size_used_bytes: () => process.memoryUsage().heapUsed,
    nodejs_external_memory_bytes: () => process.memoryUsage().external,
    nodejs_active_resources: () => counted(process.getActiveResourcesInfo()),
    process_resident_memory_bytes: () => process.memoryUsage.rss(),
    process_cpu_seconds_total: cpuSeconds,
    process_start_time_seconds: () => performance.timeOrigin / 1_000,
    process_open_fds: () => openFiles()?.length ?? Number.NaN,
    mooring_open_sockets: () =>
      openFiles()?.filter((file) => file.startsWith('socket:')).length ?? Number.NaN,
  }
}

/**
 * How late the event loop came since the turn of the loop in which this was asked last. Node's own monitorEventLoopDelay
 * forgets the interval in which it is reset, which is the one that may well be late.
 */
function eventLoopLag(): () => Lag {
  const delays = createHistogram() // of whole microseconds from 1 on
  const last: { lag?: Lag; look: number } = { look: performance.now() }
  const look = (): void => {
    const now = performance.now()
    delays.record(Math.max(1, Math.round((now - last.look - LOOK_MS) * 1_000)))
    last.look = now
  }
  setInterval(look, LOOK_MS).unref()
  return () => {
    if (last.lag !== undefined) return last.lag
    const lag = { max: delays.max / 1e6, p99: delays.percentile(99) / 1e6 }
    delays.reset()
    last.lag = lag
    setImmediate(() => delete last.lag)
    return lag
  }
}

function counted(names: readonly string[]): Readonly<Record<string, number>> {
  const groups = Map.groupBy(names, (name) => name)
  return Object.fromEntries([...groups].map(([name, list]) => [name, list.length]))
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/** What the process has open, as `socket:[1234]` or a path; undefined where there is no /proc. */
function openFiles(): string[] | undefined {
  try {
    return readdirSync('/proc/self/fd').flatMap(targetOf)
  } catch {
    return undefined
  }
}

/** Empty for the descriptor that listed the folder, which is closed by now. */
function targetOf(fd: string): string[] {
  try {
    return [readlinkSync(`/proc/self/fd/${fd}`)]
  } catch {
    return []
  }
}
