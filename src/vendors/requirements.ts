import type { VendorS3 } from '../api/generated/storage-vendor.ts'
import { type Refused, refuse } from './found.ts'

/** Parts of an S3 recipe that this version cannot apply or check yet, by field path below spec.s3. */
export function unsupportedParts(s3: VendorS3): string[] {
  const { requirements = {}, bucketPolicy } = s3
  const statements = bucketPolicy?.statements ?? []
  return [
    ...(['attachToRole', 'proofObjects'] as const).filter((part) => s3[part]),
    ...(['regions', 'excludedRegions', 'versioning', 'retention'] as const)
      .filter((part) => requirements[part])
      .map((part) => `requirements.${part}`),
    ...statements
      .filter(({ principal }) => principal.retiring !== undefined || principal.ownRole === true)
      .map(({ name }) => `bucketPolicy.statements[${name}].principal.retiring or ownRole`),
  ]
}

/** What the vendor demands of the bucket's name and prefix; undefined when it is met. */
export function unmetRequirement(
  { requirements = {} }: VendorS3,
  bucket: string,
  prefix: string,
): Refused | undefined {
  const { bucketNamePattern, bucketNameMessage } = requirements
  if (bucketNamePattern !== undefined && !matchesWhole(bucketNamePattern, bucket)) {
    return refuse('InvalidSpec', `spec.s3.bucket: ${bucketNameMessage ?? `must match ${bucketNamePattern}`}.`)
  }
  if (requirements.prefix === 'Required' && prefix === '') {
    return refuse(
      'InvalidSpec',
      'spec.s3.prefix: this vendor demands one. Create the integration anew with a prefix.',
    )
  }
  if (requirements.prefix === 'Unsupported' && prefix !== '') {
    return refuse(
      'InvalidSpec',
      'spec.s3.prefix: this vendor cannot be limited to a prefix. Create the integration anew without one.',
    )
  }
  return undefined
}

/** True when a recipe's pattern (ECMAScript, Unicode mode) matches the whole text. */
export function matchesWhole(pattern: string, text: string): boolean {
  return new RegExp(`^(?:${pattern})$`, 'u').test(text)
}
