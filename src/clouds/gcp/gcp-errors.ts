import { FaultError } from '../../api/fault.ts'
import { socketCode } from '../caller.ts'
import { accessDenied, apiDisabled, isServiceDisabled, orgPolicy } from './access-faults.ts'
import { noSuchAccount, rejected } from './credential-faults.ts'
import { lostRace, refusedDocument } from './document-faults.ts'
import type { GcpCall } from './gcp-call.ts'
import { GoogleError } from './google-error.ts'
import { idTaken } from './role-faults.ts'
import {
  notFound,
  quotaExceeded,
  requesterPays,
  throttled,
  unavailable,
  unexpected,
  unreachable,
  unreadableAnswer,
} from './service-faults.ts'

type Translate = (error: GoogleError, call: GcpCall) => FaultError

/**
 * The one place where an answer of Google becomes a fault. Messages are built from known parts; Google's own words take
 * part only where they help, redacted. Undefined when the error is none of Google's or the network's, but a bug.
 *
 * https://docs.cloud.google.com/storage/docs/json_api/v1/status-codes
 * https://docs.cloud.google.com/apis/design/errors
 */
export function toFaultError(thrown: unknown, call: GcpCall): FaultError | undefined {
  if (thrown instanceof FaultError) return thrown
  if (thrown instanceof GoogleError) return translateOf(thrown, call)(thrown, call)
  if (thrown instanceof SyntaxError) return unreadableAnswer(call)
  const code = socketCode(thrown)
  return isNetworkCode(code) ? unreachable(code, call) : undefined
}

/** True for Google's way to say that the thing that was asked for does not exist; a bare 404 may be anyone's. */
export function isNotFound(thrown: unknown): boolean {
  return thrown instanceof GoogleError && thrown.status === 404 && /^not_?found$/i.test(thrown.code)
}

/** True for a store's way to say that it does not know the request at all. */
export function isNotOffered(thrown: unknown): boolean {
  return thrown instanceof GoogleError && [400, 404, 405, 501].includes(thrown.status)
}

/** Errors of sockets, names and TLS are codes in capitals; a timeout of ours has a name. https://nodejs.org/api/errors.html */
function isNetworkCode(code: string): boolean {
  return /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/.test(code) || code === 'TimeoutError'
}

function translateOf(error: GoogleError, call: GcpCall): Translate {
  return byWords(error) ?? byOAuth(error, call) ?? BY_STATUS.get(error.status) ?? byRange(error)
}

/** Answers that mean something else than their status says. */
function byWords(error: GoogleError): Translate | undefined {
  return WORDS.find(([is]) => is(error))?.[1]
}

const WORDS: readonly (readonly [(error: GoogleError) => boolean, Translate])[] = [
  [isServiceDisabled, apiDisabled],
  [({ text, detail }) => ORG_POLICY.test(text) || detail === 'ORG_POLICY_VIOLATION', orgPolicy],
  [({ text }) => ID_TAKEN.test(text), idTaken],
  [({ code, text }) => code === 'UserProjectMissing' || /requester pays bucket/i.test(text), requesterPays],
  [({ text }) => /maximum number of (?:custom )?roles/i.test(text), quotaExceeded],
]

/**
 * Domain restricted sharing: 412 from Cloud Storage, 400 elsewhere; and other constraints.
 * https://docs.cloud.google.com/organization-policy/domain-restricted-sharing
 */
const ORG_POLICY = /permitted customer|violates constraint|organization policy|constraints\//i

/** IAM says it in both ways. https://docs.cloud.google.com/iam/docs/creating-custom-roles#deleting-custom-role */
const ID_TAKEN = /role_id.*(?:in a deleted state|marked for deletion|isn't deleted)/i

/** https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
function byOAuth({ status, code }: GoogleError, { service }: GcpCall): Translate | undefined {
  if (service !== 'oauth2' || status >= 500 || status === 429) return undefined
  return code === 'invalid_grant' && status === 400 ? noSuchAccount : rejected
}

const BY_STATUS: ReadonlyMap<number, Translate> = new Map<number, Translate>([
  [400, refusedDocument],
  [401, rejected],
  [403, forbidden],
  [404, notFound],
  [408, throttled],
  [409, lostRace],
  [412, refusedDocument],
  [429, throttled],
  [503, throttled],
])

/** https://docs.cloud.google.com/storage/docs/json_api/v1/status-codes#403-forbidden ("rateLimitExceeded") */
function forbidden(error: GoogleError, call: GcpCall): FaultError {
  const isRate = /^(?:user)?rateLimitExceeded$/i.test(error.code)
  return isRate ? throttled(error, call) : accessDenied(error, call)
}

function byRange({ status }: GoogleError): Translate {
  return status >= 500 ? unavailable : unexpected
}
