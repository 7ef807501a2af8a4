import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'
import { canonicalStatement } from './statement.ts'

/**
 * The smallest parts of a role that an integration can want. A vendor's page dictates Sids and policy names, and one
 * statement serves many integrations, so a policy is taken apart by resource.
 */
export type RolePart = SettingsPart | TrustPart | PolicyPart | AttachmentPart | StalePart

/** Stands in a wanted trust for the external ID that Mooring makes; no parameter can hold a `*`. */
export const GENERATED = '*generated*'

/** The role itself. */
export interface SettingsPart {
  readonly in: 'Role'
  /** IAM path; fixed when the role is made. */
  readonly path: string
  readonly description: string
  /** Seconds, 3,600 to 43,200. */
  readonly maxSessionDuration: number
  /** ARN of the permissions boundary; absent: whatever the role has. */
  readonly boundary?: string | undefined
}

/** A statement of the trust policy. */
export interface TrustPart {
  readonly in: 'Trust'
  readonly sid: string
  readonly statement: JsonObject
  /** The external ID in it that Mooring made. */
  readonly generated?: string | undefined
}

/** One resource of one statement of a policy; without `resource` the whole statement. */
export interface PolicyPart {
  readonly in: 'InlinePolicy' | 'CustomerPolicy'
  readonly policy: string
  readonly sid: string
  /** The statement without Sid and Resource. */
  readonly statement: JsonObject
  readonly resource?: string | undefined
  /** Of a customer-managed policy, when it is made. */
  readonly description?: string | undefined
}

/** A managed policy that is attached to the role: AWS' own, or one that Mooring made for it. */
export interface AttachmentPart {
  readonly in: 'Attachment'
  readonly arn: string
  /** Name of the customer-managed policy, where Mooring made it for this role; its ARN follows the role's path. */
  readonly customerPolicy?: string | undefined
}

/** What a tag still lists although it is gone: a write was cut off, or somebody took the part away. */
export interface StalePart {
  readonly in: 'Stale'
}

/** A part's name within its role; its digest stands in the owner's tag and mark. */
export function partName(part: RolePart): string {
  switch (part.in) {
    case 'Role':
      return 'role'
    case 'Trust':
      return `trust/${part.sid}`
    case 'Attachment':
      return `attachment/${part.customerPolicy === undefined ? part.arn : `customer/${part.customerPolicy}`}`
    case 'Stale':
      return 'stale'
    default:
      return [
        part.in === 'InlinePolicy' ? 'inline' : 'customer',
        part.policy,
        part.sid,
        part.resource ?? '',
      ].join('/')
  }
}

/** Meanings of statements, once for each object: with dozens of integrations each is compared with all others. */
const meanings = new WeakMap<JsonObject, string>()

/** Canonical text of a statement; of two that mean the same it is the same. Its Sid does not count. */
export function meaningOfStatement(statement: JsonObject): string {
  const known = meanings.get(statement)
  if (known !== undefined) return known
  const meaning = canonicalJson(canonicalStatement(statement))
  meanings.set(statement, meaning)
  return meaning
}

/** The parts without those that say the same once more. */
export function distinct<P extends RolePart>(parts: readonly P[]): P[] {
  const seen = new Set<string>()
  return parts.filter((part) => {
    const body = 'statement' in part ? meaningOfStatement(part.statement) : canonicalJson(part)
    const text = JSON.stringify([partName(part), body])
    const isNew = !seen.has(text)
    seen.add(text)
    return isNew
  })
}

/** Where a statement without a Sid stands in its list; such names are never written. */
const NUMBERED = /^#\d+$/

/** Statements of a policy, each with its Sid; a strange form yields undefined. A Sid that names nothing stays inside. */
function statementsOf(
  policy: JsonObject,
): { readonly sid: string; readonly statement: JsonObject }[] | undefined {
  const list = policy.Statement
  const statements: readonly Json[] = Array.isArray(list) ? list : list === undefined ? [] : [list]
  if (!statements.every(isJsonObject)) return undefined
  return statements.map((statement, index) => {
    const { Sid, ...rest } = statement
    const isName = typeof Sid === 'string' && Sid !== '' && !NUMBERED.test(Sid)
    return isName ? { sid: Sid, statement: rest } : { sid: `#${index}`, statement }
  })
}

/** The trust policy's statements as parts; undefined for what is no policy. */
export function trustParts(policy: JsonObject): TrustPart[] | undefined {
  return statementsOf(policy)?.map((found) => ({ in: 'Trust', ...found }))
}

/** A policy's statements as parts, one for each resource; undefined for what is no policy. */
export function policyParts(
  kind: PolicyPart['in'],
  policy: string,
  text: JsonObject,
): PolicyPart[] | undefined {
  return statementsOf(text)?.flatMap(({ sid, statement }): PolicyPart[] => {
    const { Resource, ...rest } = statement
    const resources = resourcesOf(Resource)
    if (resources === undefined) return [{ in: kind, policy, sid, statement }]
    return resources.map((resource) => ({ in: kind, policy, sid, statement: rest, resource }))
  })
}

/** Undefined where a statement cannot be taken apart by resource: it has none, or of another form than texts. */
function resourcesOf(resource: Json | undefined): string[] | undefined {
  const list: readonly Json[] = Array.isArray(resource) ? resource : resource === undefined ? [] : [resource]
  if (list.length === 0 || !list.every((one) => typeof one === 'string')) return undefined
  return [...new Set(list)]
}

/** Trust statements put together again; those that mean the same once, in the first one's spelling. */
export function trustStatements(parts: readonly TrustPart[]): JsonObject[] {
  const groups = Map.groupBy(parts, ({ sid, statement }) => bodyOf(sid, statement))
  return [...groups.values()].flatMap(([first]) =>
    first === undefined ? [] : [withSid(first.sid, first.statement)],
  )
}

/** A policy's statements put together again: those that mean the same once, with the resources of all in one list. */
export function policyStatements(parts: readonly PolicyPart[]): JsonObject[] {
  const groups = Map.groupBy(
    parts,
    ({ sid, statement, resource }) => `${resource === undefined} ${bodyOf(sid, statement)}`,
  )
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return []
    const resources = [first, ...others].flatMap(({ resource }) => resource ?? [])
    const statement =
      resources.length === 0 ? first.statement : { ...first.statement, Resource: [...new Set(resources)] }
    return [withSid(first.sid, statement)]
  })
}

/** IAM refuses a Sid that a policy has twice, so two spellings of one statement must be one. */
function bodyOf(sid: string, statement: JsonObject): string {
  return JSON.stringify([sid, meaningOfStatement(statement)])
}

function withSid(sid: string, statement: JsonObject): JsonObject {
  return NUMBERED.test(sid) ? statement : { Sid: sid, ...statement }
}
