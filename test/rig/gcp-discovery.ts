/**
 * Google's discovery documents (https://developers.google.com/discovery/v1/reference/apis) as the judge of what our
 * client asks and of what the façade answers: methods, paths, query parameters, and the names and kinds of properties.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { discoveryDocuments } from './gcp-python.ts'

/** A request that Google knows. */
export interface Operation {
  /** As `storage.buckets.patch`. */
  readonly id: string
  /** The variables of the path, decoded: `bucket`, `object`, `name`, `projectsId` … */
  readonly parameters: Readonly<Record<string, string>>
  /** A token needs one of these. */
  readonly scopes: readonly string[]
  /** True for an upload, whose body is no JSON of the described kind. */
  readonly isUpload: boolean
}

export interface Discovery {
  /** What is asked, or undefined when no document knows it. */
  find(method: string, path: string): Operation | undefined
  /** What is wrong with a request, in words. */
  faultsOfRequest(id: string, query: URLSearchParams, body: unknown): string[]
  /** What is wrong with an answer, in words. */
  faultsOfAnswer(id: string, body: unknown): string[]
}

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema
  readonly items?: Schema
}

interface Parameter {
  readonly location: 'path' | 'query'
}

interface Method {
  readonly id: string
  readonly httpMethod: string
  readonly path: string
  readonly flatPath?: string
  readonly parameters?: Readonly<Record<string, Parameter>>
  readonly request?: { readonly $ref: string }
  readonly response?: { readonly $ref: string }
  readonly scopes?: readonly string[]
  readonly mediaUpload?: { readonly protocols: { readonly simple: { readonly path: string } } }
}

interface Resource {
  readonly methods?: Readonly<Record<string, Method>>
  readonly resources?: Readonly<Record<string, Resource>>
}

interface Document extends Resource {
  readonly servicePath: string
  readonly parameters: Readonly<Record<string, Parameter>>
  readonly schemas: Readonly<Record<string, Schema>>
}

interface Known {
  readonly method: Method
  readonly document: Document
  readonly httpMethods: readonly string[]
  readonly pattern: RegExp
  readonly names: readonly string[]
  readonly isUpload: boolean
}

const names = ['storage.v1', 'iam.v1', 'iamcredentials.v1']

/** Reads the documents; the first time they are fetched. */
export async function loadDiscovery(): Promise<Discovery> {
  const folder = await discoveryDocuments()
  const documents = await Promise.all(
    names.map(async (name): Promise<Document> => {
      return JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8'))
    }),
  )
  const known = documents.flatMap((document) =>
    methodsOf(document).flatMap((method) => waysToAsk(document, method)),
  )
  const byId = new Map(known.map((one) => [one.method.id, one]))
  return {
    find: (method, path) => find(known, method, path),
    faultsOfRequest: (id, query, body) => faultsOfRequest(byId.get(id), query, body),
    faultsOfAnswer(id, body) {
      const { document, method } = byId.get(id) ?? {}
      return document ? faultsOf(document, method?.response, body, 'answer') : []
    },
  }
}

function methodsOf(resource: Resource): Method[] {
  const inner = Object.values(resource.resources ?? {}).flatMap(methodsOf)
  return [...Object.values(resource.methods ?? {}), ...inner]
}

/** Objects are uploaded under a path of their own; the parts of a resumable upload come with PUT. */
function waysToAsk(document: Document, method: Method): Known[] {
  const plain = known(document, method, `/${document.servicePath}${method.flatPath ?? method.path}`, false)
  const upload = method.mediaUpload?.protocols.simple.path
  return upload ? [plain, known(document, method, upload, true)] : [plain]
}

function known(document: Document, method: Method, path: string, isUpload: boolean): Known {
  const source = path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\+?\w+\}/g, '([^/:]+)')
  return {
    document,
    method,
    isUpload,
    httpMethods: isUpload ? [method.httpMethod, 'PUT'] : [method.httpMethod],
    pattern: new RegExp(`^${source}$`),
    names: [...path.matchAll(/\{\+?(\w+)\}/g)].map(([, name = '']) => name),
  }
}

function find(all: readonly Known[], httpMethod: string, path: string): Operation | undefined {
  for (const { method, httpMethods, pattern, names, isUpload } of all) {
    const match = httpMethods.includes(httpMethod) ? pattern.exec(path) : null
    if (!match) continue
    const values = names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')])
    return { id: method.id, parameters: Object.fromEntries(values), scopes: method.scopes ?? [], isUpload }
  }
  return undefined
}

function faultsOfRequest(one: Known | undefined, query: URLSearchParams, body: unknown): string[] {
  if (!one) return []
  const { document, method } = one
  const allowed = new Set(['upload_id', 'upload_protocol', ...Object.keys(document.parameters)])
  for (const [name, { location }] of Object.entries(method.parameters ?? {}))
    if (location === 'query') allowed.add(name)
  const unknown = [...query.keys()].filter((name) => !allowed.has(name))
  const bodyFaults = body === undefined ? [] : faultsOf(document, method.request, body, 'body')
  return [...unknown.map((name) => `there is no query parameter ${name}`), ...bodyFaults]
}

/** A null stands for "remove it" in a PATCH, so it has every kind. */
function faultsOf(document: Document, schema: Schema | undefined, value: unknown, at: string): string[] {
  if (!schema || value === undefined || value === null) return []
  if (schema.$ref) return faultsOf(document, document.schemas[schema.$ref], value, at)
  if (kindOf(schema) !== 'any' && !isOfKind(kindOf(schema), schema, value))
    return [`${at} is no ${kindOf(schema)}`]
  if (schema.enum && !schema.enum.includes(String(value))) return [`${at} cannot be ${String(value)}`]
  if (Array.isArray(value))
    return value.flatMap((item, index) => faultsOf(document, schema.items, item, `${at}[${index}]`))
  if (typeof value === 'object' && kindOf(schema) === 'object')
    return faultsInside(document, schema, value, at)
  return []
}

function faultsInside(document: Document, schema: Schema, value: object, at: string): string[] {
  return Object.entries(value).flatMap(([name, inner]) => {
    const property = schema.properties?.[name] ?? schema.additionalProperties
    return property ? faultsOf(document, property, inner, `${at}.${name}`) : [`there is no ${at}.${name}`]
  })
}

const kindOf = (schema: Schema) => schema.type ?? (schema.properties ? 'object' : 'any')

/** Numbers of 64 bits travel as text, and Google takes a number for them, too. */
function isOfKind(kind: string, { format }: Schema, value: unknown): boolean {
  if (kind === 'array') return Array.isArray(value)
  if (kind === 'object') return typeof value === 'object' && !Array.isArray(value)
  if (kind === 'integer') return Number.isInteger(value)
  if (kind === 'string' && (format === 'int64' || format === 'uint64')) return /^-?\d+$/.test(String(value))
  return typeof value === kind
}
