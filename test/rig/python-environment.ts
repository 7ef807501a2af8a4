/** Python environments for the servers that are written in Python, each installed once from a list of pinned versions. */
import { join } from 'node:path'
import { contentKey, installed } from './cache.ts'
import { timed } from './progress.ts'
import { mustRun, runCommand } from './run-command.ts'

export interface PythonServer {
  readonly name: string
  /** A file of pinned versions; what was installed from another content of it is not used any more. */
  readonly requirements: string
  /** How long installing takes, for people who wait. */
  readonly takes: string
  /** Installs into a fresh environment by calling its pip. */
  install(pip: Pip): Promise<void>
}

export type Pip = (...args: string[]) => Promise<unknown>

/** The path of a Python that can import the server. */
export async function pythonFor({ name, requirements, takes, install }: PythonServer): Promise<string> {
  const base = await suitablePython(name)
  const key = await contentKey(requirements)
  const folder = `${name.toLowerCase()}-python${base.version}-${process.platform}-${process.arch}-${key}`
  const environment = await installed(folder, (unfinished) =>
    timed(`Installing ${name} for Python ${base.version} (once; ${takes})`, async () => {
      await mustRun(base.command, ['-m', 'venv', '--clear', unfinished])
      await install(pipOf(unfinished))
    }),
  )
  return pythonIn(environment)
}

const pythonIn = (environment: string) => join(environment, 'bin', 'python')

const pipOf =
  (environment: string): Pip =>
  (...args) =>
    mustRun(pythonIn(environment), [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
      ...args,
    ])

interface BasePython {
  readonly command: string
  readonly version: string
}

/** Only Python itself and pip are used of it, and only while installing. */
async function suitablePython(server: string): Promise<BasePython> {
  const wanted = process.env.MOORING_PYTHON
  const candidates = wanted ? [wanted] : ['python3.11', 'python3.12', 'python3.13', 'python3']
  for (const command of candidates) {
    const version = await versionOf(command)
    if (version) return { command, version }
  }
  throw new Error(
    `${server} needs Python 3.11, 3.12 or 3.13 with venv (on Debian: apt install python3 python3-venv). MOORING_PYTHON may name one.`,
  )
}

async function versionOf(command: string): Promise<string | undefined> {
  const script = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])'
  const cannotRun = { code: -1, stdout: '', stderr: '' }
  const { code, stdout } = await runCommand(command, ['-c', script]).catch(() => cannotRun)
  const version = stdout.trim()
  return code === 0 && /^3\.1[123]$/.test(version) ? version : undefined
}
