import type { CloudAccount } from './api/generated/cloud-account.ts'
import type { StorageIntegration } from './api/generated/storage-integration.ts'
import type { StorageVendor } from './api/generated/storage-vendor.ts'
import type { Log } from './kube/log.ts'
import type { KubeObject } from './kube/object.ts'
import { Reflector } from './kube/reflector.ts'
import type { ResourceType } from './kube/resource-type.ts'
import type { Rest } from './kube/rest.ts'
import { safeErrorFields } from './kube/safe-error.ts'
import { Store } from './kube/store.ts'
import type { Caches } from './reconcile/gather.ts'
import { CLOUD_ACCOUNTS, NAMESPACES, STORAGE_INTEGRATIONS, STORAGE_VENDORS } from './reconcile/resources.ts'

/** A reflector and the kind that it follows. */
export interface KindReflector {
  readonly kind: string
  readonly reflector: Pick<Reflector<KubeObject>, 'run' | 'synced' | 'lastHeardAt' | 'relist'>
}

/** The stores of everything that is watched; never Secrets. */
export function emptyCaches(log: Log): Caches {
  const onError = (error: unknown, key: string): void =>
    log.error({ key, ...safeErrorFields(error) }, 'a trigger failed')
  return {
    integrations: new Store<StorageIntegration>(onError),
    vendors: new Store<StorageVendor>(onError),
    accounts: new Store<CloudAccount>(onError),
    namespaces: new Store<KubeObject>(onError),
  }
}

/** One reflector for each store. Of namespaces only names and labels are kept. */
export function reflectAll(rest: Rest, caches: Caches, log: Log): KindReflector[] {
  return [
    follow(STORAGE_INTEGRATIONS, caches.integrations),
    follow(STORAGE_VENDORS, caches.vendors),
    follow(CLOUD_ACCOUNTS, caches.accounts),
    follow(NAMESPACES, caches.namespaces, labelsOnly),
  ]

  function follow<T extends KubeObject>(
    type: ResourceType,
    store: Store<T>,
    transform?: (object: T) => T,
  ): KindReflector {
    const options = { rest, type, store, log, ...(transform === undefined ? {} : { transform }) }
    return { kind: type.kind, reflector: new Reflector<T>(options) }
  }
}

function labelsOnly({ metadata }: KubeObject): KubeObject {
  const { name, uid, resourceVersion, labels = {} } = metadata
  return { metadata: { name, uid, resourceVersion, labels } }
}
