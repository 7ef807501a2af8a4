import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { join } from 'node:path'
import type { Connection } from './connection.ts'
import { ConnectionError } from './connection-error.ts'
import { Expiring } from './expiring.ts'

export const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount'

/** The kubelet replaces the token long before it expires; client-go looks once a minute too. */
const rereadMs = 60_000

/** Connects as the pod's service account: files in `directory`, read again every minute and when forced. */
export async function inClusterConnection(where: {
  readonly host: string
  readonly port: string
  readonly directory: string
}): Promise<Connection> {
  const read = async (name: string) => (await readFile(join(where.directory, name), 'utf8')).trim()
  const token = new Expiring(() => read('token'), rereadMs)
  const ca = new Expiring(() => read('ca.crt'), rereadMs)
  await Promise.all([token.get(), ca.get()]).catch((cause: unknown) => {
    throw new ConnectionError(
      `No service account in ${where.directory}. Set automountServiceAccountToken: true on the pod, or KUBECONFIG.`,
      { cause },
    )
  })
  return {
    server: `https://${isIPv6(where.host) ? `[${where.host}]` : where.host}:${where.port}`,
    namespace: await read('namespace').catch(() => 'default'),
    inCluster: true,
    tls: async (force) => ({ ca: await ca.get(force) }),
    authorization: async (force) => `Bearer ${await token.get(force)}`,
  }
}
