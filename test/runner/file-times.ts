/** How long test files took, by what the runner hears of them. */
import { basename } from 'node:path'

export interface FileTimes {
  /** Something was heard of a file. */
  heard(file: string): void
  /** The slowest files, one line for people; none when all together were quick. */
  slowest(count: number): string
}

/** @param now Milliseconds. */
export function fileTimes(now: () => number = () => performance.now()): FileTimes {
  const spans = new Map<string, { readonly first: number; last: number }>()
  return {
    heard(file) {
      const span = spans.get(file)
      if (span) span.last = now()
      else spans.set(file, { first: now(), last: now() })
    },
    slowest(count) {
      const seconds = [...spans].map(([file, { first, last }]) => ({ file, took: (last - first) / 1000 }))
      const slow = seconds.filter(({ took }) => took >= 10).sort((a, b) => b.took - a.took)
      return slow
        .slice(0, count)
        .map(({ file, took }) => `${basename(file, '.test.ts')} ${took.toFixed(0)} s`)
        .join(', ')
    },
  }
}
