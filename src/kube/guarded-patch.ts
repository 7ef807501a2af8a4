import { isNotFound, KubeError } from './kube-error.ts'
import type { KubeObject } from './object.ts'
import { objectPath, type ResourceType } from './resource-type.ts'
import type { Rest } from './rest.ts'

/** The name under which the API server notes the fields that Mooring writes. */
export const fieldManager = 'mooring'

export interface GuardedPatch {
  readonly subresource?: 'status'
  /** Must be as in the object that was read: `uid`, so that it is not another object of that name; or every field. */
  readonly unchanged: 'uid' | 'resourceVersion'
  readonly set: { readonly path: string; readonly value: unknown }
  readonly signal?: AbortSignal | undefined
}

/**
 * Sets one field of an object, if the object still is what the caller read. The API server checks that in the same breath
 * as it writes, by tests in a JSON patch. (Server-side apply cannot: on /status the API server takes a metadata.uid that
 * is not the object's without complaint.)
 *
 * Returns the object as it is now; undefined: it is gone. Throws a conflict (409) when it has changed.
 */
export async function guardedPatch<T extends KubeObject>(
  rest: Rest,
  type: ResourceType,
  object: T,
  patch: GuardedPatch,
): Promise<T | undefined> {
  const path = objectPath(type, object.metadata, patch.subresource)
  try {
    return await rest.request<T>({
      method: 'PATCH',
      path,
      query: { fieldManager },
      contentType: 'application/json-patch+json',
      body: [...testsOf(object, patch.unchanged), { op: 'add', ...patch.set }],
      signal: patch.signal,
    })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw isFailedTest(error) ? changedConflict(path) : error
  }
}

function testsOf(object: KubeObject, unchanged: GuardedPatch['unchanged']): readonly object[] {
  const { uid, resourceVersion } = object.metadata
  const sameObject = { op: 'test', path: '/metadata/uid', value: uid }
  const sameState = { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion }
  return unchanged === 'uid' ? [sameObject] : [sameObject, sameState]
}

/** The API server answers a failed test with 422 and names no field; a refused object has 422 with fields. */
function isFailedTest(error: unknown): boolean {
  return error instanceof KubeError && error.status === 422 && error.fields.length === 0
}

function changedConflict(path: string): KubeError {
  const message = `PATCH ${path}: it has changed since it was read`
  return new KubeError({ status: 409, reason: 'Conflict', message })
}
