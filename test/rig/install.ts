/** Puts into a cluster what a user would put there with kubectl. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from './cache.ts'
import type { Kubectl } from './kubectl.ts'

/** Applies `crds/` and waits until the API server serves them. */
export async function installCrds(kubectl: Kubectl): Promise<void> {
  const files = join(repository, 'crds')
  await kubectl.must('apply', '--server-side', '-f', files)
  await kubectl.must('wait', '--for=condition=Established', '--timeout=30s', '-f', files)
}

/** Applies the vendors that are shipped. */
export async function installCatalogue(kubectl: Kubectl): Promise<void> {
  const files = join(repository, 'deploy', 'vendors')
  if (existsSync(files)) await kubectl.must('apply', '-f', files)
}
