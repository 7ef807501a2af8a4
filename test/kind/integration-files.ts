/** The integration tests, by how they use the cluster. */
import { glob, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { repository } from '../rig/cache.ts'
import { SKIPPED } from './skipped.ts'

export interface IntegrationFiles {
  /** Those that keep apart by namespaces, or need no cluster: several at a time. */
  readonly together: readonly string[]
  /** Those that want a cluster of their own, and get all of this one: one after another. */
  readonly alone: readonly string[]
}

export async function integrationFiles(only: string): Promise<IntegrationFiles> {
  const together: string[] = []
  const alone: string[] = []
  const folder = join(repository, 'test', 'integration')
  for await (const name of glob('*.test.ts', { cwd: folder })) {
    if (!name.includes(only)) continue
    if (SKIPPED.some(({ file, tests }) => file === name && tests === undefined)) continue
    const file = join(folder, name)
    const wantsAll = /\bown(Rig|Cluster)\b/.test(await textOf(file))
    const kind = wantsAll ? alone : together
    kind.push(file)
  }
  return { together: together.sort(), alone: alone.sort() }
}

/** Of the file and of everything beside it that it imports. */
async function textOf(file: string): Promise<string> {
  const texts = new Map<string, string>()
  const open = [file]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (texts.has(next)) continue
    const text = await readFile(next, 'utf8')
    texts.set(next, text)
    for (const [, imported = ''] of text.matchAll(/from '(\.\/[^']+)'/g))
      open.push(join(dirname(next), imported))
  }
  return [...texts.values()].join('\n')
}
