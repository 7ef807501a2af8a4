/** The kind cluster as a GitOps test begins with it. */
import type { Kubectl } from '../../rig/kubectl.ts'
import { install } from '../installation.ts'
import { applyAwsAccount, kindAws } from '../story-words.ts'
import { clean } from '../test-cluster.ts'
import { NAMESPACE } from './estate.ts'
import { startGitServer } from './git.ts'

/** What keeps a namespace from ending when nobody is there any more who would take its finalizer off. */
const KEPT_BACK = [
  'applications.argoproj.io',
  'kustomizations.kustomize.toolkit.fluxcd.io',
  'gitrepositories.source.toolkit.fluxcd.io',
]

/** Operator, account and Git server; the catalogue is to come from Git. Whatever an earlier test has left is taken away. */
export async function freshCluster(kubectl: Kubectl): Promise<void> {
  for (const resource of KEPT_BACK) await removeAll(kubectl, resource)
  await clean(kubectl)
  await install(kubectl)
  await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } })
  await applyAwsAccount(kubectl, await kindAws(), [NAMESPACE])
  await kubectl.delete('storagevendors', '--all')
  await startGitServer(kubectl)
}

async function removeAll(kubectl: Kubectl, resource: string): Promise<void> {
  const { code, stdout } = await kubectl.run(['get', resource, '-A', '-o', 'json'])
  if (code !== 0) return // there is no such CRD yet
  const { items } = JSON.parse(stdout) as { items: { metadata: { name: string; namespace: string } }[] }
  for (const { metadata } of items) {
    const which = [resource, metadata.name, '-n', metadata.namespace]
    await kubectl.run(['patch', ...which, '--type=merge', '-p', '{"metadata":{"finalizers":null}}'])
    await kubectl.run(['delete', ...which, '--ignore-not-found', '--wait=false'])
  }
}
