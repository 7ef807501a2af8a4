import { guardedPatch } from './guarded-patch.ts'
import { jsonEqual } from './json-equal.ts'
import type { KubeObject } from './object.ts'
import type { ResourceType } from './resource-type.ts'
import type { Rest } from './rest.ts'

/**
 * Makes an object's status the given one, whole: what is missing in it goes. Nothing is sent when the object, as the caller
 * knows it, has that status already. Others may write the rest of the object at the same time.
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
  const set = { path: '/status', value: status ?? {} }
  return guardedPatch(rest, type, object, {
    subresource: 'status',
    unchanged: 'uid',
    set,
    signal: options.signal,
  })
}
