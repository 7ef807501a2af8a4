import { jsonEqual } from './json-equal.ts'
import { isNotFound } from './kube-error.ts'
import type { KubeObject } from './object.ts'
import { apiVersionOf, objectPath, type ResourceType } from './resource-type.ts'
import type { Rest } from './rest.ts'

/** The name under which the API server notes the fields that Mooring writes. */
export const fieldManager = 'mooring'

/**
 * Makes an object's status the given one, by server-side apply to /status: fields that Mooring wrote before and that are
 * missing now are removed. Nothing is sent when the object, as the caller knows it, has that status already.
 *
 * Returns the object as it is now, or undefined when nothing was sent or the object is gone. Throws a conflict (409) when
 * an object of another uid bears the name now; its status is not touched.
 */
export async function applyStatus<T extends KubeObject & { readonly status?: unknown }>(
  rest: Rest,
  type: ResourceType,
  object: T,
  status: T['status'],
  options: { readonly signal?: AbortSignal } = {},
): Promise<T | undefined> {
  if (jsonEqual(object.status ?? {}, status ?? {})) return undefined
  const { name, namespace, uid } = object.metadata
  try {
    return await rest.request<T>({
      method: 'PATCH',
      path: objectPath(type, object.metadata, 'status'),
      query: { fieldManager, force: true },
      contentType: 'application/apply-patch+yaml',
      body: { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { name, namespace, uid }, status },
      signal: options.signal,
    })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
