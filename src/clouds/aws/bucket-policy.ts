import { FaultError } from '../../api/fault.ts'
import type { Document, DocumentKind, LimitBreach } from '../../plan/document.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject, parseLosslessly } from '../../plan/json.ts'
import { duplicateKey } from './duplicate-keys.ts'
import { canonicalStatement, type Statement, summaryOf } from './statement.ts'

/**
 * The largest bucket policy in bytes.
 * https://docs.aws.amazon.com/general/latest/gr/s3.html ("Bucket policies: 20 KB")
 */
export const BUCKET_POLICY_LIMIT_BYTES = 20_480

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
  summary: summaryOf,
}

/**
 * Takes a policy text apart; undefined (S3 said that there is no policy) is an empty document. An empty text is no policy
 * at all: taken for one, it would be written over.
 *
 * @throws FaultError UnreadableDocument when the text is no policy that can be written back without loss.
 */
export function decodeBucketPolicy(text: string | undefined): Document<Statement> {
  if (text === undefined) return { entries: [], envelope: { Version: '2012-10-17' } }
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

function breach(document: Document<Statement>): LimitBreach | undefined {
  const bytes = Buffer.byteLength(encodeBucketPolicy(document) ?? '')
  if (bytes <= BUCKET_POLICY_LIMIT_BYTES) return undefined
  const detail = `${bytes} of at most ${BUCKET_POLICY_LIMIT_BYTES} bytes, with ${document.entries.length} statements`
  return { reason: 'PolicyTooLarge', detail }
}
