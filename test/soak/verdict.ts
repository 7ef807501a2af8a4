/** Whether a soak went well: one row for each thing that must hold. */
import type { LogEntry } from '../rig/operator.ts'
import { median, type Sample } from './samples.ts'

export interface Row {
  readonly what: string
  readonly found: string
  readonly wanted: string
  readonly isGood: boolean
  readonly example?: string
}

const MIB = 2 ** 20
/** The limit of deploy/deployment.yaml. */
const MEMORY_LIMIT_MIB = 256
/** What is left to chance and to garbage that is not collected yet. */
const SLACK = 1.15

/** What must be 0. */
export function none(what: string, found: readonly string[]): Row {
  const first = found.slice(0, 3).join('; ').slice(0, 300)
  return {
    what,
    found: `${found.length}`,
    wanted: '0',
    isGood: found.length === 0,
    ...(first === '' ? {} : { example: first }),
  }
}

/**
 * Memory, sockets and files of the last third beside those of the middle third (the first is for warming up), by their
 * medians, of whoever lived through both; and their largest values.
 */
export function growth(samples: readonly Sample[]): Row[] {
  const longest = longestLived(samples)
  const until = longest.at(-1)?.at ?? 0
  const since = longest[0]?.at ?? 0
  const third = (until - since) / 3
  const part = (n: number) =>
    longest.filter(({ at }) => at >= since + n * third && at <= since + (n + 1) * third)
  /** What comes and goes by the moment may be so many more. */
  const MOMENT = 25
  const steady = (what: string, unit: number, suffix: string, of: (sample: Sample) => number): Row => {
    const [middle, last] = [median(part(1).map(of)) / unit, median(part(2).map(of)) / unit]
    const found = `${middle.toFixed(0)} → ${last.toFixed(0)}${suffix}`
    const wanted = `at most ${SLACK} times as much`
    return {
      what: `${what}, middle third → last third`,
      found,
      wanted,
      isGood: last <= middle * SLACK + (unit === 1 ? MOMENT : 2),
    }
  }
  const highest = (what: string, of: (sample: Sample) => number, limit: number, suffix: string): Row => {
    const value = Math.max(...samples.map(of))
    return {
      what,
      found: `${value.toFixed(2)}${suffix}`,
      wanted: `below ${limit}${suffix}`,
      isGood: value < limit,
    }
  }
  return [
    steady('resident memory', MIB, ' MiB', ({ rss }) => rss),
    steady('heap', MIB, ' MiB', ({ heap }) => heap),
    steady('memory of buffers', MIB, ' MiB', ({ external }) => external),
    steady('open sockets', 1, '', ({ sockets }) => sockets),
    steady('open files', 1, '', ({ files }) => files),
    highest('resident memory at most', ({ rss }) => rss / MIB, MEMORY_LIMIT_MIB, ' MiB'),
    highest('open sockets at most', ({ sockets }) => sockets, 150, ''),
    highest('event-loop lag at most', ({ lag }) => lag, 5, ' s'),
    highest('age of a watch at most', ({ watchAge }) => watchAge, 150, ' s'),
    highest('longest pass', ({ longestPass }) => longestPass, 130, ' s'),
  ]
}

function longestLived(samples: readonly Sample[]): readonly Sample[] {
  const byProcess = [...Map.groupBy(samples, ({ pid }) => pid).values()]
  return byProcess.sort((a, b) => b.length - a.length)[0] ?? []
}

/** Errors of the logs, by what they say, with how often; the operator's own mistakes apart. */
export function logged(logs: readonly LogEntry[]): { readonly rows: Row[]; readonly list: string[] } {
  const bad = logs.filter(({ level }) => ['error', 'fatal', 'raw'].includes(String(level)))
  const words = ({ level, msg, reason, status, error, code }: LogEntry) =>
    [
      level,
      msg,
      reason ?? status ?? '',
      code ?? '',
      String((error as { message?: string })?.message ?? error ?? ''),
    ]
      .map((word) =>
        String(word)
          .replace(/[0-9a-f-]{8,}|\d+/g, '#')
          .slice(0, 140),
      )
      .filter(Boolean)
      .join(' · ')
  const groups = [...Map.groupBy(bad, words)].sort(([, a], [, b]) => b.length - a.length)
  const own = bad.filter(({ msg }) => /unhandled|internal error|trigger failed|observer failed/.test(msg))
  const raw = bad.filter(({ level }) => level === 'raw')
  return {
    rows: [
      none(
        'unhandled rejections and exceptions',
        own.filter(({ msg }) => msg.includes('unhandled')).map(words),
      ),
      none('internal errors', own.filter(({ msg }) => !msg.includes('unhandled')).map(words)),
      none(
        'lines that are no log',
        raw.map(({ msg }) => msg),
      ),
    ],
    list: groups.map(([what, entries]) => `${String(entries.length).padStart(6)} ${what}`),
  }
}

export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ what, found, wanted, isGood }) => [isGood ? 'ok' : 'BAD', what, found, wanted])
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const lines = cells.map((row) => row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join('  '))
  const examples = rows.flatMap(({ what, example }) => (example === undefined ? [] : [`${what}: ${example}`]))
  return [...lines, ...examples].join('\n')
}
