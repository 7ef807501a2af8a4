import { FaultError } from '../../api/fault.ts'
import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import {
  canonicalJson,
  isJsonObject,
  type Json,
  type JsonObject,
  parseLosslessly,
  scalarText,
} from '../../plan/json.ts'
import { duplicateKey } from './duplicate-keys.ts'

/**
 * The largest bucket policy in bytes.
 * https://docs.aws.amazon.com/general/latest/gr/s3.html ("Bucket policies: 20 KB")
 */
export const BUCKET_POLICY_LIMIT_BYTES = 20_480

/** A policy statement, with whatever fields it has. */
export type Statement = JsonObject

/** An S3 bucket policy: statements as entries; Version, Id and unknown fields as envelope. */
export const bucketPolicyKind: DocumentKind<Statement> = {
  name: 'BucketPolicy',
  label: 'bucket policy',
  entryLabel: 'statement',
  mark: (statement) => (typeof statement.Sid === 'string' ? statement.Sid : undefined),
  withMark: ({ Sid: _, ...statement }, mark) => ({ Sid: mark, ...statement }),
  meaning: (statement) => canonicalJson(canonicalStatement(statement)),
  identity: canonicalJson,
  breach,
  summary,
}

/**
 * Takes a policy text apart; no text (no policy) is an empty document.
 *
 * @throws FaultError UnreadableDocument when the text is no policy that can be written back without loss.
 */
export function decodeBucketPolicy(text: string | undefined): Document<Statement> {
  if (text === undefined || text === '') return { entries: [], envelope: { Version: '2012-10-17' } }
  const policy = parsePolicy(text)
  const { Statement: list, ...envelope } = policy
  const entries = list === undefined ? [] : Array.isArray(list) ? list : [list]
  if (!entries.every(isJsonObject)) throw unreadable('its Statement holds something that is no statement')
  return { entries, envelope }
}

/** The policy's text, or undefined when no statement is left: then the policy itself goes. */
export function encodeBucketPolicy({ entries, envelope }: Document<Statement>): string | undefined {
  if (entries.length === 0) return undefined
  return JSON.stringify({ ...(envelope as JsonObject), Statement: entries })
}

function parsePolicy(text: string): JsonObject {
  let policy: Json
  try {
    policy = parseLosslessly(text)
  } catch {
    throw unreadable('it is not JSON')
  }
  if (!isJsonObject(policy)) throw unreadable('it is not a JSON object')
  const twice = duplicateKey(text)
  if (twice !== undefined) throw unreadable(`it has the key ${twice} twice`)
  return policy
}

function unreadable(why: string): FaultError {
  return new FaultError({
    reason: 'UnreadableDocument',
    message: `the bucket policy cannot be taken apart: ${why}. Nothing was written.`,
    retry: 'Slow',
  })
}

/**
 * A statement's meaning: one-element lists and strings are one, list order and doubles do not matter, actions and
 * condition keys ignore case, an account id is its root ARN.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
function canonicalStatement(statement: Statement): Record<string, unknown> {
  const fields = Object.entries(statement).filter(([key]) => key !== 'Sid')
  return Object.fromEntries(fields.map(([key, value]) => [key, canonicalField(key, value)]))
}

function canonicalField(key: string, value: Json): unknown {
  switch (key) {
    case 'Action':
    case 'NotAction':
      return texts(value)
        .map((action) => action.toLowerCase())
        .filter(isFirst)
        .sort()
    case 'Resource':
    case 'NotResource':
      return texts(value)
    case 'Principal':
    case 'NotPrincipal':
      return canonicalPrincipal(value)
    case 'Condition':
      return isJsonObject(value) ? canonicalCondition(value) : value
    default:
      return value
  }
}

function canonicalPrincipal(value: Json): unknown {
  if (!isJsonObject(value)) return value === '*' ? { AWS: ['*'] } : value
  return Object.fromEntries(
    Object.entries(value).map(([type, names]) => [
      type,
      type === 'AWS' ? texts(names).map(accountAsRoot).filter(isFirst).sort() : texts(names),
    ]),
  )
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts */
function accountAsRoot(principal: string): string {
  const root = /^arn:aws[a-z-]*:iam::(\d{12}):root$/.exec(principal)
  return root?.[1] ?? principal
}

function canonicalCondition(condition: JsonObject): unknown {
  return Object.fromEntries(
    Object.entries(condition).map(([operator, keys]) => [
      operator,
      isJsonObject(keys) ? canonicalKeys(keys) : keys,
    ]),
  )
}

function canonicalKeys(keys: JsonObject): unknown {
  return Object.fromEntries(Object.entries(keys).map(([key, values]) => [key.toLowerCase(), texts(values)]))
}

/** A string or list as a sorted list without doubles. */
function texts(value: Json): string[] {
  const list: readonly Json[] = Array.isArray(value) ? value : [value]
  return list.map(scalarText).filter(isFirst).sort()
}

function isFirst(value: string, index: number, list: readonly string[]): boolean {
  return list.indexOf(value) === index
}

function breach(document: Document<Statement>): LimitBreach | undefined {
  const bytes = Buffer.byteLength(encodeBucketPolicy(document) ?? '')
  if (bytes <= BUCKET_POLICY_LIMIT_BYTES) return undefined
  const detail = `${bytes} of at most ${BUCKET_POLICY_LIMIT_BYTES} bytes, with ${document.entries.length} statements`
  return { reason: 'PolicyTooLarge', detail }
}

function summary(statement: Statement): string {
  const { Effect, Action, NotAction, Resource, NotResource, Principal, NotPrincipal } = statement
  const actions =
    Action !== undefined ? texts(Action).join(', ') : `all but ${texts(NotAction ?? []).join(', ')}`
  const resources =
    Resource !== undefined ? texts(Resource).join(', ') : `all but ${texts(NotResource ?? []).join(', ')}`
  const principals =
    Principal !== undefined ? principalText(Principal) : `all but ${principalText(NotPrincipal ?? '*')}`
  return `${scalarText(Effect)} ${actions} on ${resources} to ${principals}`
}

function principalText(principal: Json): string {
  return isJsonObject(principal) ? Object.values(principal).flatMap(texts).join(', ') : scalarText(principal)
}
