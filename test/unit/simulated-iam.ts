/** IAM as far as one role is concerned: a plain value, and what each request makes of it or refuses. A tool of tests. */
import assert from 'node:assert/strict'
import type { ReadRole } from '../../src/clouds/aws/role-document.ts'
import { policiesIn, type Tags } from '../../src/clouds/aws/role-ledger.ts'
import type { RoleStep } from '../../src/clouds/aws/role-steps.ts'
import type { JsonObject } from '../../src/plan/json.ts'

export const ACCOUNT = '123456789012'

export interface SimulatedRole {
  readonly path: string
  readonly description: string
  readonly maxSessionDuration: number
  readonly boundary?: string | undefined
  readonly tags: Tags
  readonly trust: string
  readonly inline: Readonly<Record<string, string>>
  readonly attached: readonly string[]
}

export interface ManagedPolicy {
  readonly document: string
  /** False for one that a stranger made. */
  readonly isOwn: boolean
}

/** The account: at most one role, and managed policies by path and name (`/access`). */
export interface SimulatedIam {
  readonly role?: SimulatedRole | undefined
  readonly policies: Readonly<Record<string, ManagedPolicy>>
}

export const EMPTY_IAM: SimulatedIam = { policies: {} }

/** What IAM answers to a request that it does not carry out; nothing has changed then. */
export class RefusedByIam extends Error {}

function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new RefusedByIam(otherwise)
}

/** What the driver reads (read-role.ts). */
export function asRead({ role, policies }: SimulatedIam): ReadRole | undefined {
  if (role === undefined) return undefined
  const { path, description, maxSessionDuration, boundary, tags, trust, inline, attached } = role
  const settings = { in: 'Role', path, description, maxSessionDuration, boundary } as const
  const own = policiesIn(tags).flatMap((name) => {
    const policy = policies[`${path}${name}`]
    return policy?.isOwn === true ? [[name, policy.document] as const] : []
  })
  return { settings, tags, trust, inline: new Map(Object.entries(inline)), customer: new Map(own), attached }
}

/** The account after one request. @throws RefusedByIam for what the real IAM refuses. */
export function carryOut(iam: SimulatedIam, step: RoleStep): SimulatedIam {
  if (step.do === 'CreateRole') {
    demand(iam.role === undefined, 'EntityAlreadyExists')
    const { path, description, maxSessionDuration, boundary } = step.settings
    const role = {
      path,
      description,
      maxSessionDuration,
      boundary,
      tags: {},
      trust: '',
      inline: {},
      attached: [],
    }
    return { ...iam, role: tagged(described(trusting(role, step.trust), step.settings), step.tags) }
  }
  const { role } = iam
  demand(role !== undefined, 'NoSuchEntity')
  switch (step.do) {
    case 'TagRole':
      return { ...iam, role: tagged(role, step.tags) }
    case 'UntagRole':
      return { ...iam, role: { ...role, tags: without(role.tags, step.keys) } }
    case 'UpdateAssumeRolePolicy':
      return { ...iam, role: trusting(role, step.trust) }
    case 'UpdateRole':
      return { ...iam, role: described(role, step.settings) }
    case 'PutRolePermissionsBoundary':
      return { ...iam, role: { ...role, boundary: step.arn } }
    case 'PutRolePolicy':
    case 'DeleteRolePolicy':
      return { ...iam, role: { ...role, inline: inlineAfter(role, step) } }
    case 'AttachRolePolicy':
    case 'DetachRolePolicy':
      return { ...iam, role: { ...role, attached: attachedAfter(iam, role, step) } }
    case 'DeleteRole':
      demand(Object.keys(role.inline).length === 0 && role.attached.length === 0, 'DeleteConflict')
      return { policies: iam.policies }
    default:
      return { ...iam, policies: policiesAfter(iam, role, step) }
  }
}

type Of<D extends RoleStep['do']> = Extract<RoleStep, { do: D }>

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules */
function tagged(role: SimulatedRole, tags: Tags): SimulatedRole {
  const all = { ...role.tags, ...tags }
  demand(Object.keys(all).length <= 50, `LimitExceeded: ${Object.keys(all).length} tags`)
  for (const [key, value] of Object.entries(all)) {
    demand(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key), `ValidationError: tag key ${key}`)
    demand(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value), `ValidationError: tag value ${value}`)
  }
  return { ...role, tags: all }
}

function without<T>(record: Readonly<Record<string, T>>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key)))
}

/** https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html (Description) */
function described(
  role: SimulatedRole,
  { description, maxSessionDuration }: Of<'UpdateRole'>['settings'],
): SimulatedRole {
  demand(/^[\t\n\r -~¡-ÿ]{0,1000}$/.test(description), 'ValidationError: description')
  return { ...role, description, maxSessionDuration }
}

