import { objectPath, type ResourceType } from './resource-type.ts'
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
  const entries = Object.entries(secret.data ?? {})
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  )
}
