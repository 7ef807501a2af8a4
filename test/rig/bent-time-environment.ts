import { join } from 'node:path'
import { repository } from './cache.ts'

/**
 * The environment of a process whose time is not as it should be. `shiftMs`: its wall clock is so much ahead. `patience`: of
 * every wait of ten seconds and more only this share is waited, so that a test need not wait for two minutes of silence. `stopAt`: it stops
 * itself (SIGSTOP) when it signs the first request to AWS whose body has this text, just before it is sent.
 */
export function bentTime({
  shiftMs = 0,
  patience = 1,
  stopAt = '',
}: {
  readonly shiftMs?: number
  readonly patience?: number
  readonly stopAt?: string
}): NodeJS.ProcessEnv {
  return {
    NODE_OPTIONS: `--import=${join(repository, 'test', 'rig', 'bent-time.ts')}`,
    MOORING_TEST_CLOCK_SHIFT_MS: String(shiftMs),
    MOORING_TEST_PATIENCE: String(patience),
    MOORING_TEST_STOP_AT: stopAt,
  }
}
