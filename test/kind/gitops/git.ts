/** The Git server in the cluster, and a checkout on this machine that pushes to it. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { childEnvironment } from '../../rig/child-environment.ts'
import type { Kubectl } from '../../rig/kubectl.ts'
import { mustRun } from '../../rig/run-command.ts'
import { makeRunFolder } from '../../rig/run-folder.ts'
import { eventually } from '../../rig/wait.ts'
import { nodeAddress } from '../cluster.ts'
import { kindFolder } from '../paths.ts'

export interface Checkout {
  /** For who fetches in the cluster. */
  readonly url: string
  /** Writes files, takes away those that are null, and pushes. Returns the revision. */
  commit(message: string, files: Readonly<Record<string, string | null>>): Promise<string>
}

/** Starts it anew, with empty repositories. */
export async function startGitServer(kubectl: Kubectl): Promise<void> {
  await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'git' } })
  await kubectl.delete('deployment', 'git', '-n', 'git', '--cascade=foreground', '--timeout=60s')
  await kubectl.must('apply', '-k', join(kindFolder, 'gitops', 'git'))
  await kubectl.must('rollout', 'status', 'deployment/git', '-n', 'git', '--timeout=120s')
}

/** A new history for a repository that the server has, named as in git/git-server.yaml. */
export async function checkout(name: string): Promise<Checkout> {
  const folder = makeRunFolder(`checkout-${name}`)
  const people = { GIT_AUTHOR_NAME: 'Ada', GIT_AUTHOR_EMAIL: 'ada@example.com' }
  const env = {
    ...childEnvironment(folder),
    ...people,
    GIT_COMMITTER_NAME: people.GIT_AUTHOR_NAME,
    GIT_COMMITTER_EMAIL: people.GIT_AUTHOR_EMAIL,
  }
  const git = (...args: string[]) => mustRun('git', args, { cwd: folder, env })
  await git('init', '--quiet', '--initial-branch=main')
  await git('remote', 'add', 'origin', `http://${await nodeAddress()}:30808/${name}`)
  return {
    url: `http://git.git.svc.cluster.local:30808/${name}`,
    commit: async (message, files) => {
      for (const [path, text] of Object.entries(files)) await put(join(folder, path), text)
      await git('add', '--all')
      await git('commit', '--quiet', '-m', message)
      // The node port may lag behind the pod.
      await eventually(() => git('push', '--quiet', '--force', 'origin', 'main'), { everyMs: 300 })
      return (await git('rev-parse', 'HEAD')).trim()
    },
  }
}

async function put(path: string, text: string | null): Promise<void> {
  if (text === null) {
    await rm(path)
    return
  }
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}
