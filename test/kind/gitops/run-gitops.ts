/** `make kind-gitops`: Argo CD and Flux, one after the other, in a kind cluster, which goes at the end however it ends. One that is there is used, and stays with KEEP=1. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { onExit } from '../../rig/cleanup.ts'
import { timed } from '../../rig/progress.ts'
import { runTests } from '../../runner/run-tests.ts'
import { aFailure, counted, nothing, sum, type Tally } from '../../runner/tally.ts'
import { down, kindKubectl, loadInto, up, WORKER } from '../cluster.ts'
import { Refusal } from '../docker.ts'
import { kindFolder } from '../paths.ts'
import { isOffline } from '../registry.ts'
import { argocdImage } from './argocd-image.ts'
import { fluxImage } from './flux-image.ts'

export interface GitopsOptions {
  /** A part of the names of the test files to run: 'argocd' or 'flux'. */
  readonly only: string
}

/** Prints `N passed, N failed`; the exit code is set. */
export async function gitops({ only }: GitopsOptions): Promise<void> {
  const forget = process.env.KEEP ? () => undefined : onExit(downAtOnce)
  const parts = [await orFailure(() => run(only))]
  if (sum(parts).failed > 0) await orFailure(() => showLogs().then(none))
  if (!process.env.KEEP) parts.push(await orFailure(() => timed('Taking it away', down).then(none)))
  forget()
  const total = sum(parts)
  process.exitCode = total.failed === 0 && total.tests > 0 ? 0 : 1
  console.log(counted(total))
}

const none = () => nothing

/** What goes wrong in one part does not hide what came of the others. */
async function orFailure(work: () => Promise<Tally>): Promise<Tally> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refusal) throw error
    console.error(error)
    return aFailure
  }
}

async function run(only: string): Promise<Tally> {
  await up()
  const offline = await isOffline()
  const images = [await argocdImage(offline), await fluxImage(offline)] // the Git server of both is in the first one
  await timed('Loading the images of Argo CD and Flux', () => loadInto(WORKER, ...images))
  const files = ['argocd.e2e.ts', 'flux.e2e.ts'].filter((file) => file.includes(only))
  const paths = files.map((file) => join(kindFolder, 'gitops', file))
  return runTests('GitOps', paths, { concurrency: 1, timeoutMs: 300_000 })
}

/** For Ctrl-C, which leaves no time to wait for anything. */
function downAtOnce(): void {
  spawnSync(process.execPath, [join(kindFolder, 'run.ts'), 'down'], { stdio: 'inherit' })
}

/** What the pods that take part said. */
async function showLogs(): Promise<void> {
  const kubectl = await kindKubectl()
  for (const namespace of ['argocd', 'flux-system', 'git', 'mooring-system']) {
    console.log((await kubectl.run(['get', 'pods', '-n', namespace])).stdout)
    const { items } = await kubectl.get<{ items: { metadata: { name: string } }[] }>('pods', '-n', namespace)
    for (const { metadata } of items) {
      const { stdout } = await kubectl.run(['logs', '-n', namespace, metadata.name, '--tail=60'])
      console.log(`── ${namespace}/${metadata.name}\n${stdout}`)
    }
  }
}