/** An account in a principal is answered as its root, whose spelling differs and whose meaning does not. */
function trusting(role: SimulatedRole, trust: string): SimulatedRole {
  demand(sizeOf(trust) <= 2_048, 'LimitExceeded: trust policy')
  assertPolicy(trust)
  return { ...role, trust: trust.replaceAll(/"(\d{12})"/g, '"arn:aws:iam::$1:root"') }
}

/** IAM takes no empty policy, no Sid twice, and only letters and digits in a Sid. */
function assertPolicy(text: string): void {
  const statements = statementsIn(text)
  demand(statements.length > 0, `MalformedPolicyDocument: no statement in ${text}`)
  const sids = statements.flatMap(({ Sid }) => (typeof Sid === 'string' && Sid !== '' ? [Sid] : []))
  demand(new Set(sids).size === sids.length, `MalformedPolicyDocument: a Sid twice in ${text}`)
  demand(
    sids.every((sid) => /^[A-Za-z0-9]+$/.test(sid)),
    `MalformedPolicyDocument: a Sid in ${text}`,
  )
}

/** The statements of a policy's text. */
export function statementsIn(text: string): JsonObject[] {
  const { Statement = [] } = JSON.parse(text) as { Statement?: JsonObject | JsonObject[] }
  return Array.isArray(Statement) ? Statement : [Statement]
}

function sizeOf(text: string): number {
  return text.replaceAll(/\s/g, '').length
}

function inlineAfter(
  role: SimulatedRole,
  step: Of<'PutRolePolicy' | 'DeleteRolePolicy'>,
): SimulatedRole['inline'] {
  if (step.do === 'DeleteRolePolicy') return without(role.inline, [step.policy])
  assertPolicy(step.document)
  const inline = { ...role.inline, [step.policy]: step.document }
  const size = Object.values(inline).reduce((sum, text) => sum + sizeOf(text), 0)
  demand(size <= 10_240, `LimitExceeded: ${size} characters of inline policies`)
  return inline
}

/** A managed policy of this account must exist; at most ten hang on a role. */
function attachedAfter(
  { policies }: SimulatedIam,
  role: SimulatedRole,
  { do: what, arn }: Of<'AttachRolePolicy' | 'DetachRolePolicy'>,
): readonly string[] {
  const others = role.attached.filter((other) => other !== arn)
  if (what === 'DetachRolePolicy') return others
  const own = new RegExp(`^arn:aws:iam::${ACCOUNT}:policy(.*)$`).exec(arn)?.[1]
  demand(own === undefined || own in policies, `NoSuchEntity: ${arn}`)
  demand(others.length < 10, 'LimitExceeded: attached policies')
  return [...others, arn]
}

function policiesAfter(
  { policies }: SimulatedIam,
  role: SimulatedRole,
  step: Of<'SaveCustomerPolicy' | 'DeleteCustomerPolicy'>,
): SimulatedIam['policies'] {
  const name = `${role.path}${step.policy}`
  if (step.do === 'DeleteCustomerPolicy') {
    demand(!role.attached.includes(`arn:aws:iam::${ACCOUNT}:policy${name}`), 'DeleteConflict')
    return without(policies, [name])
  }
  demand(policies[name]?.isOwn !== false, 'Conflict: somebody else made this policy')
  assertPolicy(step.document)
  demand(sizeOf(step.document) <= 6_144, 'LimitExceeded: managed policy')
  return { ...policies, [name]: { document: step.document, isOwn: true } }
}

/** All that can be told apart in the account, as texts; written without any of the code under test. */
export function contentsOf({ role, policies }: SimulatedIam): Set<string> {
  const managed = Object.entries(policies).flatMap(([name, { document }]) =>
    pieces(`managed ${name}`, document),
  )
  if (role === undefined) return new Set(managed)
  const inline = Object.entries(role.inline).flatMap(([name, text]) => pieces(`inline ${name}`, text))
  return new Set([
    ...pieces('trust', role.trust),
    ...inline,
    ...managed,
    ...role.attached.map((arn) => `attached ${arn}`),
  ])
}

function pieces(place: string, text: string): string[] {
  return statementsIn(text).flatMap(({ Resource, ...statement }) => {
    const resources = Array.isArray(Resource) ? Resource : [Resource ?? null]
    return resources.map((resource) => `${place} ${JSON.stringify([sorted(statement), resource])}`)
  })
}

function sorted(statement: JsonObject): JsonObject {
  const keys = Object.keys(statement).sort()
  return Object.fromEntries(keys.map((key) => [key, statement[key] ?? null]))
}

/** For messages of failed properties. */
export function assertSubset(part: ReadonlySet<string>, whole: ReadonlySet<string>, why: string): void {
  const strays = [...part].filter((piece) => !whole.has(piece))
  assert.deepEqual(strays, [], why)
}
