import type { Document } from '../../plan/document.ts'
import { isJsonObject, type JsonObject } from '../../plan/json.ts'
import type { CheckResult, RoleGrantProbe } from '../cloud.ts'
import { judgeDenies } from './grant-denies.ts'
import type { Place } from './grant-facts.ts'
import { granteeOf } from './grant-principals.ts'
import { encodeRole } from './role-document.ts'
import type { RoleEntry } from './role-ledger.ts'
import { type Statement, summaryOf } from './statement.ts'

/** A role as read last. */
export interface RoleGround {
  readonly arn: string
  readonly document: Document<RoleEntry>
  readonly accountId: string
  readonly partition: string
  readonly region: string
}

/**
 * Whether something in the role itself defeats what is granted by it: a Deny of its trust policy, or of its inline and
 * Mooring's own managed policies. Policies that others attached, and the permissions boundary, are not read; they are named.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function checkRole(probe: RoleGrantProbe, ground: RoleGround): CheckResult[] {
  return [trustCheck(probe, ground), policyCheck(probe, ground)]
}

/** Statements of a trust policy speak of the role that they are in, so they have no Resource. */
function trustCheck({ principals }: RoleGrantProbe, ground: RoleGround): CheckResult {
  const statements = trustOf(ground).map((statement) => ({ ...statement, Resource: '*' }))
  const accesses = ['sts:AssumeRole'].map((action) => ({ action, resource: ground.arn }))
  const grant = { grantees: principals.map(granteeOf), actions: [], resources: [] }
  const scope = { check: 'NoForeignDenyInTrust', document: 'role’s trust policy', accesses }
  const check = judgeDenies(statements, grant, placeOf([], ground), scope)
  return check.result === 'Passed' ? { ...check, message: `${check.message}${lettingIn(ground)}` } : check
}

/** Statements of a role's own policies speak of the role, so they have no Principal. */
function policyCheck({ actions, resources }: RoleGrantProbe, ground: RoleGround): CheckResult {
  const { inline, customer } = encodeRole(ground.document)
  const statements = [...inline.values(), ...customer.values()]
    .flatMap(statementsIn)
    .map((statement) => ({ ...statement, Principal: '*' }))
  const grant = { grantees: [granteeOf(ground.arn)], actions, resources }
  const scope = { check: 'NoForeignDenyInRole', document: 'role’s own policies' }
  const check = judgeDenies(statements, grant, placeOf(resources, ground), scope)
  return check.result === 'Passed' ? { ...check, message: `${check.message}${unread(ground)}` } : check
}

/** Whom else the trust lets in is no fault of the grant, but nobody should have to find it by chance. */
function lettingIn(ground: RoleGround): string {
  const others = ground.document.entries.flatMap(({ mark, part }) =>
    mark === undefined && part.in === 'Trust' && part.statement.Effect === 'Allow' ? [part] : [],
  )
  if (others.length === 0) return ''
  const texts = others.slice(0, 3).map(({ sid, statement }) => `"${sid}" (${summaryOf(statement)})`)
  return `; mind that somebody else’s statement lets others assume the role: ${texts.join(', ')}`
}

function unread({ document }: RoleGround): string {
  const parts = document.entries.filter(({ mark }) => mark === undefined).map(({ part }) => part)
  const attached = parts.flatMap((part) => (part.in === 'Attachment' ? [part.arn] : []))
  const settings = document.entries.map(({ part }) => part).find((part) => part.in === 'Role')
  const boundary = settings?.boundary === undefined ? [] : [`the boundary ${settings.boundary}`]
  const names = [...attached.slice(0, 3), ...boundary]
  return names.length === 0 ? '' : `; not read: ${names.join(', ')}`
}

function trustOf({ document }: RoleGround): Statement[] {
  const { trust } = encodeRole(document)
  return trust === undefined ? [] : statementsIn(trust)
}

function statementsIn({ Statement: list }: JsonObject): Statement[] {
  return (Array.isArray(list) ? list : [list]).filter(isJsonObject)
}

function placeOf(resources: readonly string[], { accountId, partition, region }: RoleGround): Place {
  const bucket =
    resources.flatMap((resource) => /^arn:[^:]*:s3:::([^/]+)/.exec(resource)?.[1] ?? [])[0] ?? '*'
  return { bucket, accountId, partition, region }
}
