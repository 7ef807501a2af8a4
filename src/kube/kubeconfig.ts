import type { RequestOptions } from 'node:https'
import { delimiter } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import type { Connection, TlsMaterial } from './connection.ts'
import { ConnectionError } from './connection-error.ts'
import { Expiring } from './expiring.ts'

/** How long certificates and tokens from files and credential plugins are used before they are asked for again. */
const rereadMs = 60_000

interface Credentials {
  readonly tls: TlsMaterial
  readonly authorization: string | undefined
}

const advice = 'Set KUBECONFIG to a file with a current context, or run in a cluster.'

/** Connects as the kubeconfig's current context says. Throws a ConnectionError when there is none. */
export async function kubeconfigConnection(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Connection> {
  const config = load(env)
  const cluster = config.getCurrentCluster()
  if (!cluster?.server) throw new ConnectionError(`No Kubernetes API server is configured. ${advice}`)
  const credentials = new Expiring(() => readCredentials(env), rereadMs)
  return {
    server: cluster.server.replace(/\/+$/, ''),
    namespace: config.getContextObject(config.currentContext)?.namespace || 'default',
    inCluster: false,
    tls: async (force) => (await credentials.get(force)).tls,
    authorization: async (force) => (await credentials.get(force)).authorization,
  }
}

/** client-node reads KUBECONFIG from the process; here it comes from the environment that was handed in. */
function load(env: Readonly<Record<string, string | undefined>>): KubeConfig {
  const config = new KubeConfig()
  try {
    const files = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '')
    if (files.length === 0) config.loadFromDefault()
    for (const [index, file] of files.entries()) {
      if (index === 0) config.loadFromFile(file)
      else config.mergeConfig(fromFile(file), true)
    }
  } catch (cause) {
    throw new ConnectionError(`The kubeconfig cannot be read. ${advice}`, { cause })
  }
  if (config.getCurrentCluster()?.server === 'http://localhost:8080' && !env.KUBECONFIG) {
    throw new ConnectionError(`There is no kubeconfig. ${advice}`)
  }
  return config
}

function fromFile(file: string): KubeConfig {
  const config = new KubeConfig()
  config.loadFromFile(file)
  return config
}

/** A fresh KubeConfig each time: it keeps what credential plugins gave until that expires, even after a 401. */
async function readCredentials(env: Readonly<Record<string, string | undefined>>): Promise<Credentials> {
  const config = load(env)
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options).catch((cause: unknown) => {
    throw new ConnectionError('The kubeconfig gives no credentials: its credential plugin or files failed.', {
      cause,
    })
  })
  const headers = options.headers as Readonly<Record<string, string | undefined>> | undefined
  const basic = options.auth ? `Basic ${Buffer.from(options.auth).toString('base64')}` : undefined
  return { tls: tlsOf(config, options), authorization: headers?.Authorization ?? basic }
}

function tlsOf(config: KubeConfig, options: RequestOptions): TlsMaterial {
  const proxyUrl = config.getCurrentCluster()?.proxyUrl
  return {
    ...pem('ca', options.ca),
    ...pem('cert', options.cert),
    ...pem('key', options.key),
    ...(options.passphrase ? { passphrase: options.passphrase } : {}),
    ...(options.servername ? { servername: options.servername } : {}),
    ...(options.rejectUnauthorized === false ? { insecureSkipVerify: true } : {}),
    ...(proxyUrl ? { proxyUrl } : {}),
  }
}

function pem<K extends string>(name: K, value: unknown): Partial<Record<K, string>> {
  if (typeof value !== 'string' && !Buffer.isBuffer(value)) return {}
  return { [name]: value.toString() } as Record<K, string>
}
