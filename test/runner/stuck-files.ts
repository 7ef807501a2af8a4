/** Test files that are deaf to the end of their run. */
import { readdirSync, readFileSync } from 'node:fs'

/** Kills the processes of these files that this process has started and that are still there. Where there is no /proc, nothing. */
export function killStuck(files: readonly string[]): void {
  for (const pid of childrenOf(process.pid)) {
    const command = textOf(`/proc/${pid}/cmdline`).split('\0')
    if (!command.some((word) => files.includes(word))) continue
    console.error(`✖ process ${pid} is deaf to SIGTERM: it is killed`)
    process.kill(pid, 'SIGKILL')
  }
}

function childrenOf(parent: number): number[] {
  const folder = `/proc/${parent}/task`
  try {
    return readdirSync(folder)
      .flatMap((task) => textOf(`${folder}/${task}/children`).trim().split(/\s+/))
      .map(Number)
      .filter((pid) => pid > 0)
  } catch {
    return []
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
