/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
/** Random specs of the three kinds, made from the schemas in crds/: legal in most of their fields, hostile in some. */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parse } from 'yaml'
import { type CrdKind, type CrdSchema, crdSchema } from './crd-schema.ts'

/** Texts with which people break programs that take texts for harmless. */
export const HOSTILE: readonly string[] = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '..',
  '../../etc/passwd',
  '%2e%2e%2f',
  '*',
  '${bucket}',
  '${parameters.alpha}',
  '${parameters.constructor}',
  '${__proto__}',
  '${',
  '$&$1',
  '"}],"Principal":"*"',
  "' || true || '",
  'a\nb\r\n\u2028c\u0000',
  '\u202Egnp.exe',
  'zero\u200Bwidth\uFEFF',
  'e\u0301',
  '\u00E9',
  '\uD800',
  'ｂｕｃｋｅｔ',
  'раw/',
  '😀'.repeat(20),
  'arn:aws:s3:::*',
  'a'.repeat(600),
  ' ',
]

/** What recipes are made of, so that random ones are about something. */
const TEMPLATES: readonly string[] = [
  'arn:${partition}:s3:::${bucket}',
  'arn:${partition}:s3:::${bucket}/${prefix}*',
  'arn:${partition}:s3:::${bucket}/${prefix}in/*',
  'arn:${partition}:iam::111111111111:user/vendor',
  '${parameters.alpha}',
  '${parameters.beta} and ${bucket}',
  '${role.arn}',
  '${prefix}temp/',
  'https://*.vendor.example',
  'serviceAccount:${parameters.alpha}',
  'serviceAccount:vendor@vendor.iam.gserviceaccount.com',
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
  'kms:Decrypt',
  's3:GetObject',
  's3:List*',
  'sts:ExternalId',
  'StringEquals',
  'roles/storage.objectViewer',
  'storage.objects.get',
  '123456789012',
]

const PARAMETERS = ['alpha', 'beta', 'constructor'] as const
/** Of the catalogue's recipes. */
const SHIPPED = ['externalId', 'serviceAccount', 'kmsKeyArn', 'roleName', 'temporaryFiles'] as const
/** All of the CRD's form; the last two are no addresses. */
const ADDRESSES = [
  ...['http://127.0.0.1:4566', 'https://store.example/base', 'https://STORE.example:443/', 'http://[::1]:80'],
  ...['http://10.0.0.256', 'https://store:99999'],
] as const
const LEVELS = ['Read', 'Write'] as const

const vendors = new URL('../../deploy/vendors/', import.meta.url)
const recipes = readdirSync(vendors)
  .filter((name) => /^[a-z0-9-]+\.yaml$/.test(name))
  .map((name): Spec => parse(readFileSync(new URL(name, vendors), 'utf8')).spec)

type Spec = Readonly<Record<string, unknown>>

/** A recipe, random or of the catalogue, that has a part for this kind of storage. */
export function recipeFor(storage?: string): fc.Arbitrary<Spec> {
  const fitting = recipes.filter((spec) => storage === undefined || spec[storage] !== undefined)
  return fc.oneof(specOf('storagevendors', storage), fc.constantFrom(...fitting))
}

/**
 * A spec of a kind.
 *
 * @param field of those that exclude each other, or are optional, the one that is there; absent: any.
 */
export function specOf(kind: CrdKind, field?: string): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const schema = crdSchema(kind, 'spec')
  return objectOf(field === undefined ? schema : only(schema, field), 'spec')
}

function only(schema: CrdSchema, field: string): CrdSchema {
  const others = exclusive(schema).filter((name) => name !== field)
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => !others.includes(name))
  return {
    ...schema,
    properties: Object.fromEntries(properties),
    required: [...(schema.required ?? []), field],
    'x-kubernetes-validations': [],
  }
}

function arbitraryOf(schema: CrdSchema, path: string): fc.Arbitrary<unknown> {
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  switch (schema.type) {
    case 'string':
      return textOf(schema, path)
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 2_147_483_647 })
    case 'boolean':
      return fc.boolean()
    case 'array':
      return listOf(schema, path)
    default:
      return objectOf(schema, path)
  }
}

