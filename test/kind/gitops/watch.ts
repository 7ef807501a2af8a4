/** Every state of objects, as a watch of the API server tells them. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { childEnvironment } from '../../rig/child-environment.ts'
import { onExit } from '../../rig/cleanup.ts'
import type { KubernetesObject } from '../../rig/kubectl.ts'
import { kubernetesBinaries } from '../../rig/kubernetes-binaries.ts'
import { makeRunFolder } from '../../rig/run-folder.ts'
import { kubeconfigPath } from '../cluster.ts'

export interface Watch {
  /** In their order, from the beginning of the watch; grows. */
  readonly states: readonly KubernetesObject[]
  stop(): void
}

/** `kubectl get … --watch`; of these arguments. */
export async function watch(...what: string[]): Promise<Watch> {
  const { kubectl } = await kubernetesBinaries()
  const states: KubernetesObject[] = []
  const env = { ...childEnvironment(makeRunFolder('watch')), KUBECONFIG: kubeconfigPath() }
  const child = spawn(kubectl, ['get', ...what, '--watch', '-o', 'json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const forget = onExit(() => child.kill('SIGKILL'))
  child.on('exit', forget)
  let lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    if (line !== '}') return // one object ends with it, and begins with {
    states.push(JSON.parse(lines.join('\n')))
    lines = []
  })
  return { states, stop: () => child.kill('SIGKILL') }
}

/** When it was written, to compare with other objects: all are in one etcd, whose revision it is. */
export const revisionOf = ({ metadata }: KubernetesObject): bigint => BigInt(String(metadata.resourceVersion))
