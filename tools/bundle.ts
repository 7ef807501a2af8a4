/**
 * Bundles the operator into dist/: main.mjs, chunks that are loaded when they are needed (an SDK by its cloud's first
 * session, the kubeconfig reader outside a cluster), and the licences of the packages inside.
 *
 *   node tools/bundle.ts        (npm run build)
 */
import { copyFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'
import { bundledPackages, licenceText } from './bundled-licences.ts'

const repository = fileURLToPath(new URL('../', import.meta.url))

/** CommonJS packages inside ask for `require`, which a module does not have. */
const banner =
  "import { createRequire as mooringRequire } from 'node:module'; const require = mooringRequire(import.meta.url)"

/** Bundles the operator into a folder, which is emptied before; returns what is in it. */
export async function bundle(folder: string): Promise<Metafile> {
  await rm(folder, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: { main: 'src/main.ts' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // A CommonJS package that is loaded lazily would come out as a chunk without its names.
    mainFields: ['module', 'main'],
    banner: { js: banner },
    // Identifiers stay as they are, for stack traces.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  return metafile
}

/** The files that are read at every start: the entry and the chunks that it imports at once. */
export function filesAtStart({ outputs }: Metafile): string[] {
  const main = Object.keys(outputs).find((file) => basename(file) === 'main.mjs')
  const files = new Set(main === undefined ? [] : [main])
  for (const file of files) {
    for (const { path, kind } of outputs[file]?.imports ?? []) {
      if (kind === 'import-statement' && outputs[path] !== undefined) files.add(path)
    }
  }
  return [...files]
}

function kilobytes({ outputs }: Metafile, files: readonly string[]): number {
  return Math.round(files.reduce((sum, file) => sum + (outputs[file]?.bytes ?? 0), 0) / 1_000)
}

async function main(): Promise<void> {
  const folder = join(repository, 'dist')
  const metafile = await bundle(folder)
  const packages = await bundledPackages(repository, metafile)
  await copyFile(join(repository, 'LICENSE'), join(folder, 'LICENSE'))
  await writeFile(join(folder, 'THIRD-PARTY-LICENSES'), packages.map(licenceText).join('\n'))
  const all = kilobytes(metafile, Object.keys(metafile.outputs))
  const start = kilobytes(metafile, filesAtStart(metafile))
  process.stdout.write(`dist/: ${all} kB, ${start} kB of it at start, ${packages.length} packages inside\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
