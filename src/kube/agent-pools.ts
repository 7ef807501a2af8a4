import { Agent, type Dispatcher, ProxyAgent } from 'undici'
import type { TlsMaterial } from './connection.ts'
import { KubeError } from './kube-error.ts'

/** Kinds of traffic that must not wait for each other: a full api pool never delays a lease renewal or a watch. */
export type Pool = 'api' | 'lease' | 'watch'

interface Limits {
  /** Connections at most; null: no limit. */
  readonly connections: number | null
  /** Milliseconds for making a connection; on the lease pool three attempts must fit into the renew deadline. */
  readonly connectTimeout: number
  /** Milliseconds without headers, or without a piece of body, before a request fails. */
  readonly headersTimeout: number
  readonly bodyTimeout: number
}

const limits: Readonly<Record<Pool, Limits>> = {
  api: { connections: 8, connectTimeout: 10_000, headersTimeout: 30_000, bodyTimeout: 30_000 },
  lease: { connections: 1, connectTimeout: 3_000, headersTimeout: 5_000, bodyTimeout: 5_000 },
  watch: { connections: null, connectTimeout: 10_000, headersTimeout: 30_000, bodyTimeout: 120_000 },
}

/** HTTP/1.1 only: over HTTP/2 undici does not notice a connection that has silently died. */
const shared = { allowH2: false, pipelining: 1, keepAliveTimeout: 30_000 } as const

type Agents = Readonly<Record<Pool, Dispatcher>>

/** One agent per pool, made anew when the TLS material changes; requests under way end on the old ones. */
export class AgentPools {
  #agents: Agents | undefined
  #material = ''
  readonly #retiring = new Set<Dispatcher>()
  #closed = false

  /** The agent to send the next request with. Throws a KubeError after `close`, so that no connection outlives it. */
  use(pool: Pool, tls: TlsMaterial): Dispatcher {
    if (this.#closed) throw closedError()
    const material = JSON.stringify(tls)
    if (!this.#agents || material !== this.#material) {
      this.#retire()
      this.#agents = { api: agent('api', tls), lease: agent('lease', tls), watch: agent('watch', tls) }
      this.#material = material
    }
    return this.#agents[pool]
  }

  /** Ends every connection, also those of requests under way. */
  async close(): Promise<void> {
    this.#closed = true
    const agents = [...Object.values(this.#agents ?? {}), ...this.#retiring]
    this.#agents = undefined
    await Promise.all(agents.map((agent) => agent.destroy()))
  }

  #retire(): void {
    for (const agent of Object.values(this.#agents ?? {})) {
      this.#retiring.add(agent)
      const forget = () => this.#retiring.delete(agent)
      agent.close().then(forget, forget)
    }
  }
}

function closedError(): KubeError {
  return new KubeError({
    status: 0,
    reason: 'Aborted',
    message: 'the connections are closed, the operator stops',
  })
}

function agent(pool: Pool, tls: TlsMaterial): Dispatcher {
  const { connectTimeout, ...perRequest } = limits[pool]
  const connect = {
    timeout: connectTimeout,
    ...(tls.ca ? { ca: tls.ca } : {}),
    ...(tls.cert ? { cert: tls.cert } : {}),
    ...(tls.key ? { key: tls.key } : {}),
    ...(tls.passphrase ? { passphrase: tls.passphrase } : {}),
    ...(tls.servername ? { servername: tls.servername } : {}),
    ...(tls.insecureSkipVerify ? { rejectUnauthorized: false } : {}),
  }
  const options = { ...shared, ...perRequest }
  if (tls.proxyUrl) return new ProxyAgent({ ...options, uri: tls.proxyUrl, requestTls: connect })
  return new Agent({ ...options, connect })
}
