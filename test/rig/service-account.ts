import { dirname, join } from 'node:path'
import { readKubeconfig, writeKubeconfig } from './kubeconfig.ts'
import type { Cluster } from './rig.ts'

export interface ServiceAccountName {
  readonly namespace: string
  readonly name: string
}

/** A kubeconfig with which one acts as a ServiceAccount that exists, with its rights and no others. */
export async function serviceAccountKubeconfig(
  { kubectl, kubeconfigPath }: Cluster,
  { namespace, name }: ServiceAccountName,
): Promise<string> {
  const token = await kubectl.must('create', 'token', name, '--namespace', namespace, '--duration=8h')
  const path = join(dirname(kubeconfigPath), `${namespace}.${name}.kubeconfig`)
  return writeKubeconfig(path, { ...(await readKubeconfig(kubeconfigPath)), token: token.trim(), namespace })
}
