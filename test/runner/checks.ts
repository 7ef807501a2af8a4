import { join } from 'node:path'
import { repository } from '../rig/cache.ts'
import { runCommand } from '../rig/run-command.ts'
import { aFailure, nothing, say, type Tally } from './tally.ts'

/** Runs a tool of node_modules over the whole project. It counts only when it finds something: it is no test. */
export async function runCheck(name: string, tool: string, ...args: string[]): Promise<Tally> {
  const since = performance.now()
  const command = join(repository, 'node_modules', '.bin', tool)
  const { code, stdout, stderr } = await runCommand(command, args, { cwd: repository })
  if (code !== 0) console.log(`${stdout}${stderr}`)
  say(name, code === 0 ? 'good' : 'not good', since)
  return code === 0 ? nothing : aFailure
}
