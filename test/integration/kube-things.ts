/** What the tests of src/kube share: a kind of their own, a way to the API server, and a count of what goes over it. */
import { type Connection, connect } from '../../src/kube/connection.ts'
import { HttpRest } from '../../src/kube/http-rest.ts'
import type { KubeObject } from '../../src/kube/object.ts'
import { collectionPath, objectPath, type ResourceType } from '../../src/kube/resource-type.ts'
import type { Rest, RestRequest } from '../../src/kube/rest.ts'
import { awaitEstablished } from '../rig/established.ts'
import type { Kubectl } from '../rig/kubectl.ts'

export interface Thing extends KubeObject {
  readonly spec?: { readonly size?: number }
  readonly status?: Readonly<Record<string, unknown>>
}

export const thingType: ResourceType = {
  group: 'kube-tests.mooring.dev',
  version: 'v1',
  plural: 'things',
  kind: 'Thing',
  namespaced: true,
}

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** Applies the kind and waits until the API server serves it. */
export async function installThings(kubectl: Kubectl): Promise<void> {
  const name = 'things.kube-tests.mooring.dev'
  const schema = { type: 'object', properties: { spec: anything, status: anything } }
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    subresources: { status: {} },
    schema: { openAPIV3Schema: schema },
  }
  await kubectl.apply({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name },
    spec: {
      group: thingType.group,
      scope: 'Namespaced',
      names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      versions: [version],
    },
  })
  await awaitEstablished(kubectl, `crd/${name}`)
}

export async function makeNamespace(kubectl: Kubectl, name: string): Promise<string> {
  await kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return name
}

/** The administrator's connection; `port` leads it through a proxy. */
export async function adminConnection(kubeconfigPath: string, port?: number): Promise<Connection> {
  const connection = await connect({ KUBECONFIG: kubeconfigPath })
  return port === undefined ? connection : { ...connection, server: `https://127.0.0.1:${port}` }
}

export async function adminRest(kubeconfigPath: string, port?: number): Promise<HttpRest> {
  return new HttpRest(await adminConnection(kubeconfigPath, port))
}

/** Notes every request that passes. */
export function countingRest(rest: Rest): Rest & { readonly requests: readonly RestRequest[] } {
  const requests: RestRequest[] = []
  return {
    requests,
    request(request) {
      requests.push(request)
      return rest.request(request)
    },
    stream: (request) => rest.stream(request),
    close: () => rest.close(),
  }
}

/** Makes a Thing. */
export function createThing(
  rest: Rest,
  namespace: string,
  name: string,
  extra: Partial<Thing['metadata']> = {},
): Promise<Thing> {
  const body = {
    apiVersion: 'kube-tests.mooring.dev/v1',
    kind: 'Thing',
    metadata: { ...extra, name, namespace },
    spec: { size: 1 },
  }
  return rest.request({ method: 'POST', path: collectionPath(thingType, namespace), body })
}

export function readThing(rest: Rest, namespace: string, name: string): Promise<Thing> {
  return rest.request({ method: 'GET', path: objectPath(thingType, { namespace, name }) })
}

export function resizeThing(rest: Rest, namespace: string, name: string, size: number): Promise<Thing> {
  const contentType = 'application/merge-patch+json'
  const path = objectPath(thingType, { namespace, name })
  return rest.request({ method: 'PATCH', path, contentType, body: { spec: { size } } })
}

export function deleteThing(rest: Rest, namespace: string, name: string): Promise<unknown> {
  return rest.request({ method: 'DELETE', path: objectPath(thingType, { namespace, name }) })
}
