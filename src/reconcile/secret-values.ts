import type { Fault } from '../api/fault.ts'
import { FaultError } from '../api/fault.ts'
import { KubeError } from '../kube/kube-error.ts'
import type { Rest } from '../kube/rest.ts'
import { getSecret } from '../kube/secrets.ts'

/** Reads one Secret, for as long as the caller needs it. */
export type SecretReader = (
  namespace: string,
  name: string,
  signal: AbortSignal,
) => Promise<Readonly<Record<string, string>>>

/**
 * What a Secret can be called; anything else, such as `..`, would be a path to something else.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
 */
const NAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/

/**
 * Reads Secrets by `get`, one at a time, and keeps nothing.
 *
 * @throws FaultError SecretNotFound or SecretNotReadable, saying what to do; KubeError when the API server is out of reach.
 */
export function secretReader(rest: Rest): SecretReader {
  return async (namespace, name, signal) => {
    if (!NAME.test(name)) throw noSuchSecret(namespace, name)
    try {
      return await getSecret(rest, namespace, name, { signal })
    } catch (error) {
      throw translated(error, namespace, name)
    }
  }
}

function translated(error: unknown, namespace: string, name: string): unknown {
  if (!(error instanceof KubeError)) return error
  if (error.status === 404) return noSuchSecret(namespace, name)
  if (error.status !== 403) return error
  const command = `kubectl create rolebinding mooring-secret-reader -n ${namespace} --clusterrole=mooring-secret-reader --serviceaccount=mooring-system:mooring`
  const message = `Mooring may not read Secret "${name}" in namespace ${namespace}. Allow it: ${command}`
  return new FaultError({ reason: 'SecretNotReadable', message, retry: 'Slow' })
}

function noSuchSecret(namespace: string, name: string): FaultError {
  return new FaultError({
    reason: 'SecretNotFound',
    message: `Secret "${name}" does not exist in namespace ${namespace}. Create it, or correct the reference.`,
    retry: 'Backoff',
  })
}

/** The fault for a Secret that lacks a key. */
export function missingKey(namespace: string, name: string, key: string): Fault {
  return {
    reason: 'SecretNotFound',
    message: `Secret "${name}" in namespace ${namespace} has no key "${key}". Add it, or correct the reference.`,
    retry: 'Backoff',
  }
}
