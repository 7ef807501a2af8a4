import type { CloudAccount } from '../api/generated/cloud-account.ts'
import type { StorageIntegration } from '../api/generated/storage-integration.ts'
import type { StorageVendor } from '../api/generated/storage-vendor.ts'
import { jsonEqual } from '../kube/json-equal.ts'
import { type KubeObject, keyOf } from '../kube/object.ts'
import type { Priority } from '../kube/ready-keys.ts'
import type { Change } from '../kube/store.ts'
import type { Caches } from './gather.ts'
import { DEFAULT_ACCOUNT_ANNOTATION } from './resources.ts'
import type { World } from './world.ts'

/** Where keys go when something in the cluster changed. */
export interface Wake {
  readonly integration: (key: string, priority?: Priority) => void
  readonly vendor: (key: string) => void
  readonly account: (key: string) => void
  readonly target: (key: string) => void
}

/**
 * Maps what changed in the cluster to the passes that must look again; a key holds no event, so every pass decides
 * on the newest state. On an update both the old and the new object count.
 */
export function connectTriggers(caches: Caches, world: World, wake: Wake): void {
  const { integrations, vendors, accounts, namespaces } = caches
  integrations.onChange((change) => {
    if (isNews(change)) wake.integration(change.key, change.initial ? 'low' : 'normal')
  })
  vendors.onChange((change) => {
    if (specChanged(change) || statusChanged(change)) wake.vendor(change.key)
    if (!specChanged(change)) return
    for (const integration of usersOfVendor(caches, change.key)) wake.integration(integration)
  })
  accounts.onChange((change) => {
    if (specChanged(change) || statusChanged(change)) wake.account(change.key)
    if (!specChanged(change) && !becameDefault(change)) return
    for (const integration of usersOfAccount(caches, change.key)) wake.integration(integration)
    for (const target of world.targetsOf(change.key)) wake.target(target)
  })
  namespaces.onChange((change) => {
    if (jsonEqual(change.before?.metadata.labels ?? {}, change.after?.metadata.labels ?? {})) return
    for (const integration of inNamespace(caches, change.key)) wake.integration(integration)
  })
}

/** Everything that a pass looks at: spec, deletion, finalizers, and the status, which somebody may have wiped. */
function isNews({ before, after }: Change<StorageIntegration>): boolean {
  if (before === undefined || after === undefined) return true
  const looked = ({ metadata, status }: StorageIntegration) => ({
    generation: metadata.generation,
    deleted: metadata.deletionTimestamp,
    finalizers: metadata.finalizers,
    annotations: metadata.annotations,
    status,
  })
  return !jsonEqual(looked(before), looked(after))
}

function specChanged({ before, after }: Change<StorageVendor | CloudAccount>): boolean {
  return (
    before?.metadata.generation !== after?.metadata.generation || before?.metadata.uid !== after?.metadata.uid
  )
}

/** Somebody may have wiped it; after our own write the pass finds nothing to do. */
function statusChanged({ before, after }: Change<StorageVendor | CloudAccount>): boolean {
  return !jsonEqual(before?.status ?? {}, after?.status ?? {})
}

function becameDefault({ before, after }: Change<CloudAccount>): boolean {
  const marked = (account: CloudAccount | undefined) =>
    account?.metadata.annotations?.[DEFAULT_ACCOUNT_ANNOTATION]
  return marked(before) !== marked(after)
}

function usersOfVendor({ integrations }: Caches, vendor: string): string[] {
  return integrations
    .list()
    .filter(({ spec }) => spec.vendor === vendor)
    .map(keyOf)
}

function usersOfAccount({ integrations }: Caches, account: string): string[] {
  return integrations
    .list()
    .filter(({ spec }) => spec.account === undefined || spec.account === account)
    .map(keyOf)
}

function inNamespace({ integrations }: Caches, namespace: string): string[] {
  return integrations
    .list()
    .filter(({ metadata }: KubeObject) => metadata.namespace === namespace)
    .map(keyOf)
}
