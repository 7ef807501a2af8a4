import type { ResourceType } from '../kube/resource-type.ts'

const mooring = { group: 'mooring.dev', version: 'v1alpha1' } as const

/** The kinds that Mooring watches. */
export const STORAGE_INTEGRATIONS = {
  ...mooring,
  plural: 'storageintegrations',
  kind: 'StorageIntegration',
  namespaced: true,
} as const satisfies ResourceType

export const STORAGE_VENDORS = {
  ...mooring,
  plural: 'storagevendors',
  kind: 'StorageVendor',
  namespaced: false,
} as const satisfies ResourceType

export const CLOUD_ACCOUNTS = {
  ...mooring,
  plural: 'cloudaccounts',
  kind: 'CloudAccount',
  namespaced: false,
} as const satisfies ResourceType

export const NAMESPACES = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
} as const satisfies ResourceType

/** Marks the CloudAccount that integrations without spec.account use. */
export const DEFAULT_ACCOUNT_ANNOTATION = 'mooring.dev/is-default-account'
