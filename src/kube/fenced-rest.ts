import { KubeError } from './kube-error.ts'
import type { Rest } from './rest.ts'

/**
 * A Rest that refuses to write as soon as `mayWrite` says no, so that a former leader cannot change anything even before
 * it has noticed its loss. It is asked at once and before every sending, since a request may wait for credentials or be sent
 * again after a 429. Reads pass. The refusal is a KubeError with status 0 and reason `NotLeader`.
 */
export function fencedRest(rest: Rest, mayWrite: () => boolean): Rest {
  return {
    request: async (request) => {
      if (request.method === 'GET') return rest.request(request)
      if (!mayWrite()) throw notSent(`${request.method} ${request.path}`)
      return rest.request({ ...request, maySend: mayWrite })
    },
    stream: (request) => rest.stream(request),
    close: () => rest.close(),
  }
}

/** The refusal of a fence. */
export function notSent(what: string): KubeError {
  const message = `${what}: not sent, this process does not lead`
  return new KubeError({ status: 0, reason: 'NotLeader', message })
}
