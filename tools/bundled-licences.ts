import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

/** A package whose code is in the bundle, and the terms under which it may be. */
export interface BundledPackage {
  readonly name: string
  readonly version: string
  readonly licence: string
  /** Its licence and notice files, as they are. */
  readonly texts: readonly string[]
}

/**
 * Every package that code was taken from, by name.
 *
 * @throws Error for a package that names no licence: then it may not be shipped.
 */
export async function bundledPackages(
  repository: string,
  { inputs }: Pick<Metafile, 'inputs'>,
): Promise<BundledPackage[]> {
  const folders = Object.keys(inputs).flatMap((file) => packageFolder(file) ?? [])
  const packages = [...new Set(folders)].sort().map((folder) => readPackage(join(repository, folder)))
  return Promise.all(packages)
}

/** One section of the licence file. */
export function licenceText({ name, version, licence, texts }: BundledPackage): string {
  const head = `${'='.repeat(80)}\n${name} ${version} (${licence})\n`
  return [head, ...texts.map((text) => `${text.trim()}\n`)].join('\n')
}

function packageFolder(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]
}

async function readPackage(folder: string): Promise<BundledPackage> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  if (typeof license !== 'string') throw new Error(`${name} names no licence`)
  const texts: string[] = []
  for await (const file of glob('{LICENSE,LICENCE,NOTICE,license}*', { cwd: folder })) {
    texts.push(await readFile(join(folder, file), 'utf8'))
  }
  return { name, version, licence: license, texts: [...new Set(texts)].sort() }
}