/** Names that other parts of a spec speak of come from few, so that they fit each other often. */
function textOf(schema: CrdSchema, path: string): fc.Arbitrary<string> {
  if (/\.(access|access\[\]\.name|access\[\])$/.test(path)) return fc.constantFrom(...LEVELS)
  if (/\.(parameter|parameters\[\]\.name|parametersFrom\[\]\.name)$/.test(path))
    return fc.constantFrom(...PARAMETERS, ...SHIPPED)
  if (/^spec\.(vendor|account)$/.test(path)) return fc.constantFrom('sketch', 'prod')
  if (/^spec\.(s3|gcs)\.prefix$/.test(path))
    return fc.constantFrom(
      'raw/',
      'raw/2026/',
      ...HOSTILE.map((text) => `${[...text].slice(0, 511).join('')}/`),
    )
  if (/\.endpoints?(\.\w+)?$/.test(path))
    return fc.oneof(
      { arbitrary: fc.constantFrom(...ADDRESSES), weight: 1 },
      { arbitrary: fc.constantFrom(...ADDRESSES.slice(0, 4)), weight: 12 },
    )
  if (schema.format === 'date-time')
    return fc.constantFrom('2027-03-01T00:00:00Z', '2020-01-01T00:00:00+01:00')
  if (schema.format === 'date') return fc.constantFrom('2026-11-22', '2020-02-29')
  const { minLength = 0, maxLength = 64 } = schema
  const forms = patternsIn(schema).map((pattern) => fc.stringMatching(pattern))
  const templates = fitting(TEMPLATES, schema)
  return fc
    .oneof(
      ...forms.map((arbitrary) => ({ arbitrary, weight: 10 })),
      ...(templates.length === 0 ? [] : [{ arbitrary: fc.constantFrom(...templates), weight: 6 }]),
      ...(forms.length === 0
        ? [{ arbitrary: fc.string({ minLength, maxLength: Math.min(maxLength, 40) }), weight: 3 }]
        : []),
      { arbitrary: fc.constantFrom(...HOSTILE), weight: 1 },
    )
    .map((text) => [...text].slice(0, maxLength).join(''))
}

/** The forms that the text must have, where they are cheap to make texts for. */
function patternsIn(schema: CrdSchema): RegExp[] {
  const rules = (schema['x-kubernetes-validations'] ?? []).map(({ rule }) => rule)
  const positive = rules.flatMap(
    (rule) => /^(?:self\.size\(\) >= \d+ && )?self\.matches\('([^']+)'\)/.exec(rule)?.[1] ?? [],
  )
  const forms = [...positive, ...(schema.pattern === undefined ? [] : [schema.pattern])]
  return forms.flatMap((form) => asRegExp(form.replaceAll('[:space:]', '\\s').replaceAll(/\\([:=])/g, '$1')))
}

function asRegExp(form: string): RegExp[] {
  try {
    const regExp = new RegExp(form)
    fc.stringMatching(regExp)
    return [regExp]
  } catch {
    return []
  }
}

function fitting(texts: readonly string[], schema: CrdSchema): string[] {
  const patterns = patternsIn(schema)
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema
  return texts.filter(
    (text) =>
      text.length >= minLength && text.length <= maxLength && patterns.every((pattern) => pattern.test(text)),
  )
}

function listOf(schema: CrdSchema, path: string): fc.Arbitrary<readonly unknown[]> {
  const { minItems = 0, maxItems = 4, items = {} } = schema
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const selector = (item: unknown): string =>
    JSON.stringify(keys.length === 0 ? item : keys.map((key) => (item as Record<string, unknown>)[key]))
  const bounds = { minLength: minItems, maxLength: Math.max(minItems, Math.min(maxItems, 3)) }
  const item = arbitraryOf(items, `${path}[]`)
  if (path === 'spec.access')
    return fc.tuple(
      ...LEVELS.map((name) => fc.record({ name: fc.constant(name), description: fc.constant('reads') })),
    )
  return schema['x-kubernetes-list-type'] === 'atomic'
    ? fc.array(item, bounds)
    : fc.uniqueArray(item, { ...bounds, selector })
}

function objectOf(schema: CrdSchema, path: string): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  if (schema.additionalProperties !== undefined) {
    const names = fc.oneof(
      { arbitrary: fc.constantFrom(...PARAMETERS, ...SHIPPED), weight: 8 },
      fc.constantFrom(...HOSTILE),
    )
    return fc.dictionary(names, arbitraryOf(schema.additionalProperties, `${path}{}`), { maxKeys: 3 })
  }
  const { properties = {}, required = [] } = schema
  const one = exclusive(schema)
  const others = Object.entries(properties).filter(([name]) => !one.includes(name))
  const members = Object.fromEntries(
    others.map(([name, inner]) => [name, arbitraryOf(inner, `${path}.${name}`)]),
  )
  const rest = fc.record(members, { requiredKeys: required.filter((name) => name in members) })
  if (schema.maxProperties === 1)
    return fc.oneof(
      ...Object.entries(members).map(([name, value]) => value.map((inner) => ({ [name]: inner }))),
    )
  if (one.length === 0) return rest
  const chosen = fc.oneof(
    ...one.map((name) =>
      arbitraryOf(properties[name] ?? {}, `${path}.${name}`).map((value) => ({ [name]: value })),
    ),
  )
  return fc.tuple(rest, chosen).map(([some, single]) => ({ ...some, ...single }))
}

/** Fields of which exactly one must be there. */
function exclusive(schema: CrdSchema): string[] {
  const rules = (schema['x-kubernetes-validations'] ?? []).map(({ rule }) => rule)
  const sum = rules.find((rule) => /^(\(has\(self\.\w+\) \? 1 : 0\)( \+ )?)+ == 1$/.test(rule)) ?? ''
  const either = rules.flatMap(
    (rule) => /^has\(self\.(\w+)\) != has\(self\.(\w+)\)$/.exec(rule)?.slice(1) ?? [],
  )
  return [...[...sum.matchAll(/has\(self\.(\w+)\)/g)].flatMap(([, name]) => name ?? []), ...either]
}
