import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { repository } from '../rig/cache.ts'

export interface TestFiles {
  readonly unit: readonly string[]
  /** Those that need servers. */
  readonly integration: readonly string[]
}

const integration = /^test[/\\](integration|rig)[/\\]/

/** Every test file there is: none can be forgotten because it lies in an unusual place. */
export async function findTests(only: string): Promise<TestFiles> {
  const found: string[] = []
  for await (const file of glob('{src,test,tools}/**/*.test.ts', { cwd: repository })) {
    if (file.includes(only)) found.push(file)
  }
  const absolute = (files: string[]) => files.sort().map((file) => join(repository, file))
  return {
    unit: absolute(found.filter((file) => !integration.test(file))),
    integration: absolute(found.filter((file) => integration.test(file))),
  }
}
