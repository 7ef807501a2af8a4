import { mergeConditions, type Verdict } from '../api/conditions.ts'
import type { StorageVendor } from '../api/generated/storage-vendor.ts'
import type { Rest } from '../kube/rest.ts'
import { applyStatus } from '../kube/status.ts'
import type { Store } from '../kube/store.ts'
import type { PassResult } from '../kube/workers.ts'
import { recipeFaults } from '../vendors/recipe-faults.ts'
import { STORAGE_VENDORS } from './resources.ts'

export interface VendorDependencies {
  readonly vendors: Store<StorageVendor>
  readonly rest: Rest
  readonly now: () => number
}

/** One pass over one StorageVendor: is its recipe sound. */
export async function vendorPass(
  { vendors, rest, now }: VendorDependencies,
  key: string,
  signal: AbortSignal,
): Promise<PassResult> {
  const vendor = vendors.get(key)
  if (vendor === undefined || vendor.metadata.deletionTimestamp !== undefined) return {}
  const { metadata, spec, status } = vendor
  const generation = metadata.generation ?? 0
  const verdicts = verdictsOf(recipeFaults(spec))
  const conditions = mergeConditions(
    status?.conditions ?? [],
    verdicts,
    generation,
    new Date(now()).toISOString(),
  )
  const written = await applyStatus(
    rest,
    STORAGE_VENDORS,
    vendor,
    { observedGeneration: generation, conditions },
    { signal },
  )
  if (written !== undefined) vendors.put(written)
  return {}
}

function verdictsOf(faults: readonly string[]): Verdict[] {
  if (faults.length === 0) {
    return [
      {
        type: 'Ready',
        status: 'True',
        reason: 'RecipeValid',
        message: 'The recipe is complete and safe to apply.',
      },
    ]
  }
  const message = faults.join('; ').slice(0, 4_096)
  return [
    { type: 'Ready', status: 'False', reason: 'VendorInvalid', message },
    { type: 'Stalled', status: 'True', reason: 'VendorInvalid', message },
  ]
}
