import { isJsonObject, type Json } from '../../plan/json.ts'
import { type Statement, textsOf } from './statement.ts'

/** Who is to have access, as far as its name says. */
export interface Grantee {
  /** As the probe names it. */
  readonly text: string
  readonly kind: 'Account' | 'Role' | 'User' | 'Session' | 'Other'
  /** Absent for a canonical user, a service, … */
  readonly accountId?: string
  /** Of a session: the name of its role, without path. */
  readonly role?: string
}

/**
 * How a statement's principals take in a grantee: as one of everybody, with its whole account, by its own name, only one of those
 * whom the grantee stands for (a role of a granted account, one session of a role), or not at all. `Unknown` where names
 * cannot be compared.
 */
export type Match = 'Everybody' | 'Account' | 'Itself' | 'Part' | 'Unknown' | 'None'

const STRONGEST_FIRST = ['Everybody', 'Account', 'Itself', 'Part', 'Unknown', 'None'] as const

/**
 * Takes a principal's name apart.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
 */
export function granteeOf(text: string): Grantee {
  const account = accountIn(text)
  if (account !== undefined) return { text, kind: 'Account', accountId: account }
  const match = /^arn:aws[a-z-]*:(?:iam|sts)::(\d{12}):(role|user|assumed-role)\/(.+)$/.exec(text)
  const [, accountId, type, name = ''] = match ?? []
  if (accountId === undefined) return { text, kind: 'Other' }
  if (type === 'assumed-role') return { text, kind: 'Session', accountId, role: name.split('/')[0] ?? '' }
  return { text, kind: type === 'role' ? 'Role' : 'User', accountId }
}

/** How the statement's Principal or NotPrincipal takes in the grantee. */
export function matchOf({ Principal, NotPrincipal }: Statement, grantee: Grantee): Match {
  if (Principal !== undefined) return matchIn(Principal, grantee)
  return NotPrincipal === undefined ? 'None' : matchOutside(NotPrincipal, grantee)
}

function matchIn(principal: Json, grantee: Grantee): Match {
  const matches = namesIn(principal).map(([type, name]) => matchOfName(type, name, grantee))
  return STRONGEST_FIRST.find((match) => matches.includes(match)) ?? 'None'
}

/**
 * A Deny with NotPrincipal spares nobody but the principals that it names, and these only if it names their account, too.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
 */
function matchOutside(notPrincipal: Json, grantee: Grantee): Match {
  const matches = namesIn(notPrincipal).map(([type, name]) => matchOfName(type, name, grantee))
  if (matches.includes('Everybody')) return 'None'
  const isNamed = matches.includes('Itself')
  if (isNamed && (matches.includes('Account') || grantee.kind === 'Account')) return 'None'
  if (isNamed && grantee.accountId === undefined) return 'None'
  if (matches.every((match) => match === 'None')) return 'Everybody'
  return 'Unknown'
}

type NamedPrincipal = readonly [type: string, name: string]

function namesIn(principal: Json): NamedPrincipal[] {
  if (!isJsonObject(principal)) return textsOf(principal).map((name) => ['AWS', name])
  return Object.entries(principal).flatMap(([type, names]) =>
    textsOf(names).map((name): NamedPrincipal => [type, name]),
  )
}

function matchOfName(type: string, name: string, grantee: Grantee): Match {
  if (name === grantee.text) return 'Itself'
  if (type === 'CanonicalUser') return 'Unknown'
  if (type !== 'AWS') return 'None'
  if (name === '*') return 'Everybody'
  const other = granteeOf(name)
  if (other.accountId === undefined || other.accountId !== grantee.accountId) return 'None'
  if (other.kind === 'Account') return grantee.kind === 'Account' ? 'Itself' : 'Account'
  if (grantee.kind === 'Account') return 'Part'
  if (isSessionOf(grantee, other)) return 'Itself'
  return isSessionOf(other, grantee) ? 'Part' : 'None'
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-role-session */
function isSessionOf(session: Grantee, role: Grantee): boolean {
  return session.kind === 'Session' && role.kind === 'Role' && role.text.split('/').at(-1) === session.role
}

function accountIn(text: string): string | undefined {
  return /^(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?$/.exec(text)?.[1]
}
