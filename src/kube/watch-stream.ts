import { statusFailure } from './http-failure.ts'
import { KubeError } from './kube-error.ts'
import { linesOf } from './lines.ts'
import type { KubeObject } from './object.ts'
import type { Rest } from './rest.ts'

/** What a watch tells. A BOOKMARK only says how far the server has come: its object has nothing but a resourceVersion. */
export interface WatchEvent<T extends KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: T
}

export interface WatchRequest {
  readonly path: string
  readonly resourceVersion: string
  readonly timeoutSeconds: number
  readonly idleMs: number
  readonly signal: AbortSignal
  readonly onOpen?: () => void
}

/**
 * One watch, from a resource version on, until the server ends it. An ERROR event is thrown as the KubeError it tells of;
 * so is a line that is no event (reason `BadAnswer`): skipping it would lose a change, resuming before it does not.
 */
export async function* watch<T extends KubeObject>(
  rest: Rest,
  request: WatchRequest,
): AsyncGenerator<WatchEvent<T>> {
  const { resourceVersion, timeoutSeconds, ...stream } = request
  const query = { watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds }
  for await (const line of linesOf(rest.stream({ ...stream, query }))) {
    if (line.trim() !== '') yield parseEvent<T>(request.path, line)
  }
}

const types: readonly unknown[] = [
  'ADDED',
  'MODIFIED',
  'DELETED',
  'BOOKMARK',
] satisfies WatchEvent<KubeObject>['type'][]

function parseEvent<T extends KubeObject>(path: string, line: string): WatchEvent<T> {
  const event = parse(line)
  if (event?.type === 'ERROR') throw statusFailure(`WATCH ${path}`, event.object)
  if (types.includes(event?.type) && hasIdentity(event)) return event as WatchEvent<T>
  throw new KubeError({ status: 0, reason: 'BadAnswer', message: `WATCH ${path}: a line is not an event` })
}

type Parsed = { readonly type?: unknown; readonly object?: Partial<KubeObject> } | undefined

function parse(line: string): Parsed {
  try {
    return (JSON.parse(line) ?? undefined) as Parsed
  } catch {
    return undefined
  }
}

function hasIdentity(event: Parsed): boolean {
  const metadata = event?.object?.metadata
  if (!metadata?.resourceVersion) return false
  return event?.type === 'BOOKMARK' || Boolean(metadata.name && metadata.uid)
}
