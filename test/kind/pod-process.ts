/** The process of a pod's container, as the machine sees it: nodes are containers, so it is a process of the machine, too. */
import { spawnSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import type { Kubectl } from '../rig/kubectl.ts'
import { mustRun } from '../rig/run-command.ts'
import { eventually } from '../rig/wait.ts'

/** Sends a signal to the first process of the container, from outside of it, as the kernel or a hurried person does. */
export type Signaller = ((signal: NodeJS.Signals) => void) & { readonly pid: number }

/** Waits until the container runs. `pid` is the machine's number for it, signals go by the node's. */
export async function processOf(kubectl: Kubectl, namespace: string, pod: string): Promise<Signaller> {
  const { node, id } = await eventually(
    async () => {
      const { spec, status } = await kubectl.get('pod', pod, '-n', namespace)
      const id = status.containerStatuses?.[0]?.containerID
      if (!id || !spec.nodeName) throw new Error(`${pod} has not started: ${JSON.stringify(status)}`)
      return { node: spec.nodeName as string, id: String(id).replace(/^.*:\/\//, '') }
    },
    { timeoutMs: 60_000, everyMs: 200 },
  )
  const tasks = await mustRun('docker', ['exec', node, 'ctr', '--namespace', 'k8s.io', 'tasks', 'ls'])
  const line = tasks.split('\n').find((one) => one.startsWith(id))
  const pid = Number(line?.split(/\s+/)[1])
  if (!pid) throw new Error(`${pod} has no process: ${tasks}`)
  const send = (signal: NodeJS.Signals) => {
    const flags = ['exec', node, 'kill', '-s', signal.replace('SIG', ''), String(pid)]
    const { status, stderr } = spawnSync('docker', flags)
    if (status !== 0 && !/No such process/.test(String(stderr))) throw new Error(String(stderr))
  }
  return Object.assign(send, { pid: await pidOnMachine(id) })
}

/** Nodes are containers of this machine, so their processes are its own; a control group is named after the pod's container. */
async function pidOnMachine(id: string): Promise<number> {
  for (const entry of await readdir('/proc')) {
    const groups = /^\d+$/.test(entry) ? await readFile(`/proc/${entry}/cgroup`, 'utf8').catch(() => '') : ''
    if (groups.includes(id)) return Number(entry)
  }
  return 0
}
