/**
 * Runs every check and test of the project; `make test` calls it. The last line is always `N passed, N failed`.
 *
 *   run.ts [--part checks|unit|integration]… [--only text]
 *
 * `--only` takes the test files whose path contains the text, and no checks. A part that fails does not hide the next.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle } from '../tools/bundle.ts'
import { cacheFolder } from './rig/cache.ts'
import { startSharedRig } from './rig/rig.ts'
import { makeRunFolder } from './rig/run-folder.ts'
import { sharedRigEnvironment } from './rig/shared.ts'
import { runCheck } from './runner/checks.ts'
import { findTests } from './runner/find-tests.ts'
import { runTests } from './runner/run-tests.ts'
import { aFailure, counted, nothing, sum, type Tally } from './runner/tally.ts'

const { values: options } = parseArgs({
  options: {
    part: { type: 'string', multiple: true, default: ['checks', 'unit', 'integration'] },
    only: { type: 'string', default: '' },
  },
})
const files = await findTests(options.only)
const concurrency = availableParallelism()

const parts = {
  async checks() {
    if (options.only) return nothing
    return sum([await runCheck('types', 'tsc', '--noEmit'), await runCheck('style', 'biome', 'check', '.')])
  },

  async unit() {
    return runTests('unit tests', files.unit, { concurrency, timeoutMs: 60_000 })
  },

  async integration() {
    if (files.integration.length === 0) return nothing
    const rig = await startSharedRig()
    try {
      Object.assign(process.env, sharedRigEnvironment(rig), { MOORING_OPERATOR: await bundledOperator() })
      // Most of them wait most of the time.
      const more = { concurrency: concurrency + 1, timeoutMs: 900_000 }
      return await runTests('integration tests', files.integration, more)
    } finally {
      await rig.stop()
    }
  },
}

/** What users run, and what starts in a quarter of the time that the sources need: operators are started hundreds of times. */
async function bundledOperator(): Promise<string> {
  const folder = join(makeRunFolder('bundle'), 'dist')
  await bundle(folder)
  return join(folder, 'main.mjs')
}

async function runPart(name: string): Promise<Tally> {
  try {
    const part = parts[name as keyof typeof parts]
    if (!part) throw new Error(`There is no part ${name}, only ${Object.keys(parts).join(', ')}.`)
    return await part()
  } catch (error) {
    console.error(error)
    return aFailure
  }
}

// Every file is a process of its own, and reads the same SDKs as the others.
process.env.NODE_COMPILE_CACHE ??= join(cacheFolder(), 'compiled')
const results: Tally[] = []
for (const name of options.part) results.push(await runPart(name))
const total = sum(results)
if (total.tests === 0) console.log('No test was run.')
const verdict = total.tests === 0 ? sum([total, aFailure]) : total
process.exitCode = verdict.failed === 0 ? 0 : 1
if (verdict.failed > 0)
  console.log('\nMOORING_KEEP_LOGS=1 keeps the logs of the servers and of the operator.')
console.log(counted(verdict))
