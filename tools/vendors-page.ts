/** docs/vendors.md: the catalogue as it is shipped, and how to write a vendor of one's own. */
import type { StorageVendor, VendorParameter, VendorSource } from '../src/api/generated/storage-vendor.ts'
import type { Schema } from './generate-types.ts'
import { code, codes, page, prose, table } from './markdown.ts'
import { CLOUDS, cloudParts, listPart } from './vendor-cloud-part.ts'

export interface VendorsPage {
  readonly vendors: readonly StorageVendor[]
  /** Of the CRD of StorageVendor. */
  readonly schema: Schema
  /** Markdown by hand, with a line `<!-- fields of spec.x -->` where the fields of a place in the CRD go. */
  readonly writingYourOwn: string
}

/** @throws Error when the text asks for fields of a place that the CRD does not have. */
export function vendorsPage({ vendors, schema, writingYourOwn }: VendorsPage): string {
  return page(
    'Vendors',
    'deploy/vendors/, crds/mooring.dev_storagevendors.yaml and tools/writing-a-vendor.md',
    [
      'A StorageVendor is a vendor’s set-up page as data. These are shipped in [deploy/vendors/](../deploy/vendors/) and installed by',
      '`kubectl apply -f deploy/vendors/`. Their facts were read in public copies of the vendors’ pages on the day named, and nothing was',
      'tried with the vendors themselves: read the notes before you rely on one. [Writing your own](#writing-your-own) takes one file.',
      '',
      ...table(
        ['Vendor', 'What it may do', 'Clouds', 'Parameters', 'Checked on', 'Notes'],
        vendors.map(overviewRow),
      ),
      ...vendors.flatMap((vendor) => ['', ...section(vendor)]),
      '',
      withFields(writingYourOwn.trim(), schema),
    ],
  )
}

function overviewRow({ metadata, spec }: StorageVendor): string[] {
  const clouds = (Object.keys(CLOUDS) as (keyof typeof CLOUDS)[]).filter((cloud) => spec[cloud] !== undefined)
  const notes = spec.documentation.notes?.length ?? 0
  return [
    `[${spec.displayName}](#${anchorOf(spec.displayName)}), ${code(metadata.name)}`,
    spec.access.map(({ name, description }) => `${code(name)}: ${prose(description)}`).join('<br>'),
    clouds.map((cloud) => CLOUDS[cloud]).join(', '),
    (spec.parameters ?? [])
      .map(({ name, required }) => `${code(name)}${required ? '' : ' (optional)'}`)
      .join(', '),
    spec.documentation.checkedOn,
    notes === 0 ? '' : `${notes}, below`,
  ]
}

function section({ metadata, spec }: StorageVendor): string[] {
  const { documentation, parameters = [] } = spec
  return [
    `## ${spec.displayName}`,
    '',
    `${code(`vendor: ${metadata.name}`)}, revision ${spec.revision}. Its page, compared on ${documentation.checkedOn}: <${documentation.url}>.`,
    ...parameterPart(parameters),
    ...cloudParts(spec),
    ...listPart('What is not verified', documentation.notes),
    ...listPart(
      'Further sources',
      (documentation.sources ?? []).map((source) => sourceOf(source, documentation.checkedOn)),
      (text) => text,
    ),
  ]
}

const SOURCES: Readonly<Record<VendorParameter['source'], string>> = {
  VendorGiven: 'the vendor shows it',
  CustomerGiven: 'you choose or know it',
  Generated: 'you choose it, or it is generated',
}

function parameterPart(parameters: readonly VendorParameter[]): string[] {
  if (parameters.length === 0) return ['', 'It has no parameters.']
  const rows = parameters.map((p) => [
    code(p.name),
    p.label === undefined ? '' : prose(p.label),
    SOURCES[p.source] + (p.deferred === true ? ', only afterwards' : ''),
    p.required && p.source !== 'Generated' ? 'yes' : 'no',
    acceptedBy(p),
    prose(p.description),
  ])
  return [
    '',
    '**Parameters**',
    '',
    ...table(
      ['Name', 'On the vendor’s page', 'Who chooses', 'Must be given', 'Accepted', 'What it is'],
      rows,
    ),
  ]
}

function acceptedBy({ allowedValues, patternMessage, minLength, maxLength }: VendorParameter): string {
  const lengths = [minLength, maxLength].every((length) => length === undefined)
    ? []
    : [`${minLength ?? 1} to ${maxLength ?? 2048} characters`]
  return [
    ...(allowedValues === undefined ? [] : [codes(allowedValues)]),
    ...(patternMessage === undefined ? [] : [prose(patternMessage)]),
    ...lengths,
  ].join('; ')
}

const EVIDENCE = {
  Official: 'official',
  OfficialCopy: 'official wording, address not confirmed',
  ThirdParty: 'third parties who agree with each other',
} as const

function sourceOf({ url, covers, evidence = 'Official', checkedOn }: VendorSource, day: string): string {
  return `<${url}>: ${prose(covers)} (${EVIDENCE[evidence]}; ${checkedOn ?? day})`
}

/** As GitHub makes anchors of headings. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-')
}

/** Puts tables of the CRD's fields where the text asks for them. */
function withFields(text: string, schema: Schema): string {
  return text.replace(/^<!-- fields of (\S+) -->$/gm, (_, path: string) =>
    fieldTable(schema, path).join('\n'),
  )
}

function fieldTable(schema: Schema, path: string): string[] {
  const place = path
    .split('.')
    .reduce<Schema | undefined>((at, key) => (at?.items ?? at)?.properties?.[key], schema)
  const { properties, required = [] } = place?.items ?? place ?? {}
  if (properties === undefined)
    throw new Error(`tools/writing-a-vendor.md: the CRD has no ${path} with fields`)
  const rows = Object.entries(properties).map(([name, { description = '' }]) => [
    code(name),
    required.includes(name) ? 'yes' : '',
    prose(description),
  ])
  return table(['Field', 'Required', 'What it is'], rows)
}
