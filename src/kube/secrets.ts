import { fieldManager } from './guarded-patch.ts'
import { isNotFound } from './kube-error.ts'
import { collectionPath, objectPath, type ResourceType } from './resource-type.ts'
import type { Rest } from './rest.ts'

const secretType: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'secrets',
  kind: 'Secret',
  namespaced: true,
}

/**
 * Reads one Secret and decodes its values as UTF-8. Read anew each time and kept nowhere: what is not there cannot leak.
 * Throws a KubeError: 404 when it does not exist, 403 when Mooring may not read it.
 */
export async function getSecret(
  rest: Rest,
  namespace: string,
  name: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Readonly<Record<string, string>>> {
  const path = objectPath(secretType, { namespace, name })
  const { signal } = options
  const secret = await rest.request<{ data?: Readonly<Record<string, string>> }>({
    method: 'GET',
    path,
    signal,
  })
  return decoded(secret.data ?? {})
}

/** A Secret with its values decoded, and what a guarded change of it takes. */
export interface FoundSecret {
  readonly metadata: { readonly namespace: string; readonly name: string; readonly resourceVersion: string }
  readonly data: Readonly<Record<string, string>>
}

/** The same as {@link getSecret}, with its version; undefined where there is none. */
export async function findSecret(
  rest: Rest,
  namespace: string,
  name: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<FoundSecret | undefined> {
  const path = objectPath(secretType, { namespace, name })
  try {
    const { metadata, data = {} } = await rest.request<{
      metadata: { resourceVersion: string }
      data?: Readonly<Record<string, string>>
    }>({ method: 'GET', path, signal })
    const { resourceVersion } = metadata
    return { metadata: { namespace, name, resourceVersion }, data: decoded(data) }
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Throws a KubeError: 409 when it exists. */
export async function createSecret(
  rest: Rest,
  namespace: string,
  name: string,
  stringData: Readonly<Record<string, string>>,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const path = collectionPath(secretType, namespace)
  const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData }
  await rest.request({ method: 'POST', path, query: { fieldManager }, body, signal })
}

/** Sets one value beside the others. Throws a KubeError: 409 when somebody wrote the Secret since it was read. */
export async function setSecretValue(
  rest: Rest,
  { metadata: { namespace, name, resourceVersion } }: FoundSecret,
  key: string,
  value: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  await rest.request({
    method: 'PATCH',
    path: objectPath(secretType, { namespace, name }),
    query: { fieldManager },
    contentType: 'application/merge-patch+json',
    body: { metadata: { resourceVersion }, data: { [key]: Buffer.from(value).toString('base64') } },
    signal,
  })
}

function decoded(data: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  )
}
