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
  if (config.getCurrentUser()?.impersonateUser) {
    throw new ConnectionError('The kubeconfig asks for impersonation (as:), which Mooring does not do.')
  }
  const credentials = credentialsOf(env, config)
  return {
    server: cluster.server.replace(/\/+$/, ''),
    namespace: config.getContextObject(config.currentContext)?.namespace || 'default',
    inCluster: false,
    tls: async (force) => (await credentials(force)).tls,
    authorization: async (force) => (await credentials(force)).authorization,
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

/**
 * KubeConfig keeps what credential plugins gave until that expires, which saves calling them each minute; when credentials
 * are refused before, only a KubeConfig read anew asks again.
 */
function credentialsOf(
  env: Readonly<Record<string, string | undefined>>,
  loaded: KubeConfig,
): (force?: boolean) => Promise<Credentials> {
  let config = loaded
  const kept = new Expiring(() => readCredentials(config), rereadMs)
  return (force) => {
    if (force) config = load(env)
    return kept.get(force)
  }
}

async function readCredentials(config: KubeConfig): Promise<Credentials> {
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
