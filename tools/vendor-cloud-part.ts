/** What docs/vendors.md says of one vendor on one cloud. */
import type {
  StorageVendorSpec,
  VendorGcs,
  VendorOutput,
  VendorS3,
  VendorVerification,
} from '../src/api/generated/storage-vendor.ts'
import { code, prose, table } from './markdown.ts'
import { gcsGrantRows } from './vendor-gcs-grants.ts'
import { GRANT_HEAD, type GrantRow, grantRows } from './vendor-grants.ts'

/** The clouds that a recipe may speak of, by field of its spec, with their names for people. */
export const CLOUDS = {
  s3: 'Amazon S3',
  gcs: 'Google Cloud Storage',
  azureBlob: 'Azure Blob Storage',
} as const

type Recipe = VendorS3 | VendorGcs

/** A part of the page for each cloud, under a heading of its own where there are several. */
export function cloudParts({ displayName, s3, gcs }: StorageVendorSpec): string[] {
  const parts = [
    ...(s3 === undefined ? [] : [{ field: 's3', recipe: s3, rows: grantRows(s3) } as const]),
    ...(gcs === undefined ? [] : [{ field: 'gcs', recipe: gcs, rows: gcsGrantRows(gcs) } as const]),
  ]
  return parts.flatMap(({ field, recipe, rows }) => [
    ...(parts.length === 1 ? [] : ['', `### ${displayName} on ${CLOUDS[field]}`]),
    ...cloudPart(field, recipe, rows),
  ])
}

function cloudPart(field: 's3' | 'gcs', recipe: Recipe, rows: readonly GrantRow[]): string[] {
  return [
    ...['', '**What is granted**', ''],
    ...table(GRANT_HEAD, rows),
    ...requirementPart(field, recipe),
    ...afterwardsPart(recipe),
  ]
}

function requirementPart(field: 's3' | 'gcs', { requirements = {} }: Recipe): string[] {
  const { bucketNameMessage, prefix, retention, sourceAddresses, manual } = requirements
  const checked = [
    bucketNameMessage === undefined ? undefined : `${bucketNameMessage}.`,
    prefix === 'Required' ? `A prefix (spec.${field}.prefix) must be given.` : undefined,
    prefix === 'Unsupported' ? `A prefix (spec.${field}.prefix) cannot be given.` : undefined,
    ...bucketPart(requirements),
    retention === undefined ? undefined : 'No object lock or retention may be set.',
    sourceAddresses === undefined ? undefined : `A firewall must let through ${sourceAddresses.join(', ')}.`,
  ].filter((sentence) => sentence !== undefined)
  return listPart('What must be true beforehand', [...checked, ...(manual ?? [])])
}

/** What only buckets of S3 are asked for. */
function bucketPart(requirements: NonNullable<VendorS3['requirements']>): (string | undefined)[] {
  const { regions, excludedRegions, versioning } = requirements
  return [
    regions === undefined ? undefined : `The bucket must be in ${regions.join(', ')}.`,
    excludedRegions === undefined ? undefined : `The bucket must not be in ${excludedRegions.join(', ')}.`,
    versioning === undefined ? undefined : `Versioning must be ${versioning}.`,
  ]
}

function afterwardsPart({ outputs = [], nextStep, verification }: Recipe): string[] {
  return [
    ...(outputs.length === 0
      ? []
      : ['', '**What the vendor is told** (`status.outputs`)', '', ...outputTable(outputs)]),
    ...(nextStep === undefined ? [] : ['', `**Next step** (\`status.nextStep\`): ${prose(nextStep)}`]),
    ...(verification === undefined ? [] : ['', `**The vendor’s own test**: ${testOf(verification)}`]),
  ]
}

function outputTable(outputs: readonly VendorOutput[]): string[] {
  return table(
    ['Key', 'In the vendor’s form', 'Value'],
    outputs.map(({ name, label, value }) => [code(name), prose(label), code(value)]),
  )
}

function testOf({ description, method, writesTestFile, withinMinutes }: VendorVerification): string {
  return [
    prose(description ?? (method === 'None' ? 'none is known.' : `by its ${method}.`)),
    ...(withinMinutes === undefined ? [] : [`It may take ${withinMinutes} minutes.`]),
    ...(writesTestFile === true ? ['It writes a test file.'] : []),
  ].join(' ')
}

/** A list under a title; nothing for no texts. */
export function listPart(
  title: string,
  texts: readonly string[] | undefined,
  format: (text: string) => string = prose,
): string[] {
  if (texts === undefined || texts.length === 0) return []
  return ['', `**${title}**`, '', ...texts.map((text) => `- ${format(text)}`)]
}
