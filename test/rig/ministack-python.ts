/** The Python environment that ministack runs in, installed from tools/requirements-ministack.txt. */
import { join } from 'node:path'
import { repository } from './cache.ts'
import { pythonFor } from './python-environment.ts'

const requirements = join(repository, 'tools', 'requirements-ministack.txt')

/** The path of a Python that can import ministack. */
export function ministackPython(): Promise<string> {
  return pythonFor({
    name: 'ministack',
    requirements,
    takes: 'about 10 seconds',
    async install(pip) {
      await pip('--only-binary', ':all:', '--requirement', requirements)
    },
  })
}
