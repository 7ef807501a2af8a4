/** The Resource Manager for tests (tools/azure-facade), built once from the versions that its go.mod pins. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { installed, repository } from './cache.ts'
import { timed } from './progress.ts'
import { mustRun } from './run-command.ts'

const sources = join(repository, 'tools', 'azure-facade')

/** The path of the program. It is built anew when a file of its sources changes. */
export async function azureFacadeBinary(): Promise<string> {
  const name = `azure-facade-${process.platform}-${process.arch}-${await sourcesKey()}`
  const folder = await installed(name, (unfinished) =>
    timed("Building Azure's fake servers from source (once; about 90 seconds on two cores)", () =>
      build(join(unfinished, 'azure-facade')),
    ),
  )
  return join(folder, 'azure-facade')
}

async function sourcesKey(): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await readdir(sources)).sort())
    hash.update(file).update(await readFile(join(sources, file)))
  return hash.digest('hex').slice(0, 10)
}

async function build(target: string): Promise<void> {
  const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags', '-s -w', '-o', target]
  const env = { ...process.env, CGO_ENABLED: '0' }
  await mustRun('go', ['build', ...flags, '.'], { cwd: sources, env }).catch(explainMissingGo)
}

function explainMissingGo(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error
  throw new Error('The tests for Azure need its fake servers. Install Go 1.26 or newer to build them.', {
    cause: error,
  })
}
