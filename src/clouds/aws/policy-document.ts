import { FaultError } from '../../api/fault.ts'
import type { Document, DocumentKind, DocumentName, LimitBreach } from '../../plan/document.ts'
import { canonicalJson, isJsonObject, type Json, type JsonObject, parseLosslessly } from '../../plan/json.ts'
import { parseMark } from '../../plan/mark.ts'
import { assertShallow } from '../nesting.ts'
import { duplicateKey } from './duplicate-keys.ts'
import { withFormer } from './former-principals.ts'
import { canonicalStatement, type Statement, summaryOf } from './statement.ts'

/** What tells one policy that hangs on a resource from another. */
export interface PolicyForm {
  readonly name: DocumentName
  /** For people: "bucket policy". */
  readonly label: string
  /** The largest text in bytes. */
  readonly limitBytes: number
}

/** A policy that hangs on a resource: statements as entries, their Sid as mark; all else is envelope. */
export function policyKind(form: PolicyForm): DocumentKind<Statement> {
  const mark = ({ Sid }: Statement): string | undefined => (typeof Sid === 'string' ? Sid : undefined)
  return {
    name: form.name,
    label: form.label,
    entryLabel: 'statement',
    mark,
    withMark: ({ Sid: _, ...statement }, mark) => ({ Sid: mark, ...statement }),
    meaning: (statement) => canonicalJson(canonicalStatement(statement)),
    identity: canonicalJson,
    breach: (document) => breach(document, form),
    summary: summaryOf,
    retain: (statement, { entries }, own, retiring) =>
      withFormer(
        statement,
        entries.filter((entry) => mark(entry) === own),
        retiring,
      ),
  }
}

/**
 * Takes a policy text apart. An empty text is no policy at all, and neither is `{}`, since a policy must have a Statement:
 * taken for one, it would be written over.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_statement.html ("This element is required.")
 *
 * @param label for people: "bucket policy".
 * @throws FaultError UnreadableDocument when the text is no policy that can be written back without loss.
 */
export function decodePolicy(text: string, label: string): Document<Statement> {
  const { Statement: list, ...envelope } = parsePolicy(text, label)
  if (list === undefined) throw unreadable(label, 'it has no Statement')
  const entries = Array.isArray(list) ? list : [list]
  if (!entries.every(isJsonObject))
    throw unreadable(label, 'its Statement holds something that is no statement')
  return { entries, envelope }
}

/** The policy's text, or undefined when no statement is left. */
export function encodePolicy({ entries, envelope }: Document<Statement>): string | undefined {
  if (entries.length === 0) return undefined
  return JSON.stringify({ ...(envelope as JsonObject), Statement: entries })
}

function parsePolicy(text: string, label: string): JsonObject {
  let policy: Json
  try {
    assertShallow(text)
    policy = parseLosslessly(text)
  } catch {
    throw unreadable(label, 'it is not JSON, or nested too deeply')
  }
  if (!isJsonObject(policy)) throw unreadable(label, 'it is not a JSON object')
  const twice = duplicateKey(text)
  if (twice !== undefined) throw unreadable(label, `it has the key ${twice} twice`)
  return policy
}

function unreadable(label: string, why: string): FaultError {
  return new FaultError({
    reason: 'UnreadableDocument',
    message: `the ${label} cannot be taken apart: ${why}. Nothing was written.`,
    retry: 'Slow',
  })
}

function breach(document: Document<Statement>, { limitBytes }: PolicyForm): LimitBreach | undefined {
  const bytes = Buffer.byteLength(encodePolicy(document) ?? '')
  if (bytes <= limitBytes) return undefined
  const detail = `${bytes} of at most ${limitBytes} bytes, with ${document.entries.length} statements; ${usersOf(document)}`
  return { reason: 'PolicyTooLarge', detail }
}

/** What takes the room: how much of it is Mooring's, and the largest statements of others. */
function usersOf({ entries }: Document<Statement>): string {
  const sized = entries.map((entry, index) => ({
    name: typeof entry.Sid === 'string' ? `"${entry.Sid.slice(0, 64)}"` : `number ${index + 1}`,
    bytes: Buffer.byteLength(JSON.stringify(entry)),
    isOurs: parseMark(typeof entry.Sid === 'string' ? entry.Sid : undefined) !== undefined,
  }))
  const ours = sized.filter(({ isOurs }) => isOurs).reduce((sum, { bytes }) => sum + bytes, 0)
  const others = sized.filter(({ isOurs }) => !isOurs).sort((a, b) => b.bytes - a.bytes)
  const largest = others.slice(0, 3).map(({ name, bytes }) => `${name} ${bytes}`)
  return [
    `${ours} of them Mooring's`,
    ...(largest.length === 0 ? [] : [`the largest of others: ${largest.join(', ')}`]),
  ].join(', ')
}
