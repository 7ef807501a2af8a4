/** What a recipe demands of the storage beforehand, in sentences. */
import type { StorageVendorSpec, VendorAzureBlob, VendorS3 } from '../src/api/generated/storage-vendor.ts'

/** Sentences of every cloud's recipe, those that Mooring checks first. */
export const requirementSentences = {
  s3: ({ s3 }: StorageVendorSpec): string[] => bucketSentences('s3', s3?.requirements),
  gcs: ({ gcs }: StorageVendorSpec): string[] => bucketSentences('gcs', gcs?.requirements),
  azureBlob: ({ azureBlob }: StorageVendorSpec): string[] => accountSentences(azureBlob?.requirements),
} as const

/** Requirements of Google Cloud Storage are some of those of S3. */
function bucketSentences(field: 's3' | 'gcs', requirements: VendorS3['requirements'] = {}): string[] {
  const { bucketNameMessage, prefix, regions, excludedRegions, versioning } = requirements
  return [
    ...said(bucketNameMessage, (message) => `${message}.`),
    ...(prefix === 'Required' ? [`A prefix (spec.${field}.prefix) must be given.`] : []),
    ...(prefix === 'Unsupported' ? [`A prefix (spec.${field}.prefix) cannot be given.`] : []),
    ...said(regions, (list) => `The bucket must be in ${list.join(', ')}.`),
    ...said(excludedRegions, (list) => `The bucket must not be in ${list.join(', ')}.`),
    ...said(versioning, (state) => `Versioning must be ${state}.`),
    ...everywhere(requirements),
  ]
}

function accountSentences(requirements: VendorAzureBlob['requirements'] = {}): string[] {
  const { container, hierarchicalNamespace, publicNetworkAccess } = requirements
  return [
    ...(container === 'Required' ? ['A container (spec.azureBlob.container) must be given.'] : []),
    ...(container === 'Unsupported' ? ['A container (spec.azureBlob.container) cannot be given.'] : []),
    ...said(
      hierarchicalNamespace,
      () => 'The account must not have a hierarchical namespace (Data Lake Gen2).',
    ),
    ...said(publicNetworkAccess, () => 'The account’s public endpoint must be on.'),
    ...everywhere(requirements),
  ]
}

function everywhere({
  retention,
  sourceAddresses,
  manual = [],
}: Pick<NonNullable<VendorAzureBlob['requirements']>, 'retention' | 'sourceAddresses' | 'manual'>): string[] {
  return [
    ...said(retention, () => 'No object lock or retention may be set.'),
    ...said(sourceAddresses, (list) => `A firewall must let through ${list.join(', ')}.`),
    ...manual,
  ]
}

function said<T>(value: T | undefined, sentence: (value: T) => string): string[] {
  return value === undefined ? [] : [sentence(value)]
}
