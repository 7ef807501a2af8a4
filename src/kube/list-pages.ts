import type { KubeObject } from './object.ts'
import type { Rest } from './rest.ts'

interface ListAnswer<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string }
  readonly items?: readonly T[]
}

export interface ListPage<T> {
  readonly items: readonly T[]
  /** The state that the whole list shows; a watch goes on from here. */
  readonly resourceVersion: string
}

/**
 * Reads a collection as it is now, page by page, so that neither side holds all of it at once. Throws a KubeError; 410
 * when the list changed so much meanwhile that its later pages are gone: begin again.
 */
export async function* listPages<T extends KubeObject>(
  rest: Rest,
  request: { readonly path: string; readonly pageSize: number; readonly signal?: AbortSignal },
): AsyncGenerator<ListPage<T>> {
  const { path, pageSize, signal } = request
  let next: string | undefined
  do {
    const limit = pageSize > 0 ? pageSize : undefined
    const answer: ListAnswer<T> = await rest.request({
      method: 'GET',
      path,
      query: { limit, continue: next },
      signal,
    })
    yield { items: answer.items ?? [], resourceVersion: answer.metadata?.resourceVersion ?? '' }
    next = answer.metadata?.continue || undefined
  } while (next)
}
