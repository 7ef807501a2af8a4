/** The Python environment that LocalStack runs in, installed from tools/requirements-localstack.txt. */
import { join } from 'node:path'
import { contentKey, installed, repository } from './cache.ts'
import { timed } from './progress.ts'
import { mustRun, runCommand } from './run-command.ts'

const requirements = join(repository, 'tools', 'requirements-localstack.txt')

/** The path of a Python that can import LocalStack. */
export async function localstackPython(): Promise<string> {
  const base = await suitablePython()
  const name = `localstack-python${base.version}-${process.platform}-${process.arch}-${await contentKey(requirements)}`
  const environment = await installed(name, (folder) =>
    timed(`Installing LocalStack for Python ${base.version} (once; about 3 minutes)`, () =>
      install(base, folder),
    ),
  )
  return pythonOf(environment)
}

const pythonOf = (environment: string) => join(environment, 'bin', 'python')

interface BasePython {
  readonly command: string
  readonly version: string
}

/** Only Python itself and pip are used of it, and only while installing. */
async function suitablePython(): Promise<BasePython> {
  const wanted = process.env.MOORING_PYTHON
  const candidates = wanted ? [wanted] : ['python3.11', 'python3.12', 'python3.13', 'python3']
  for (const command of candidates) {
    const version = await versionOf(command)
    if (version) return { command, version }
  }
  throw new Error(
    'LocalStack needs Python 3.11, 3.12 or 3.13 with venv (on Debian: apt install python3 python3-venv). MOORING_PYTHON may name one.',
  )
}

async function versionOf(command: string): Promise<string | undefined> {
  const script = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])'
  const cannotRun = { code: -1, stdout: '', stderr: '' }
  const { code, stdout } = await runCommand(command, ['-c', script]).catch(() => cannotRun)
  const version = stdout.trim()
  return code === 0 && /^3\.1[123]$/.test(version) ? version : undefined
}

async function install(base: BasePython, folder: string): Promise<void> {
  await mustRun(base.command, ['-m', 'venv', '--clear', folder])
  const pip = (...args: string[]) =>
    mustRun(pythonOf(folder), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...args])
  await pip('--constraint', requirements, 'setuptools', 'wheel')
  await pip('--no-build-isolation', '--requirement', requirements)
}
