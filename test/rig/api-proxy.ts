/** A meddling proxy in front of an API server, and requests as Kubernetes people call them. */
import { join } from 'node:path'
import { readKubeconfig, writeKubeconfig } from './kubeconfig.ts'
import { type Meddling, type MeddlingProxy, type Seen, startMeddlingProxy } from './meddling-proxy.ts'
import type { OwnCluster } from './rig.ts'
import { makeRunFolder } from './run-folder.ts'

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete'

/** What a request is about: `patch storageintegrations/status`, as RBAC names it. */
export interface ApiRequest {
  readonly verb: Verb
  /** `leases`, `storageintegrations/status` */
  readonly resource: string
  /** Empty for a collection. */
  readonly name: string
}

export interface ApiProxy extends MeddlingProxy {
  /** A kubeconfig that leads through the proxy, or through what stands before it at `port`; the administrator's unless given. */
  kubeconfig(way?: Way): Promise<string>
}

interface Way {
  readonly from?: string
  readonly port?: number
}

export async function startApiProxy({ controlPlane, kubeconfigPath }: OwnCluster): Promise<ApiProxy> {
  const proxy = await startMeddlingProxy(controlPlane.url, { identity: await controlPlane.identity() })
  return Object.assign(proxy, {
    kubeconfig: async ({ from = kubeconfigPath, port = proxy.port }: Way = {}) => {
      const path = join(makeRunFolder('kubeconfig'), 'kubeconfig')
      return writeKubeconfig(path, { ...(await readKubeconfig(from)), server: `https://127.0.0.1:${port}` })
    },
  })
}

const verbs: Readonly<Record<string, Verb>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Reads a request's address. */
export function apiRequestOf({ method, path, query }: Seen): ApiRequest {
  const [root, ...rest] = path.split('/').slice(1)
  const inVersion = rest.slice(root === 'api' ? 1 : 2)
  const isNamespaced = inVersion[0] === 'namespaces' && inVersion.length > 2
  const [plural = '', name = '', subresource] = isNamespaced ? inVersion.slice(2) : inVersion
  const onMany = query.get('watch') === 'true' ? 'watch' : 'list'
  const verb = method === 'GET' && name === '' ? onMany : (verbs[method] ?? 'get')
  return { verb, resource: subresource === undefined ? plural : `${plural}/${subresource}`, name }
}

/** Whether a request is the one that people call `patch storageintegrations/status`. */
export function isCalled(seen: Seen, name: string): boolean {
  const { verb, resource } = apiRequestOf(seen)
  return `${verb} ${resource}` === name
}

/** The API server's own answer to what it refuses. */
export function refusal(
  status: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): Meddling {
  return { kind: 'Answer', status, headers, body: JSON.stringify(statusObject(status, reason)) }
}

/** The ERROR event with which a watch tells of it. */
export function errorEvent(status: number, reason: string): Meddling {
  const event = { type: 'ERROR', object: statusObject(status, reason) }
  return { kind: 'Answer', status: 200, body: `${JSON.stringify(event)}\n` }
}

function statusObject(code: number, reason: string): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `the proxy says ${reason}`,
    reason,
    code,
  }
}
