/** Where this harness keeps its things: files in the cache, what runs now in a folder with a short path. */
import { createHash } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder, repository } from '../rig/cache.ts'

export const kindFolder = join(repository, 'test', 'kind')

/** Of the cluster, its network, and whatever is named after it. */
export const NAME = 'mooring'

/** What is up, so that `make kind-down` finds it: the kubeconfig, logs, the Docker daemon's data. */
export const stateFolder = (): string => join(cacheFolder(), 'kind-state')

/** For sockets, whose paths may have 107 characters and no more. */
export const socketFolder = (): string =>
  join(tmpdir(), `mooring-kind-${createHash('sha256').update(repository).digest('hex').slice(0, 8)}`)

/** A key that changes with the content of any file that matches, in the repository. */
export async function filesKey(patterns: readonly string[], more: readonly string[] = []): Promise<string> {
  const files: string[] = []
  for await (const file of glob([...patterns], { cwd: repository })) files.push(file)
  const hash = createHash('sha256').update(more.join('\n'))
  for (const file of files.sort()) hash.update(`\n${file}\n`).update(await contentOf(file))
  return hash.digest('hex').slice(0, 10)
}

async function contentOf(file: string): Promise<Buffer> {
  try {
    return await readFile(join(repository, file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EISDIR') return Buffer.alloc(0)
    throw error
  }
}
