import { KubeError } from './kube/kube-error.ts'
import { collectionPath, type ResourceType } from './kube/resource-type.ts'
import type { Rest } from './kube/rest.ts'
import { CLOUD_ACCOUNTS, NAMESPACES, STORAGE_INTEGRATIONS, STORAGE_VENDORS } from './reconcile/resources.ts'

/** Something that must be mended before the operator can start; the message says what to run. */
export class StartupError extends Error {}

/**
 * Asks the API server once for everything that will be watched, so that a missing CRD or permission is told at once
 * and in words, not as an endless retry.
 *
 * @throws StartupError
 */
export async function checkCluster(rest: Rest): Promise<void> {
  for (const type of [STORAGE_INTEGRATIONS, STORAGE_VENDORS, CLOUD_ACCOUNTS, NAMESPACES])
    await checkKind(rest, type)
}

/**
 * The UID of the kube-system namespace, which names a cluster for its whole life.
 *
 * @throws StartupError
 */
export async function clusterUid(rest: Rest): Promise<string> {
  try {
    const namespace = await rest.request<{ readonly metadata: { readonly uid: string } }>({
      method: 'GET',
      path: `${collectionPath(NAMESPACES)}/kube-system`,
    })
    return namespace.metadata.uid
  } catch (error) {
    throw translated(error, 'namespace kube-system')
  }
}

async function checkKind(rest: Rest, type: ResourceType): Promise<void> {
  try {
    await rest.request({ method: 'GET', path: collectionPath(type), query: { limit: 1 } })
  } catch (error) {
    throw translated(error, type.plural)
  }
}

function translated(error: unknown, what: string): unknown {
  if (!(error instanceof KubeError)) return error
  if (error.status === 404) {
    return new StartupError(`The cluster does not know ${what}. Install the CRDs: kubectl apply -f crds/`)
  }
  if (error.status === 403) {
    return new StartupError(
      `Not allowed to read ${what}. Give the operator its permissions: kubectl apply -k deploy/`,
    )
  }
  if (error.status === 401) {
    return new StartupError('The API server does not accept the credentials. Check with: kubectl auth whoami')
  }
  return new StartupError(`The API server cannot be used: ${error.message}. Check with: kubectl version`)
}
