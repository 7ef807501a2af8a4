/** The schemas in crds/ as data, and what they say of a value: what the API server would refuse in a spec or status. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** The parts of a structural schema that our CRDs use. https://kubernetes.io/docs/reference/kubernetes-api/extend-resources/custom-resource-definition-v1/ */
export interface CrdSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean'
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, CrdSchema>>
  readonly additionalProperties?: CrdSchema
  readonly items?: CrdSchema
  readonly 'x-kubernetes-list-type'?: 'map' | 'set' | 'atomic'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string }[]
}

export type CrdKind = 'storageintegrations' | 'storagevendors' | 'cloudaccounts'

/** The schema of `spec` or `status` of a kind. */
export function crdSchema(kind: CrdKind, part: 'spec' | 'status'): CrdSchema {
  const text = readFileSync(new URL(`../../crds/mooring.dev_${kind}.yaml`, import.meta.url), 'utf8')
  const { spec } = parse(text) as {
    spec: { versions: { schema: { openAPIV3Schema: { properties: Record<string, CrdSchema> } } }[] }
  }
  const schema = spec.versions[0]?.schema.openAPIV3Schema.properties[part]
  if (schema === undefined) throw new Error(`crds/ has no ${part} of ${kind}`)
  return schema
}

/** Why the API server would refuse the value, each with its field; CEL rules are left out. */
export function faultsOf(schema: CrdSchema, value: unknown, path: string): string[] {
  if (schema.enum !== undefined && !schema.enum.includes(String(value)))
    return [`${path}: ${String(value)} is none of ${schema.enum.join()}`]
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' ? textFaults(schema, value, path) : [`${path}: no text`]
    case 'integer':
      return Number.isSafeInteger(value) ? rangeFaults(schema, Number(value), path) : [`${path}: no integer`]
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${path}: no boolean`]
    case 'array':
      return Array.isArray(value) ? listFaults(schema, value, path) : [`${path}: no list`]
    default:
      return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? objectFaults(schema, value as Readonly<Record<string, unknown>>, path)
        : [`${path}: no object`]
  }
}

/** Lengths are counted in code points, as Go counts runes. */
function textFaults(schema: CrdSchema, value: string, path: string): string[] {
  const { length } = [...value]
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern, format } = schema
  return [
    ...(length < minLength || length > maxLength
      ? [`${path}: ${length} characters, not ${minLength} to ${maxLength}`]
      : []),
    ...(pattern !== undefined && !new RegExp(pattern, 'u').test(value)
      ? [`${path}: not of the form ${pattern}`]
      : []),
    ...(format === 'date-time' && Number.isNaN(Date.parse(value)) ? [`${path}: no time`] : []),
  ]
}

function rangeFaults(
  { minimum = -Infinity, maximum = Infinity }: CrdSchema,
  value: number,
  path: string,
): string[] {
  return value < minimum || value > maximum
    ? [`${path}: ${value} is not between ${minimum} and ${maximum}`]
    : []
}

function listFaults(schema: CrdSchema, list: readonly unknown[], path: string): string[] {
  const { minItems = 0, maxItems = Infinity, items = {} } = schema
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const identities = list.map((item) =>
    JSON.stringify(keys.length === 0 ? item : keys.map((key) => (item as Record<string, unknown>)[key])),
  )
  const isUnique = schema['x-kubernetes-list-type'] === 'map' || schema['x-kubernetes-list-type'] === 'set'
  return [
    ...(list.length < minItems || list.length > maxItems
      ? [`${path}: ${list.length} items, not ${minItems} to ${maxItems}`]
      : []),
    ...(isUnique && new Set(identities).size < list.length ? [`${path}: an item twice`] : []),
    ...list.flatMap((item, n) => faultsOf(items, item, `${path}[${n}]`)),
  ]
}

function objectFaults(schema: CrdSchema, value: Readonly<Record<string, unknown>>, path: string): string[] {
  const { required = [], properties, additionalProperties, maxProperties = Infinity } = schema
  const given = Object.entries(value).filter(([, inner]) => inner !== undefined)
  const missing = required.filter((name) => !given.some(([key]) => key === name))
  return [
    ...missing.map((name) => `${path}.${name}: missing`),
    ...(given.length > maxProperties ? [`${path}: ${given.length} fields`] : []),
    ...given.flatMap(([key, inner]) => {
      const below = properties?.[key] ?? additionalProperties
      if (below !== undefined) return faultsOf(below, inner, `${path}.${key}`)
      return properties === undefined ? [] : [`${path}.${key}: not in the schema, and dropped`]
    }),
  ]
}
