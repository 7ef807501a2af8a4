import type { CloudAccount } from '../api/generated/cloud-account.ts'
import type { StorageIntegration } from '../api/generated/storage-integration.ts'
import type { StorageVendor } from '../api/generated/storage-vendor.ts'
import { partitionOf } from '../clouds/aws/partition.ts'
import type { GcsBucketTarget, S3BucketTarget } from '../clouds/cloud.ts'
import { accountMissing, storeOf } from './account-words.ts'
import { wrongEndpoint } from './endpoints.ts'
import { type Found, found, refuse } from './found.ts'
import { type AzureLocation, locateAzure } from './locate-azure.ts'
import { type AwsReach, bucketTarget, type GcpReach, gcsBucketTarget } from './places.ts'

/** Where an integration's data lies, and the facts that recipes may name. */
export type Location = S3Location | GcsLocation | AzureLocation

export interface S3Location extends AwsReach {
  readonly target: S3BucketTarget
  readonly bucket: string
  readonly prefix: string
  readonly region: string
  /** Where the account wants roles that Mooring makes: IAM path and permissions boundary. */
  readonly roles: RoleSettings
}

export interface GcsLocation extends GcpReach {
  readonly target: GcsBucketTarget
  readonly bucket: string
  readonly prefix: string
}

/** CloudAccount.spec.aws on roles. */
export interface RoleSettings {
  readonly path: string
  readonly permissionsBoundaryArn?: string | undefined
}

/** namespace/name: the owner in marks, and the queue key. */
export function ownerOf({ metadata }: Pick<StorageIntegration, 'metadata'>): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}

/** The access level that counts: spec.access, else the vendor's first (least) one. */
export function accessLevel(integration: StorageIntegration, vendor: StorageVendor): string {
  return integration.spec.access ?? vendor.spec.access[0]?.name ?? ''
}

/** The target that the integration's storage is in, as its account reaches it; with the storage's name for people. */
export function locate(
  { spec }: StorageIntegration,
  account: CloudAccount | undefined,
): Found<Location> & { readonly storage: string } {
  const wrong = account === undefined ? undefined : wrongEndpoint(account)
  return wrong === undefined ? located(spec, account) : { ...located(spec, undefined), ...wrong }
}

function located(
  spec: StorageIntegration['spec'],
  account: CloudAccount | undefined,
): Found<Location> & { readonly storage: string } {
  if (spec.gcs !== undefined) {
    const { bucket, prefix = '' } = spec.gcs
    return { ...locateGcs(spec.account, account, bucket, prefix), storage: `gs://${bucket}/${prefix}` }
  }
  if (spec.azureBlob !== undefined) {
    return locateAzure(spec.account, account, spec.azureBlob)
  }
  const { bucket = '', prefix = '' } = spec.s3 ?? {}
  return { ...locateS3(spec.account, account, bucket, prefix), storage: `s3://${bucket}/${prefix}` }
}

/**
 * The CRD refuses these already; checked again because a wildcard here would give away more than was asked for.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const WIDENING = /[*?$]/

function locateS3(
  named: string | undefined,
  account: CloudAccount | undefined,
  bucket: string,
  prefix: string,
): Found<S3Location> {
  if (account === undefined) return refuse('AccountNotFound', accountMissing(named))
  const { aws } = account.spec
  if (aws === undefined) {
    return refuse(
      'InvalidSpec',
      `spec.s3 needs an AWS account, but CloudAccount "${account.metadata.name}" has no spec.aws. Name another one in spec.account.`,
    )
  }
  if (!NAME.test(bucket)) return refuse('InvalidSpec', `spec.s3.bucket: "${bucket}" is not a bucket name.`)
  if (WIDENING.test(prefix))
    return refuse('InvalidSpec', 'spec.s3.prefix must not hold *, ? or $, which would widen the grant.')
  const partition = aws.partition ?? partitionOf(aws.region)
  const store = aws.endpoint === undefined ? partition : storeOf(aws.endpoint)
  const reach: AwsReach = { cloud: 'aws', store, partition, accountId: aws.accountId }
  const roles = { path: aws.rolePath ?? '/', permissionsBoundaryArn: aws.permissionsBoundaryArn }
  return found({ ...reach, target: bucketTarget(reach, bucket), bucket, prefix, region: aws.region, roles })
}

/** https://docs.cloud.google.com/storage/docs/buckets#naming; the CRD refuses others already. */
const GCS_NAME = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/
/** https://docs.cloud.google.com/storage/docs/json_api/v1 */
const GOOGLE = 'https://storage.googleapis.com'
/** A quote or backslash would end the text of a condition. */
const BREAKING = /["'\\\r\n]/

function locateGcs(
  named: string | undefined,
  account: CloudAccount | undefined,
  bucket: string,
  prefix: string,
): Found<GcsLocation> {
  if (account === undefined) return refuse('AccountNotFound', accountMissing(named))
  const { gcp } = account.spec
  if (gcp === undefined) {
    return refuse(
      'InvalidSpec',
      `spec.gcs needs a Google Cloud account, but CloudAccount "${account.metadata.name}" has no spec.gcp. Name another one in spec.account.`,
    )
  }
  if (!GCS_NAME.test(bucket))
    return refuse('InvalidSpec', `spec.gcs.bucket: "${bucket}" is not a bucket name.`)
  if (BREAKING.test(prefix))
    return refuse('InvalidSpec', 'spec.gcs.prefix must not hold quotes, backslashes or line ends.')
  const store = storeOf(gcp.endpoints?.storage ?? GOOGLE)
  const reach: GcpReach = { cloud: 'gcp', store: store === GOOGLE ? 'gcp' : store, projectId: gcp.projectId }
  return found({ ...reach, target: gcsBucketTarget(reach, bucket), bucket, prefix })
}
