import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { onExit } from '../rig/cleanup.ts'
import { fileTimes } from './file-times.ts'
import { killStuck } from './stuck-files.ts'
import { counted, nothing, say, type Tally } from './tally.ts'

export interface RunOptions {
  /** Files at a time. */
  readonly concurrency: number
  /** For one test. */
  readonly timeoutMs: number
  /** Between the timeout of a test and the end of the run: every file that is alive had its chance to say so. */
  readonly graceMs?: number
  /** Tests of these names are left out. */
  readonly skip?: readonly RegExp[]
}

/** Runs test files, each in a process of its own, and shows what failed. */
export async function runTests(
  part: string,
  files: readonly string[],
  { concurrency, timeoutMs, graceMs = 5_000, skip = [] }: RunOptions,
): Promise<Tally> {
  if (files.length === 0) return nothing
  const since = performance.now()
  const abort = new AbortController()
  const forget = onExit(() => abort.abort())
  const leftOut = skip.length === 0 ? {} : { testSkipPatterns: [...skip] }
  const events = run({ files, concurrency, timeout: timeoutMs, signal: abort.signal, ...leftOut })
  const { skipped, ...tally } = await follow(unlessStuck(events, timeoutMs + graceMs, abort))
  if (abort.signal.aborted) setTimeout(killStuck, graceMs, files)
  forget()
  say(part, `${counted(tally)}${skipped > 0 ? `, ${skipped} skipped` : ''}`, since)
  return tally
}

/**
 * A file that leaves a timer or a socket behind keeps its process alive although its tests are over, and the run would
 * never end. When nothing at all happens for `silenceMs`, the run ends, and every file that was not done has failed.
 */
async function* unlessStuck(
  events: AsyncIterable<TestEvent>,
  silenceMs: number,
  abort: AbortController,
): AsyncGenerator<TestEvent> {
  const timer = setTimeout(() => {
    console.log(
      `✖ No news for ${silenceMs / 1000} s: a test file does not end. Does it leave a timer or a socket open?`,
    )
    abort.abort()
  }, silenceMs)
  try {
    for await (const event of events) {
      timer.refresh()
      yield event
    }
  } finally {
    clearTimeout(timer)
  }
}

async function follow(events: AsyncIterable<TestEvent>): Promise<Tally & { skipped: number }> {
  const reporter = spec()
  reporter.pipe(process.stdout, { end: false })
  const count = { passed: 0, failed: 0, skipped: 0 }
  const times = fileTimes()
  for await (const event of events) {
    if (event.data.file !== undefined && isPrompt(event)) times.heard(event.data.file)
    const outcome = outcomeOf(event)
    if (outcome) count[outcome] += 1
    if (isShown(event)) reporter.write(event)
    else if (isEmptyFile(event)) console.log(`✖ ${event.data.file} has no tests`)
  }
  reporter.end()
  await finished(reporter)
  const slowest = times.slowest(12)
  if (slowest !== '') console.log(`slowest: ${slowest}`)
  return { tests: count.passed + count.failed, ...count }
}

/** What we look at in the events of node:test. */
interface TestEvent {
  readonly type: string
  readonly data: {
    readonly name?: string
    readonly file?: string
    readonly skip?: string | boolean
    readonly todo?: string | boolean
    readonly details?: { readonly type?: string }
  }
}

/** Failures, output, and what tests have to say; the statistics at the end belong to no file. */
function isShown({ type, data }: TestEvent): boolean {
  if (type === 'test:diagnostic') return data.file !== undefined
  return type === 'test:fail' || type === 'test:stdout' || type === 'test:stderr'
}

/** Told when it happens; all else is told in the order of the files. */
function isPrompt({ type }: TestEvent): boolean {
  return type === 'test:dequeue' || type === 'test:complete'
}

function outcomeOf(event: TestEvent): 'passed' | 'failed' | 'skipped' | undefined {
  const { type, data } = event
  const isResult = type === 'test:pass' || type === 'test:fail'
  if (!isResult || data.details?.type === 'suite') return undefined
  if (isSet(data.skip) || isSet(data.todo)) return 'skipped'
  return type === 'test:pass' && !isEmptyFile(event) ? 'passed' : 'failed'
}

/** `test.skip` says `true`, a reason, or an empty reason. */
const isSet = (flag: string | boolean | undefined) => flag !== undefined && flag !== false

/** A file without tests is reported as one that passed; it is a mistake. */
const isEmptyFile = ({ type, data }: TestEvent) => type === 'test:pass' && data.name === data.file
