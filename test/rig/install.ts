/** Puts into a cluster what a user would put there with kubectl. */
import { existsSync } from 'node:fs'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { repository } from './cache.ts'
import { awaitEstablished } from './established.ts'
import type { Kubectl, KubernetesObject } from './kubectl.ts'
import type { Cluster } from './rig.ts'
import { serviceAccountKubeconfig } from './service-account.ts'

const deploy = join(repository, 'deploy')

/** Applies `crds/` and waits until the API server serves them. */
export async function installCrds(kubectl: Kubectl): Promise<void> {
  const files = join(repository, 'crds')
  await kubectl.must('apply', '--server-side', '-f', files)
  await awaitEstablished(kubectl, '-f', files)
}

/** Applies the vendors that are shipped. */
export async function installCatalogue(kubectl: Kubectl): Promise<void> {
  const files = join(deploy, 'vendors')
  if (existsSync(files)) await kubectl.must('apply', '-f', files)
}

const rightsKinds = [
  'Namespace',
  'ServiceAccount',
  'Secret',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
]

/** Applies only the rights that `deploy/` gives the operator, and the Secret that they speak of; the kubeconfig acts with these and no others. */
export async function installOperatorRights(cluster: Cluster): Promise<string> {
  const rights = (await deployedObjects())
    .filter(({ kind }) => rightsKinds.includes(kind))
    .sort((a, b) => rightsKinds.indexOf(a.kind) - rightsKinds.indexOf(b.kind))
  const account = rights.find(({ kind }) => kind === 'ServiceAccount')?.metadata
  if (!account) throw new Error('no ServiceAccount in deploy/')
  await cluster.kubectl.apply(rights)
  return serviceAccountKubeconfig(cluster, { namespace: account.namespace ?? 'default', name: account.name })
}

async function deployedObjects(): Promise<KubernetesObject[]> {
  const objects: KubernetesObject[] = []
  for await (const file of glob('**/*.yaml', { cwd: deploy, exclude: ['vendors', 'examples'] })) {
    const documents = parseAllDocuments(await readFile(join(deploy, file), 'utf8'))
    objects.push(...documents.map((document) => document.toJS()).filter(Boolean))
  }
  return objects
}
