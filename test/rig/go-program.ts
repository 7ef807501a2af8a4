/** Programs in Go that tests need, each built once from the versions that its go.mod pins. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installed, repository } from './cache.ts'
import { timed } from './progress.ts'
import { mustRun } from './run-command.ts'

/**
 * The path of the program of tools/NAME. It is built anew when a file of its sources changes.
 *
 * @param what What is built and how long it takes, for people: "Building X (once; 30 seconds)".
 */
export async function goProgram(name: string, what: string): Promise<string> {
  const sources = join(repository, 'tools', name)
  const key = `${name}-${process.platform}-${process.arch}-${await sourcesKey(sources)}`
  const folder = await installed(key, (unfinished) =>
    timed(what, () => build(sources, join(unfinished, name))),
  )
  return join(folder, name)
}

async function sourcesKey(sources: string): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await readdir(sources)).sort())
    hash.update(file).update(await readFile(join(sources, file)))
  return hash.digest('hex').slice(0, 10)
}

async function build(sources: string, target: string): Promise<void> {
  const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', '-s -w', '-o', target]
  const env = { ...process.env, CGO_ENABLED: '0' }
  await mustRun('go', ['build', ...flags, '.'], { cwd: sources, env }).catch(explainMissingGo)
}

function explainMissingGo(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error
  throw new Error('The tests build programs in Go. Install Go 1.26 or newer.', { cause: error })
}
