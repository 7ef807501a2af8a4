import { readFile, writeFile } from 'node:fs/promises'

export interface KubeconfigContent {
  readonly server: string
  /** PEM */
  readonly authority: string
  readonly token: string
  readonly namespace?: string
}

/** Writes a kubeconfig with one cluster, one user and one context. (JSON is YAML, too.) */
export async function writeKubeconfig(path: string, content: KubeconfigContent): Promise<string> {
  const cluster = {
    server: content.server,
    'certificate-authority-data': Buffer.from(content.authority).toString('base64'),
  }
  const context = { cluster: 'test', user: 'test', namespace: content.namespace ?? 'default' }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token: content.token } }],
    contexts: [{ name: 'test', context }],
  }
  await writeFile(path, JSON.stringify(config, null, 2), { mode: 0o600 })
  return path
}

/** Reads back what `writeKubeconfig` wrote. */
export async function readKubeconfig(path: string): Promise<KubeconfigContent> {
  const { clusters, users, contexts } = JSON.parse(await readFile(path, 'utf8'))
  return {
    server: clusters[0].cluster.server,
    authority: Buffer.from(clusters[0].cluster['certificate-authority-data'], 'base64').toString(),
    token: users[0].user.token,
    namespace: contexts[0].context.namespace,
  }
}
