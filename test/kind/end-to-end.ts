/** `make kind-e2e`: the story, then the integration tests, on one cluster that goes at the end however it ends. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { onExit } from '../rig/cleanup.ts'
import { runTests } from '../runner/run-tests.ts'
import { aFailure, counted, nothing, say, sum, type Tally } from '../runner/tally.ts'
import { down, kindKubectl, up } from './cluster.ts'
import { Refusal } from './docker.ts'
import { install } from './installation.ts'
import { integrationFiles } from './integration-files.ts'
import { kindFolder } from './paths.ts'
import { SKIPPED } from './skipped.ts'
import { stopDeployment } from './test-cluster.ts'

export interface EndToEndOptions {
  /** A part of the names of the integration test files to run; 'story' for the story alone. */
  readonly only: string
}

/** Prints `N passed, N failed, N skipped`; the exit code is set. */
export async function endToEnd({ only }: EndToEndOptions): Promise<void> {
  const forget = process.env.KEEP ? () => undefined : onExit(downAtOnce)
  const parts: Tally[] = []
  try {
    await run(only, parts)
    if (!process.env.KEEP) await part('taking it away', parts, () => down().then(none))
  } finally {
    forget()
  }
  const total = sum(parts)
  const skipped = SKIPPED.filter(({ file }) => file.includes(only))
  for (const { file, tests, reason } of skipped)
    console.log(`skipped: ${file}${tests ? ` /${tests.source}/` : ''}: ${reason}`)
  process.exitCode = total.failed === 0 && total.tests > 0 ? 0 : 1
  console.log(`${counted(total)}, ${skipped.length} skipped`)
}

async function run(only: string, parts: Tally[]): Promise<void> {
  await part('the cluster', parts, () => up().then(none))
  if (parts.length > 0) return
  if (only === '' || only === 'story') await part('the story', parts, story)
  if (only !== 'story') await part('integration', parts, () => integration(only))
  if (sum(parts).failed > 0) await part('logs', [], () => showLogs().then(none))
}

/** For Ctrl-C, which leaves no time to wait for anything. */
function downAtOnce(): void {
  spawnSync(process.execPath, [join(kindFolder, 'run.ts'), 'down'], { stdio: 'inherit' })
}

/** One that fails as a whole does not hide the next. */
async function part(name: string, parts: Tally[], work: () => Promise<Tally | undefined>): Promise<void> {
  const since = performance.now()
  try {
    const tally = await work()
    if (tally) parts.push(tally)
    else say(name, 'done', since)
  } catch (error) {
    if (error instanceof Refusal) throw error
    console.error(error)
    parts.push(aFailure)
    say(name, 'failed', since)
  }
}

/** For one test: some walk through every point at which a process can die. */
const timeoutMs = 900_000
const none = () => undefined

async function story(): Promise<Tally> {
  return runTests('the story', [join(kindFolder, 'story.e2e.ts')], { concurrency: 1, timeoutMs })
}

/** The tests of the other clusters, with this one's fixtures: test/rig/shared.ts and test/rig/operator.ts see TEST_CLUSTER. */
async function integration(only: string): Promise<Tally> {
  const { together, alone } = await integrationFiles(only)
  if (together.length + alone.length === 0) return nothing
  const kubectl = await kindKubectl()
  await install(kubectl)
  await stopDeployment(kubectl) // tests start operators of their own
  process.env.TEST_CLUSTER = 'kind'
  const skip = SKIPPED.flatMap(({ tests }) => (tests === undefined ? [] : [tests]))
  const parts = [
    await runTests('side by side', together, { concurrency: 2, timeoutMs, skip }),
    await runTests('one by one', alone, { concurrency: 1, timeoutMs, skip }),
  ]
  return sum(parts)
}

/** What every pod said, and what the nodes did. */
async function showLogs(): Promise<void> {
  const kubectl = await kindKubectl()
  console.log(await kubectl.must('get', 'pods', '-A', '-o', 'wide'))
  console.log(await kubectl.must('get', 'events', '-A', '--sort-by=.lastTimestamp'))
  const { items } = await kubectl.get<{ items: { metadata: { name: string; namespace: string } }[] }>(
    'pods',
    '-A',
  )
  for (const { metadata } of items) {
    for (const previous of [[], ['--previous']]) {
      const which = ['-n', metadata.namespace, metadata.name, '--tail=60', ...previous]
      const { code, stdout } = await kubectl.run(['logs', ...which])
      if (code === 0 && stdout)
        console.log(`── ${metadata.namespace}/${metadata.name} ${previous}\n${stdout}`)
    }
  }
}
