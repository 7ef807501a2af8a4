import { isNotFound, KubeError } from './kube-error.ts'
import type { KubeObject } from './object.ts'
import { objectPath, type ResourceType } from './resource-type.ts'
import type { Rest } from './rest.ts'
import { fieldManager } from './status.ts'

/**
 * Puts a finalizer on an object, unless it has it. Returns the object as it is now; undefined: it is gone. Throws a
 * conflict (409) when somebody wrote the object since it was read, or when it is being deleted: then nothing may be made
 * that would need the finalizer.
 */
export async function addFinalizer<T extends KubeObject>(
  rest: Rest,
  type: ResourceType,
  object: T,
  finalizer: string,
): Promise<T | undefined> {
  const present = object.metadata.finalizers ?? []
  if (present.includes(finalizer)) return object
  if (object.metadata.deletionTimestamp) throw conflict(type, object, 'it is being deleted')
  return writeFinalizers(rest, type, object, [...present, finalizer])
}

/**
 * Takes a finalizer off an object, if it has it. Returns the object as it is now; undefined: it is gone. Throws a
 * conflict (409) when somebody wrote the object since it was read.
 */
export async function removeFinalizer<T extends KubeObject>(
  rest: Rest,
  type: ResourceType,
  object: T,
  finalizer: string,
): Promise<T | undefined> {
  const present = object.metadata.finalizers ?? []
  if (!present.includes(finalizer)) return object
  return writeFinalizers(
    rest,
    type,
    object,
    present.filter((other) => other !== finalizer),
  )
}

/** The tests make the patch fail as a whole when the object is not the one that was read, so nobody's entry is lost. */
async function writeFinalizers<T extends KubeObject>(
  rest: Rest,
  type: ResourceType,
  object: T,
  finalizers: readonly string[],
): Promise<T | undefined> {
  const { uid, resourceVersion } = object.metadata
  try {
    return await rest.request<T>({
      method: 'PATCH',
      path: objectPath(type, object.metadata),
      query: { fieldManager },
      contentType: 'application/json-patch+json',
      body: [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
        { op: 'add', path: '/metadata/finalizers', value: finalizers },
      ],
    })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw isFailedTest(error) ? conflict(type, object, 'it has changed since it was read') : error
  }
}

/** The API server answers a failed test with 422 and names no field; a refused object has 422 with fields. */
function isFailedTest(error: unknown): boolean {
  return error instanceof KubeError && error.status === 422 && error.fields.length === 0
}

function conflict(type: ResourceType, object: KubeObject, why: string): KubeError {
  const message = `PATCH ${objectPath(type, object.metadata)}: ${why}`
  return new KubeError({ status: 409, reason: 'Conflict', message })
}
