import { type Fault, FaultError } from '../api/fault.ts'
import type { CloudAccount } from '../api/generated/cloud-account.ts'
import type { StorageIntegration } from '../api/generated/storage-integration.ts'
import type { StorageVendor } from '../api/generated/storage-vendor.ts'
import type { KubeObject } from '../kube/object.ts'
import type { Store } from '../kube/store.ts'
import { type Found, found } from '../vendors/found.ts'
import type { GivenParameters } from '../vendors/parameters.ts'
import type { ResolveInput } from '../vendors/resolve.ts'
import { DEFAULT_ACCOUNT_ANNOTATION } from './resources.ts'
import { missingKey, type SecretReader } from './secret-values.ts'

/** The cluster as the caches know it. */
export interface Caches {
  readonly integrations: Store<StorageIntegration>
  readonly vendors: Store<StorageVendor>
  readonly accounts: Store<CloudAccount>
  readonly namespaces: Store<KubeObject>
}

/** Reads everything that deciding about one integration takes. */
export async function gather(
  caches: Caches,
  readSecret: SecretReader,
  integration: StorageIntegration,
  now: number,
  signal: AbortSignal,
): Promise<Omit<ResolveInput, 'installation' | 'roleArn'>> {
  const { spec, metadata } = integration
  return {
    integration,
    vendor: caches.vendors.get(spec.vendor),
    account: accountFor(caches.accounts, spec.account),
    namespaceLabels: caches.namespaces.get(metadata.namespace ?? '')?.metadata.labels ?? {},
    parameters: await parametersOf(integration, readSecret, signal),
    now,
  }
}

/** The named account; without a name the one account that is marked as default, and none if several are. */
function accountFor(accounts: Store<CloudAccount>, name: string | undefined): CloudAccount | undefined {
  if (name !== undefined) return accounts.get(name)
  const marked = accounts
    .list()
    .filter(({ metadata }) => metadata.annotations?.[DEFAULT_ACCOUNT_ANNOTATION] === 'true')
  return marked.length === 1 ? marked[0] : undefined
}

async function parametersOf(
  { spec, metadata }: StorageIntegration,
  readSecret: SecretReader,
  signal: AbortSignal,
): Promise<Found<GivenParameters>> {
  const values: Record<string, string> = { ...spec.parameters }
  const sources = spec.parametersFrom ?? []
  for (const { name, secretKeyRef } of sources) {
    const value = await secretValue(readSecret, metadata.namespace ?? '', secretKeyRef, signal)
    if (typeof value !== 'string') return { ok: false, fault: value }
    values[name] = value
  }
  return found({ values, secret: new Set(sources.map(({ name }) => name)) })
}

async function secretValue(
  readSecret: SecretReader,
  namespace: string,
  { name, key }: { readonly name: string; readonly key: string },
  signal: AbortSignal,
): Promise<string | Fault> {
  try {
    const secret = await readSecret(namespace, name, signal)
    // A key named like something that every object has is none.
    return (Object.hasOwn(secret, key) ? secret[key] : undefined) ?? missingKey(namespace, name, key)
  } catch (error) {
    if (error instanceof FaultError) return error.fault
    throw error
  }
}
