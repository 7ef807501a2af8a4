import type { GetBucketCorsOutput$ } from '@aws-sdk/client-s3'
import type { XmlElement } from './xml-element.ts'

/** A structure of the SDK's model, as the client exports it: GetBucketCorsOutput$. */
export type XmlSchema = typeof GetBucketCorsOutput$

/**
 * What in the element the SDK's model would not take over, in words, sorted and without doubles: unknown elements,
 * attributes, and elements given twice where the model has room for one. Follows the SDK's own reader
 * (@aws-sdk/core XmlShapeDeserializer): `xmlName`, and `xmlFlattened` for lists without an element around them.
 */
export function strangeParts(root: XmlElement, schema: XmlSchema): string[] {
  return [...new Set(strangeIn(root, memberOf(schema), root.name))].sort()
}

/** https://smithy.io/2.0/spec/protocol-traits.html#xml-bindings, the traits that name elements. */
interface Traits {
  readonly xmlName?: string
  readonly xmlFlattened?: number
  readonly httpHeader?: string
}

/** One shape of the SDK's static schemas (@smithy/types static-schemas.d.ts), made plain. */
type Shape =
  | { readonly kind: 'structure'; readonly members: ReadonlyMap<string, Member> }
  | { readonly kind: 'list'; readonly of: unknown }
  | { readonly kind: 'text' }

interface Member {
  readonly schema: unknown
  readonly traits: Traits
}

function* strangeIn(element: XmlElement, { schema, traits }: Member, path: string): Iterable<string> {
  for (const name of element.attributes) yield `attribute ${name} of element ${path}`
  const shape = shapeOf(schema)
  const inner = shape.kind === 'list' && traits.xmlFlattened !== undefined ? memberOf(shape.of) : undefined
  if (inner !== undefined) return yield* strangeIn(element, inner, path)
  const members = membersOf(shape)
  for (const [name, children] of Map.groupBy(element.children, (child) => child.name)) {
    const member = members.get(name)
    const below = `${path}/${name}`
    if (member === undefined) yield `element ${below}`
    else if (children.length > 1 && shape.kind !== 'list' && !isRepeated(member))
      yield `element ${below} twice`
    else for (const child of children) yield* strangeIn(child, member, below)
  }
}

function membersOf(shape: Shape): ReadonlyMap<string, Member> {
  if (shape.kind === 'structure') return shape.members
  if (shape.kind === 'text') return new Map()
  const member = memberOf(shape.of)
  return new Map([[member.traits.xmlName ?? 'member', member]])
}

function isRepeated({ schema, traits }: Member): boolean {
  return traits.xmlFlattened !== undefined && shapeOf(schema).kind === 'list'
}

/** A reference is a schema, a function that gives one, a number for a simple one, or a pair of these and traits. */
function memberOf(reference: unknown): Member {
  if (!Array.isArray(reference) || reference.length !== 2) return { schema: reference, traits: {} }
  const [schema, traits] = reference
  return { schema, traits: typeof traits === 'object' ? traits : {} }
}

/** Numbers: 1 list, 2 map, 3 structure, 4 union, 64 and up: list of a simple type, 128 and up: map of one. */
function shapeOf(reference: unknown): Shape {
  const schema: unknown = typeof reference === 'function' ? reference() : reference
  if (typeof schema === 'number')
    return schema >= 64 && schema < 128 ? { kind: 'list', of: schema - 64 } : { kind: 'text' }
  if (!Array.isArray(schema)) return { kind: 'text' }
  const [id, , , , first, second] = schema
  if (id === 1) return { kind: 'list', of: first }
  if (id === 3 || id === 4) return { kind: 'structure', members: structureMembers(first, second) }
  return { kind: 'text' }
}

/** Members that travel in the answer's headers are no elements. */
function structureMembers(
  names: readonly string[],
  references: readonly unknown[],
): ReadonlyMap<string, Member> {
  const members = names.map((name, index) => [name, memberOf(references[index])] as const)
  const elements = members.filter(([, { traits }]) => traits.httpHeader === undefined)
  return new Map(elements.map(([name, member]) => [member.traits.xmlName ?? name, member]))
}
