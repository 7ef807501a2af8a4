/** What holds for every field of every CRD. How the API server takes them is in test/integration/crds.test.ts. */
import { strict as assert } from 'node:assert'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { parse } from 'yaml'
import { KINDS } from '../../tools/generate-types.ts'

interface Rule {
  readonly rule: string
  readonly message?: string
}

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly format?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly maxLength?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-validations'?: readonly Rule[]
}

interface Field {
  readonly path: string
  readonly schema: Schema
  /** A property has a name of its own; items and map values have not. */
  readonly isProperty: boolean
}

const fieldsBelow = (schema: Schema, path: string): readonly Field[] => [
  ...Object.entries(schema.properties ?? {}).flatMap(([key, value]) =>
    fieldsOf(value, `${path}.${key}`, true),
  ),
  ...(schema.items ? fieldsOf(schema.items, `${path}[]`, false) : []),
  ...(schema.additionalProperties ? fieldsOf(schema.additionalProperties, `${path}{}`, false) : []),
]

const fieldsOf = (schema: Schema, path: string, isProperty: boolean): readonly Field[] => [
  { path, schema, isProperty },
  ...fieldsBelow(schema, path),
]

const readCrd = async (file: string) => {
  const text = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8')
  const crd = parse(text) as {
    spec: { versions: { schema: { openAPIV3Schema: Schema }; subresources?: object }[] }
  }
  const [version] = crd.spec.versions
  assert.ok(version)
  return { version, fields: fieldsOf(version.schema.openAPIV3Schema, '', true) }
}

/** Kubernetes describes and bounds metadata itself, and apiVersion and kind by their values. */
const OWN = /^\.(spec|status)\b/

const PROSE = /^[A-Z`"\d].*[.…:`)/]$/s

const unbounded = ({
  type,
  format,
  enum: values,
  maxLength,
  maxItems,
  ...schema
}: Schema): string | false => {
  if (type === 'array') return maxItems === undefined && 'maxItems'
  if (type === 'string') return !format && !values && maxLength === undefined && 'maxLength'
  if (schema.additionalProperties) return schema.maxProperties === undefined && 'maxProperties'
  return false
}

for (const { crd: file } of KINDS) {
  test(`${file} describes every field`, async () => {
    const { fields } = await readCrd(file)
    const bare = fields.filter(
      ({ path, schema, isProperty }) =>
        isProperty && path !== '.metadata' && !PROSE.test(schema.description ?? ''),
    )
    assert.deepEqual(
      bare.map(({ path }) => path),
      [],
      'a field needs a description that begins with a capital and ends with a full stop',
    )
  })

  test(`${file} says of every optional field in spec what its absence means`, async () => {
    const { version } = await readCrd(file)
    assert.deepEqual(
      optionalWithoutAbsence(version.schema.openAPIV3Schema.properties?.spec ?? {}, '.spec'),
      [],
    )
  })

  test(`${file} has no default in spec, which would make GitOps tools show a difference for ever`, async () => {
    const { fields } = await readCrd(file)
    assert.deepEqual(
      fields.filter(({ schema }) => 'default' in schema).map(({ path, schema }) => [path, schema.default]),
      [['.status', { observedGeneration: -1 }]],
    )
  })

  test(`${file} bounds every text, list and map, and says how each list merges`, async () => {
    const { fields } = await readCrd(file)
    const own = fields.filter(({ path }) => OWN.test(path))
    assert.deepEqual(
      own.filter(({ schema }) => unbounded(schema)).map(({ path, schema }) => `${path} ${unbounded(schema)}`),
      [],
    )
    const unmerged = own.filter(({ schema }) => schema.type === 'array' && !schema['x-kubernetes-list-type'])
    assert.deepEqual(
      unmerged.map(({ path }) => path),
      [],
    )
  })

  test(`${file} explains every rule`, async () => {
    const { fields } = await readCrd(file)
    for (const { path, schema } of fields) {
      for (const { rule, message } of schema['x-kubernetes-validations'] ?? []) {
        assert.ok(message && message.length > 30, `${path}: ${rule} needs a message with reason and remedy`)
      }
    }
  })

  test(`${file} writes the values of its enums in CamelCase, but for names that others chose`, async () => {
    const { fields } = await readCrd(file)
    const others = /\.(partition|partitions\[\]|allowedMethods\[\]|preflight\.method)$/
    for (const { path, schema } of fields) {
      if (others.test(path)) continue
      for (const value of schema.enum ?? []) assert.match(value, /^[A-Z][A-Za-z0-9]*$/, path)
    }
  })

  test(`${file} keeps status apart from spec`, async () => {
    const { version } = await readCrd(file)
    assert.deepEqual(version.subresources, { status: {} })
  })
}

/** Words by which a description says what happens when the field is left out. */
const ABSENCE = /\bAbsent\b|[Ee]xactly one of|\bwith either\b/

function optionalWithoutAbsence(schema: Schema & { required?: readonly string[] }, path: string): string[] {
  const children = Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const silent = !schema.required?.includes(key) && !ABSENCE.test(child.description ?? '')
    return [...(silent ? [`${path}.${key}`] : []), ...optionalWithoutAbsence(child, `${path}.${key}`)]
  })
  return [...children, ...(schema.items ? optionalWithoutAbsence(schema.items, `${path}[]`) : [])]
}
