import { mergeConditions, type Verdict } from '../api/conditions.ts'
import type { StorageVendor, StorageVendorStatus } from '../api/generated/storage-vendor.ts'
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
  const status = vendorStatus(vendor, new Date(now()).toISOString())
  const written = await applyStatus(rest, STORAGE_VENDORS, vendor, status, { signal })
  if (written !== undefined) vendors.put(written)
  return {}
}

/**
 * What is said of a recipe.
 *
 * @param now RFC 3339, for conditions whose status changes.
 */
export function vendorStatus({ metadata, spec, status }: StorageVendor, now: string): StorageVendorStatus {
  const generation = metadata.generation ?? 0
  const conditions = mergeConditions(
    status?.conditions ?? [],
    verdictsOf(recipeFaults(spec)),
    generation,
    now,
  )
  return { observedGeneration: generation, conditions }
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
  const message = faults.join('; ')
  return [
    { type: 'Ready', status: 'False', reason: 'VendorInvalid', message },
    { type: 'Stalled', status: 'True', reason: 'VendorInvalid', message },
  ]
}
