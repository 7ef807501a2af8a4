/** What the image of the test Azure is made of: its programs, laid out as they lie in the repository. */
import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { build } from 'esbuild'
import { azureFacadeBinary } from '../rig/azure-binary.ts'
import { repository } from '../rig/cache.ts'

const AZURITE = 'node_modules/azurite'

/** Fills the folder; the bundles spare the image the 500 MB of packages that they are made of. */
export async function fillAzureContext(folder: string): Promise<void> {
  const facade = await azureFacadeBinary()
  const cached = join(folder, 'cache', basename(dirname(facade)))
  await mkdir(cached, { recursive: true, mode: 0o777 })
  await copyFile(facade, join(cached, 'azure-facade'))
  await cp(join(repository, 'tools', 'azure-facade'), join(folder, 'tools', 'azure-facade'), {
    recursive: true,
  })
  await bundleAzurite(folder)
  await build({
    entryPoints: [join(repository, 'test', 'kind', 'azure-server.ts')],
    outfile: join(folder, 'test', 'kind', 'server.mjs'),
    format: 'esm',
    // CommonJS packages inside ask for `require`, which a module does not have.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)",
    },
    ...{ bundle: true, platform: 'node' as const, target: 'node24', logLevel: 'error' as const },
  })
}

async function bundleAzurite(folder: string): Promise<void> {
  await build({
    entryPoints: [join(repository, AZURITE, 'dist', 'src', 'blob', 'main.js')],
    outfile: join(folder, AZURITE, 'dist', 'src', 'blob', 'main.js'),
    format: 'cjs',
    external: ['pg-hstore'], // of a database that nobody uses
    ...{ bundle: true, platform: 'node' as const, target: 'node24', logLevel: 'error' as const },
  })
  await copyFile(join(repository, AZURITE, 'package.json'), join(folder, AZURITE, 'package.json'))
  await writeFile(join(folder, 'package.json'), '{"type": "module"}\n')
}
