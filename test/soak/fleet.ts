/** The operators of a soak: as the image runs them, one or several, and what becomes of them. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from '../../tools/bundle.ts'
import { type LogEntry, type Operator, startOperator } from '../rig/operator.ts'
import { makeRunFolder } from '../rig/run-folder.ts'
import { eventually } from '../rig/wait.ts'
import { type Sample, sampleOf } from './samples.ts'

/** The flags of the Dockerfile's entry point. */
const FLAGS = ['--max-semi-space-size=4', '--optimize-for-size']

export interface Fleet {
  /** Those that run now. */
  readonly operators: readonly Operator[]
  /** One look at each. */
  sample(at: number): Promise<Sample[]>
  /** Kills whoever leads, starts another in its place, and returns after how many seconds somebody leads again. */
  killLeader(): Promise<number>
  /** How processes ended that nobody killed. */
  readonly unexpected: readonly string[]
  /** Everything that all of them logged, the dead included. */
  logs(): LogEntry[]
  stop(): Promise<void>
}

export interface FleetOptions {
  readonly kubeconfigPath: string
  readonly env: NodeJS.ProcessEnv
  readonly replicas: number
}

export async function startFleet({ kubeconfigPath, env, replicas }: FleetOptions): Promise<Fleet> {
  const folder = join(makeRunFolder('soak'), 'bundle')
  mkdirSync(folder, { recursive: true })
  await bundle(folder)
  const program = [...FLAGS, join(folder, 'main.mjs')]
  const operators: Operator[] = []
  const all: Operator[] = []
  const expected = new Set<Operator>()
  const unexpected: string[] = []

  async function start(): Promise<void> {
    const operator = await startOperator({ kubeconfigPath, env, program })
    operators.push(operator)
    all.push(operator)
    operator.exited.then(({ code, signal }) => {
      operators.splice(operators.indexOf(operator), 1)
      if (!expected.has(operator))
        unexpected.push(`pid ${operator.pid} ended with ${signal ?? code}: ${lastError(operator)}`)
      if (!expected.has(operator)) void start()
    })
    await operator.ready(120_000)
  }

  async function leader(): Promise<Operator> {
    const samples = await Promise.all(
      operators.map(async (operator) => [operator, await sampleOf(operator, 0)] as const),
    )
    const found = samples.find(([, sample]) => sample?.isLeader)
    if (found === undefined) throw new Error('nobody leads')
    return found[0]
  }

  for (let n = 0; n < replicas; n += 1) await start()
  await eventually(leader, { timeoutMs: 60_000 })
  return {
    operators,
    unexpected,
    sample: async (at) => {
      const samples = await Promise.all(operators.map((operator) => sampleOf(operator, at)))
      return samples.filter((sample) => sample !== undefined)
    },
    killLeader: async () => {
      const victim = await eventually(leader, { timeoutMs: 60_000 })
      expected.add(victim)
      const since = performance.now()
      victim.kill('SIGKILL')
      await victim.exited
      const restarted = start()
      await eventually(leader, { timeoutMs: 120_000, everyMs: 100 })
      const seconds = (performance.now() - since) / 1_000
      await restarted
      return seconds
    },
    logs: () => all.flatMap((operator) => operator.logs()),
    stop: async () => {
      for (const operator of operators) expected.add(operator)
      await Promise.all([...operators].map((operator) => operator.stop(40_000)))
    },
  }
}

/** Why it ended, as it said itself. */
function lastError(operator: Operator): string {
  const error = operator.logs().findLast(({ level }) => level === 'error' || level === 'raw')
  return error === undefined ? 'it said nothing' : error.msg.slice(0, 200)
}
