import { guardedPatch } from './guarded-patch.ts'
import { KubeError } from './kube-error.ts'
import { type KubeObject, keyOf } from './object.ts'
import type { ResourceType } from './resource-type.ts'
import type { Rest } from './rest.ts'

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
  options: { readonly signal?: AbortSignal } = {},
): Promise<T | undefined> {
  const present = object.metadata.finalizers ?? []
  if (present.includes(finalizer)) return object
  if (object.metadata.deletionTimestamp) throw leaving(type, object)
  return writeFinalizers(rest, type, object, [...present, finalizer], options.signal)
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
  options: { readonly signal?: AbortSignal } = {},
): Promise<T | undefined> {
  const present = object.metadata.finalizers ?? []
  if (!present.includes(finalizer)) return object
  const others = present.filter((other) => other !== finalizer)
  return writeFinalizers(rest, type, object, others, options.signal)
}

/** The list is written whole, so it must be the one that was read, or somebody's entry would be lost. */
function writeFinalizers<T extends KubeObject>(
  rest: Rest,
  type: ResourceType,
  object: T,
  finalizers: readonly string[],
  signal: AbortSignal | undefined,
): Promise<T | undefined> {
  const set = { path: '/metadata/finalizers', value: finalizers }
  return guardedPatch(rest, type, object, { unchanged: 'resourceVersion', set, signal })
}

function leaving(type: ResourceType, object: KubeObject): KubeError {
  const message = `${type.kind} ${keyOf(object)} is being deleted and takes no finalizer`
  return new KubeError({ status: 409, reason: 'Conflict', message })
}
