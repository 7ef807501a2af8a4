import { ConnectionError } from './connection-error.ts'
import { inClusterConnection, serviceAccountDirectory } from './in-cluster.ts'

/** What a TLS connection to the API server needs; all PEM. */
export interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
  readonly servername?: string
  readonly insecureSkipVerify?: boolean
  /** An HTTP proxy to go through. */
  readonly proxyUrl?: string
}

/** Where the API server is and how to prove who we are. Material is read again from time to time, since it is rotated. */
export interface Connection {
  /** The URL of the API server, without a slash at the end. */
  readonly server: string
  /** The pod's namespace in a cluster; else the one of the kubeconfig's context, or `default`. */
  readonly namespace: string
  readonly inCluster: boolean
  /** The TLS material; `force` reads it again at once. */
  tls(force?: boolean): Promise<TlsMaterial>
  /** The Authorization header; `force` (after a 401) reads or asks for new credentials at once. */
  authorization(force?: boolean): Promise<string | undefined>
}

/**
 * Finds the API server: the pod's service account in a cluster, otherwise the current context of the kubeconfig.
 * KUBECONFIG wins over the service account. Throws a ConnectionError that says what to do when neither works.
 */
export async function connect(env: Readonly<Record<string, string | undefined>>): Promise<Connection> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443', KUBECONFIG } = env
  if (host && !KUBECONFIG) return inClusterConnection({ host, port, directory: serviceAccountDirectory })
  const { kubeconfigConnection } = await import('./kubeconfig.ts').catch((cause: unknown) => {
    throw new ConnectionError('The kubeconfig reader is not installed; run inside a cluster.', { cause })
  })
  return kubeconfigConnection(env)
}
