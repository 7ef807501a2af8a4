/** The operator, run as a process of its own, as its users run it. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './cache.ts'
import { childEnvironment } from './child-environment.ts'
import { freePort } from './free-port.ts'
import { type Launched, launch } from './process.ts'
import type { Aws } from './rig.ts'
import { makeRunFolder } from './run-folder.ts'
import { eventually, Hopeless } from './wait.ts'

export interface OperatorOptions {
  readonly kubeconfigPath: string
  /** Settings (`MOORING_…`) and ambient credentials. It sees nothing else of our environment. */
  readonly env?: NodeJS.ProcessEnv
  readonly args?: readonly string[]
  /** Flags of Node and the file to run. Without it the bundle of MOORING_OPERATOR (test/run.ts), or the sources. */
  readonly program?: readonly string[]
}

const SOURCES = [join(repository, 'src', 'main.ts')]

/** bent-time.ts reaches into packages, of which a bundle has copies of its own. */
function programFor(env: NodeJS.ProcessEnv): readonly string[] {
  const bundled = process.env.MOORING_OPERATOR
  return bundled === undefined || env.MOORING_TEST_PATIENCE !== undefined ? SOURCES : [bundled]
}

export interface LogEntry {
  readonly level: string | number
  readonly msg: string
  readonly [field: string]: unknown
}

export interface Operator extends Pick<Launched, 'pid' | 'logFile' | 'exited' | 'kill' | 'stop'> {
  /** Where `/livez`, `/readyz` and `/metrics` are. */
  readonly url: string
  /** Waits until `/readyz` says yes. */
  ready(timeoutMs?: number): Promise<void>
  /** What it logged so far. A line that is no JSON (a crash) is an entry of level `raw`. */
  logs(): LogEntry[]
}

/** Starts it and returns at once; `ready()` waits. */
export async function startOperator(options: OperatorOptions): Promise<Operator> {
  if (process.env.TEST_CLUSTER === 'kind')
    return (await import('../kind/operator-pod.ts')).startOperatorPod(options)
  const { kubeconfigPath, env = {}, args = [] } = options
  const program = options.program ?? programFor(env)
  const folder = makeRunFolder('operator')
  const address = `127.0.0.1:${await freePort()}`
  const operator = await launch({
    name: 'mooring',
    command: process.execPath,
    args: [...program, ...args],
    cwd: folder,
    env: {
      ...childEnvironment(folder),
      KUBECONFIG: kubeconfigPath,
      MOORING_HTTP_ADDRESS: address,
      MOORING_LOG_LEVEL: 'debug',
      ...env,
    },
    logFile: join(folder, 'operator.log'),
  })
  const { pid, logFile, exited, kill, stop } = operator
  const url = `http://${address}`
  const ready = (timeoutMs = 30_000) => eventually(() => answersReadyz(operator, url), { timeoutMs })
  return { pid, logFile, exited, kill, stop, url, ready, logs: () => readLog(logFile) }
}

/** The environment of a process that has AWS credentials around it. */
export function ambientAwsCredentials({ credentials, region }: Aws): NodeJS.ProcessEnv {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_REGION: region,
  }
}

async function answersReadyz(operator: Launched, url: string): Promise<void> {
  const ending = operator.ending()
  if (ending) {
    const how = ending.signal ?? `exit code ${ending.code}`
    throw new Hopeless(`the operator ended with ${how}\n${operator.lastWords()}`)
  }
  const response = await fetch(`${url}/readyz`)
  assert.equal(response.status, 200, `/readyz: ${await response.text()}\n${operator.lastWords(3)}`)
}

function readLog(file: string): LogEntry[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean).map(parseEntry)
}

function parseEntry(line: string): LogEntry {
  try {
    return JSON.parse(line)
  } catch {
    return { level: 'raw', msg: line }
  }
}
