import type { Parameters } from 'fast-check'

/**
 * How hard a fuzz test tries: MOORING_FUZZ_RUNS multiplies the usual number of runs, MOORING_FUZZ_SEED repeats what a failure
 * printed. Every run tells its seed, so that one that hangs can be repeated as well.
 */
export function fuzz(what: string, usual: number): Parameters<unknown> {
  const times = Number(process.env.MOORING_FUZZ_RUNS ?? 1)
  const seed = Number(process.env.MOORING_FUZZ_SEED ?? Date.now() % 2_147_483_647)
  console.log(`# ${what}: MOORING_FUZZ_SEED=${seed}`)
  return { numRuns: Math.ceil(usual * times), seed }
}
