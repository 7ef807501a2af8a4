import type { VendorAzureBlob, VendorGcs, VendorS3 } from '../api/generated/storage-vendor.ts'
import type { BucketRequirement, S3BucketTarget } from '../clouds/cloud.ts'
import { type Refused, refuse } from './found.ts'

/** Parts of an S3 recipe that this version cannot apply or check yet, by field path below spec.s3. */
export function unsupportedParts(s3: VendorS3): string[] {
  const { bucketPolicy } = s3
  const statements = bucketPolicy?.statements ?? []
  return [
    ...(['proofObjects'] as const).filter((part) => s3[part]),
    ...statements
      .filter(({ principal }) => principal.ownRole === true)
      .map(({ name }) => `bucketPolicy.statements[${name}].principal.ownRole`),
  ]
}

/** The same of a recipe for Google Cloud Storage, below spec.gcs. */
export function unsupportedGcsParts(gcs: VendorGcs): string[] {
  return [
    ...(['serviceAccount', 'proofObjects'] as const).filter((part) => gcs[part]),
    ...(gcs.requirements?.retention === undefined ? [] : ['requirements.retention']),
    ...gcs.grants
      .filter(({ scope }) => scope !== undefined && scope !== 'Bucket')
      .map(({ name }) => `grants[${name}].scope`),
  ]
}

/** The same of a recipe for Azure Blob Storage, below spec.azureBlob. */
export function unsupportedAzureParts(azure: VendorAzureBlob): string[] {
  return [
    ...(azure.proofObjects === undefined ? [] : ['proofObjects']),
    ...(azure.requirements?.retention === undefined ? [] : ['requirements.retention']),
  ]
}

/** What the vendor demands of the container; undefined when it is met. */
export function unmetContainer({ requirements }: VendorAzureBlob, container: string): Refused | undefined {
  if (requirements?.container === 'Required' && container === '')
    return refuse(
      'InvalidSpec',
      'spec.azureBlob.container: this vendor demands one. Create the integration anew with a container.',
    )
  if (requirements?.container === 'Unsupported' && container !== '')
    return refuse(
      'InvalidSpec',
      'spec.azureBlob.container: this vendor cannot be limited to one. Create the integration anew without it.',
    )
  return undefined
}

/** What the vendor demands of the bucket itself, which only the cloud can tell; undefined where it demands nothing. */
export function bucketRequirement(
  { requirements = {} }: Pick<VendorS3, 'requirements'>,
  target: S3BucketTarget,
): BucketRequirement | undefined {
  const { regions, excludedRegions, versioning, retention } = requirements
  const demanded = { regions, excludedRegions, versioning, retention }
  return Object.values(demanded).every((value) => value === undefined) ? undefined : { target, ...demanded }
}

/** What the vendor demands of the bucket's name and prefix; undefined when it is met. */
export function unmetRequirement(
  field: 's3' | 'gcs',
  { requirements = {} }: Pick<VendorS3 | VendorGcs, 'requirements'>,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
): Refused | undefined {
  const { bucketNamePattern, bucketNameMessage } = requirements
  if (bucketNamePattern !== undefined && !matchesWhole(bucketNamePattern, bucket)) {
    return refuse(
      'InvalidSpec',
      `spec.${field}.bucket: ${bucketNameMessage ?? `must match ${bucketNamePattern}`}.`,
    )
  }
  if (requirements.prefix === 'Required' && prefix === '') {
    return refuse(
      'InvalidSpec',
      `spec.${field}.prefix: this vendor demands one. Create the integration anew with a prefix.`,
    )
  }
  if (requirements.prefix === 'Unsupported' && prefix !== '') {
    return refuse(
      'InvalidSpec',
      `spec.${field}.prefix: this vendor cannot be limited to a prefix. Create the integration anew without one.`,
    )
  }
  return undefined
}

/** True when a recipe's pattern (ECMAScript, Unicode mode) matches the whole text. */
export function matchesWhole(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`, 'u').test(text)
}
