/** Where things are: the repository, and the cache of everything that is installed once and used by every run. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../../', import.meta.url))

export function cacheFolder(): string {
  return resolve(process.env.MOORING_CACHE || join(repository, '.cache'))
}

/** A short key that changes with the content of `file`: what was installed from another version is not found any more. */
export async function contentKey(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 10)
}

/**
 * The folder `name` of the cache, made by `fill` when it is not there yet.
 * It is filled under another name and renamed at the end, so that half an installation is never taken for a whole one.
 */
export async function installed(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheFolder(), name)
  if (existsSync(folder)) return folder
  await mkdir(cacheFolder(), { recursive: true })
  const unfinished = await mkdtemp(join(cacheFolder(), 'unfinished-'))
  try {
    await fill(unfinished)
    await moveUnlessThere(unfinished, folder)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  return folder
}

/** Somebody else may have installed the same thing meanwhile; theirs is as good as ours. */
async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
  }
}
