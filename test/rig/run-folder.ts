/** A folder for the logs, data and keys of one run; gone when the process ends, unless it is asked to be kept. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onExit } from './cleanup.ts'

export function makeRunFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `mooring-${name}-`))
  if (!process.env.MOORING_KEEP_LOGS) onExit(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
