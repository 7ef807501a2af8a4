/** Argo CD and Flux, built from the Go modules that modules/ pins. Offline and online alike: their images are of registries of their own. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { contentKey, installed } from '../../rig/cache.ts'
import { timed } from '../../rig/progress.ts'
import { mustRun } from '../../rig/run-command.ts'
import { kindFolder } from '../paths.ts'

const moduleFolder = (name: string) => join(kindFolder, 'gitops', 'modules', name)

/** They ask for a newer Go than the rest of the tests; it comes as a module, too: https://go.dev/doc/toolchain */
async function goEnvironment(folder: string): Promise<NodeJS.ProcessEnv> {
  const version = /^go (\S+)$/m.exec(await readFile(join(folder, 'go.mod'), 'utf8'))?.[1]
  return { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: `go${version}`, GOFLAGS: '-mod=readonly' }
}

/**
 * The program of the one tool that modules/NAME has.
 *
 * @param what What is built and how long it takes, for people: "Building X (once; 30 seconds)".
 */
export async function builtProgram(name: string, what: string): Promise<string> {
  const cwd = moduleFolder(name)
  const folder = await installed(
    `kind-${name}-program-${await contentKey(join(cwd, 'go.sum'))}`,
    (unfinished) =>
      timed(what, async () => {
        const flags = ['-buildvcs=false', '-trimpath', '-ldflags', '-s -w', '-o', join(unfinished, name)]
        await mustRun('go', ['build', ...flags, 'tool'], { cwd, env: await goEnvironment(cwd) })
      }),
  )
  return join(folder, name)
}

/** Where the sources of a module lie, with the manifests that its project publishes. */
export async function sourcesOf(name: string, module: string): Promise<string> {
  const cwd = moduleFolder(name)
  const env = await goEnvironment(cwd)
  const listed = await mustRun('go', ['mod', 'download', '-json', module], { cwd, env })
  return JSON.parse(listed).Dir
}
