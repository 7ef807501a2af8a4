/** What docs/vendors.md says of one vendor on one cloud. */
import type {
  StorageVendorSpec,
  VendorAzureBlob,
  VendorGcs,
  VendorOutput,
  VendorS3,
  VendorVerification,
} from '../src/api/generated/storage-vendor.ts'
import { code, prose, table } from './markdown.ts'
import { azureGrantRows } from './vendor-azure-grants.ts'
import { gcsGrantRows } from './vendor-gcs-grants.ts'
import { GRANT_HEAD, grantRows } from './vendor-grants.ts'
import { requirementSentences } from './vendor-requirements.ts'

/** The clouds that a recipe may speak of, by field of its spec, with their names for people. */
export const CLOUDS = {
  s3: 'Amazon S3',
  gcs: 'Google Cloud Storage',
  azureBlob: 'Azure Blob Storage',
} as const

type Recipe = VendorS3 | VendorGcs | VendorAzureBlob

/** A part of the page for each cloud, under a heading of its own where there are several. */
export function cloudParts(spec: StorageVendorSpec): string[] {
  const { displayName, s3, gcs, azureBlob } = spec
  const parts = [
    ...(s3 === undefined ? [] : [{ field: 's3', recipe: s3, rows: grantRows(s3) } as const]),
    ...(gcs === undefined ? [] : [{ field: 'gcs', recipe: gcs, rows: gcsGrantRows(gcs) } as const]),
    ...(azureBlob === undefined
      ? []
      : [{ field: 'azureBlob', recipe: azureBlob, rows: azureGrantRows(azureBlob) } as const]),
  ]
  return parts.flatMap(({ field, recipe, rows }) => [
    ...(parts.length === 1 ? [] : ['', `### ${displayName} on ${CLOUDS[field]}`]),
    ...['', '**What is granted**', ''],
    ...table(GRANT_HEAD, rows),
    ...listPart('What must be true beforehand', requirementSentences[field](spec)),
    ...afterwardsPart(recipe),
  ])
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
