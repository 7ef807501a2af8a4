import { KubeError } from './kube-error.ts'
import type { Rest } from './rest.ts'

/**
 * A Rest that refuses to write as soon as `mayWrite` says no, so that a former leader cannot change anything even before
 * it has noticed its loss. Reads pass. The refusal is a KubeError with status 0 and reason `NotLeader`.
 */
export function fencedRest(rest: Rest, mayWrite: () => boolean): Rest {
  return {
    request: async (request) => {
      if (request.method === 'GET' || mayWrite()) return rest.request(request)
      const message = `${request.method} ${request.path}: not sent, this process does not lead`
      throw new KubeError({ status: 0, reason: 'NotLeader', message })
    },
    stream: (request) => rest.stream(request),
    close: () => rest.close(),
  }
}
