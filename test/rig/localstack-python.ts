/** The Python environment that LocalStack runs in, installed from tools/requirements-localstack.txt. */
import { join } from 'node:path'
import { repository } from './cache.ts'
import { pythonFor } from './python-environment.ts'

const requirements = join(repository, 'tools', 'requirements-localstack.txt')

/** The path of a Python that can import LocalStack. */
export function localstackPython(): Promise<string> {
  return pythonFor({
    name: 'LocalStack',
    requirements,
    takes: 'about 3 minutes',
    async install(pip) {
      await pip('--constraint', requirements, 'setuptools', 'wheel')
      await pip('--no-build-isolation', '--requirement', requirements)
    },
  })
}
