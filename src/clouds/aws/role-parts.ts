import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../plan/json.ts'

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
      return `attachment/${part.arn}`
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

/** Where a statement without a Sid stands in its list; such names are never written. */
const NUMBERED = /^#\d+$/

/** Statements of a policy, each with its Sid; a strange form yields undefined. */
function statementsOf(
  policy: JsonObject,
): { readonly sid: string; readonly statement: JsonObject }[] | undefined {
  const list = policy.Statement
  const statements: readonly Json[] = Array.isArray(list) ? list : list === undefined ? [] : [list]
  if (!statements.every(isJsonObject)) return undefined
  return statements.map(({ Sid, ...statement }, index) => ({
    sid: typeof Sid === 'string' && Sid !== '' ? Sid : `#${index}`,
    statement,
  }))
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
  return statementsOf(text)?.flatMap(({ sid, statement: { Resource, ...rest } }): PolicyPart[] => {
    if (Resource === undefined) return [{ in: kind, policy, sid, statement: rest }]
    const resources: readonly Json[] = Array.isArray(Resource) ? Resource : [Resource]
    return resources.map((resource) => ({
      in: kind,
      policy,
      sid,
      statement: rest,
      resource: String(resource),
    }))
  })
}

/** Trust statements put together again, equal ones once. */
export function trustStatements(parts: readonly TrustPart[]): JsonObject[] {
  const distinct = new Map(parts.map((part) => [canonicalJson([part.sid, part.statement]), part]))
  return [...distinct.values()].map(({ sid, statement }) => withSid(sid, statement))
}

/** A policy's statements put together again: resources of one statement in one list, equal ones once. */
export function policyStatements(parts: readonly PolicyPart[]): JsonObject[] {
  const groups = Map.groupBy(parts, ({ sid, statement, resource }) =>
    canonicalJson([sid, statement, resource === undefined]),
  )
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return []
    const resources = [first, ...others].flatMap(({ resource }) => resource ?? [])
    const statement =
      resources.length === 0 ? first.statement : { ...first.statement, Resource: [...new Set(resources)] }
    return [withSid(first.sid, statement)]
  })
}

function withSid(sid: string, statement: JsonObject): JsonObject {
  return NUMBERED.test(sid) ? statement : { Sid: sid, ...statement }
}
