import { fieldManager } from './guarded-patch.ts'
import { isNotFound } from './kube-error.ts'
import type { KubeObject } from './object.ts'
import { objectPath, type ResourceType } from './resource-type.ts'
import type { Rest } from './rest.ts'

/**
 * Sets one annotation, or removes it when the value is undefined; the others stay as the API server has them, also those
 * that caches leave out. Nothing is sent when it is so already.
 *
 * Returns the object as it is now; undefined: it is gone. Throws a conflict (409) when somebody wrote the object since it
 * was read, so a value that was computed from the former one is never written over a newer one.
 */
export async function setAnnotation<T extends KubeObject>(
  rest: Rest,
  type: ResourceType,
  object: T,
  annotation: { readonly name: string; readonly value: string | undefined },
  options: { readonly signal?: AbortSignal } = {},
): Promise<T | undefined> {
  const { name, value } = annotation
  if (object.metadata.annotations?.[name] === value) return object
  const { resourceVersion } = object.metadata
  try {
    return await rest.request<T>({
      method: 'PATCH',
      path: objectPath(type, object.metadata),
      query: { fieldManager },
      contentType: 'application/merge-patch+json',
      body: { metadata: { resourceVersion, annotations: { [name]: value ?? null } } },
      signal: options.signal,
    })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
