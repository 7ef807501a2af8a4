import type {
  VendorAttachToRole,
  VendorPolicyCondition,
  VendorRole,
  VendorRoleStatement,
  VendorTrustStatement,
} from '../api/generated/storage-vendor.ts'
import { type PolicyPart, partName, type RolePart } from '../clouds/aws/role-parts.ts'
import type { JsonObject } from '../plan/json.ts'
import { digest } from '../plan/mark.ts'
import type { ClaimedEntry } from '../plan/plan-target.ts'
import { type Asked, isWanted } from './asked.ts'
import { fill, filled, type PlaceholderValues, placeholdersIn } from './placeholders.ts'
import { conditionOf, principalOf } from './policy-language.ts'
import { retiringOf } from './retiring.ts'
import { asDescription } from './role-description.ts'
import type { NamedRole } from './role-name.ts'

/** IAM's own. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html (MaxSessionDuration) */
const DEFAULT_SESSION_SECONDS = 3_600

/** Recipe × values: the parts of a role that one integration wants. */
export function roleClaims(recipe: VendorRole, role: NamedRole, asked: Asked): ClaimedEntry[] {
  // Others may have opened a role that all share: then nothing is put into it before this integration's own value is known.
  if (recipe.name?.exact !== undefined && asked.awaiting.length > 0)
    return [entryOf(settingsOf(recipe, role, asked))]
  const contents = [
    ...inlinePartsOf(recipe, asked),
    ...customerPartsOf(recipe, role, asked),
    ...attachmentsOf(recipe, asked),
    ...selfPermission(recipe, role),
  ]
  return [entryOf(settingsOf(recipe, role, asked)), ...trustOf(recipe, role, asked), ...contents.map(entryOf)]
}

/** Recipe × values: inline policies that one integration wants in a role that somebody else made. */
export function attachedClaims({ inlinePolicies }: VendorAttachToRole, asked: Asked): ClaimedEntry[] {
  return inlinePartsOf({ inlinePolicies }, asked).map((part) => ({
    ...entryOf(part),
    document: 'RolePolicies',
  }))
}

function entryOf(part: RolePart): ClaimedEntry {
  return { document: 'IamRole', name: partName(part), body: { part } }
}

function settingsOf(recipe: VendorRole, role: NamedRole, { values }: Asked): RolePart {
  const { description, maxSessionDurationSeconds = DEFAULT_SESSION_SECONDS } = recipe
  const { permissionsBoundaryArn: boundary } = role
  return {
    in: 'Role',
    path: role.path,
    description: asDescription(description === undefined ? role.description : fill(description, values)),
    maxSessionDuration: maxSessionDurationSeconds,
    ...(boundary === undefined ? {} : { boundary }),
  }
}

function trustOf({ trust }: VendorRole, role: NamedRole, asked: Asked): ClaimedEntry[] {
  const statements = trust.statements.filter((statement) => isWanted(statement, asked))
  const trusted = statements.map(
    (statement): ClaimedEntry => ({
      ...entryOf({
        in: 'Trust',
        sid: sidOf(statement),
        statement: trustStatement(statement, asked.values),
      }),
      ...retiringOf(statement.principal ?? {}, asked),
    }),
  )
  return trust.selfAssume === true ? [...trusted, entryOf(selfTrust(role))] : trusted
}

function trustStatement(statement: VendorTrustStatement, values: PlaceholderValues): JsonObject {
  const { principal, webIdentity, externalIds, conditions } = statement
  const own = conditionOf(conditions, values)
  if (webIdentity !== undefined) return webIdentityStatement(webIdentity, own, values)
  const presented =
    externalIds === undefined ? undefined : { 'sts:ExternalId': single(filled(externalIds, values)) }
  const condition = joinedConditions(own, presented)
  return {
    Effect: 'Allow',
    Principal: Object.fromEntries(
      Object.entries(principalOf(principal ?? {}, values)).map(([type, names]) => [type, single(names)]),
    ),
    Action: 'sts:AssumeRole',
    ...(condition === undefined ? {} : { Condition: condition }),
  }
}

type Condition = Readonly<Record<string, Readonly<Record<string, readonly string[] | string>>>>

function joinedConditions(
  own: Condition | undefined,
  equals: Readonly<Record<string, readonly string[] | string>> | undefined,
): Condition | undefined {
  if (equals === undefined) return own
  return { ...own, StringEquals: { ...own?.StringEquals, ...equals } }
}

/**
 * A token of an OpenID Connect provider; the provider itself must be there in the account.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
 */
function webIdentityStatement(
  { issuer, audiences, subjects }: NonNullable<VendorTrustStatement['webIdentity']>,
  own: Condition | undefined,
  values: PlaceholderValues,
): JsonObject {
  const provider = fill(issuer, values)
  const like = subjects.some((subject) => subject.includes('*')) ? 'StringLike' : 'StringEquals'
  const audience = joinedConditions(own, { [`${provider}:aud`]: single(filled(audiences, values)) })
  const subject = { ...audience?.[like], [`${provider}:sub`]: single(filled(subjects, values)) }
  return {
    Effect: 'Allow',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders
    Principal: { Federated: fill('arn:${partition}:iam::${accountId}:oidc-provider/', values) + provider },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: { ...audience, [like]: subject },
  }
}

/**
 * The role as its own principal: a role that does not exist yet cannot be named, so the account is, limited to the role.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
 */
function selfTrust({ arn, root }: NamedRole): RolePart {
  const statement = {
    Effect: 'Allow',
    Principal: { AWS: root },
    Action: 'sts:AssumeRole',
    Condition: { ArnLike: { 'aws:PrincipalArn': arn } },
  }
  return { in: 'Trust', sid: 'MooringSelf', statement }
}

function selfPermission({ trust }: VendorRole, { arn }: NamedRole): RolePart[] {
  if (trust.selfAssume !== true) return []
  const statement = { Effect: 'Allow', Action: ['sts:AssumeRole'] }
  return [{ in: 'InlinePolicy', policy: 'mooring-self', sid: 'MooringSelf', statement, resource: arn }]
}

function inlinePartsOf(
  { inlinePolicies = [] }: Pick<VendorRole, 'inlinePolicies'>,
  asked: Asked,
): RolePart[] {
  return inlinePolicies.flatMap(({ name, policyName = `mooring-${name}`, statements }) =>
    partsOf('InlinePolicy', policyName, statements, asked),
  )
}

/** A customer-managed policy, resource by resource, and its attachment to the role. */
function customerPartsOf({ customerPolicies = [] }: VendorRole, role: NamedRole, asked: Asked): RolePart[] {
  return customerPolicies.flatMap(
    ({ name, policyName = policyNameFor(role, name), description, statements }): RolePart[] => {
      const parts = partsOf('CustomerPolicy', policyName, statements, asked)
      if (parts.length === 0) return []
      const told =
        description === undefined ? {} : { description: asDescription(fill(description, asked.values)) }
      return [
        ...parts.map((part) => ({ ...part, ...told })),
        { in: 'Attachment', arn: `${role.policyArnBase}${policyName}`, customerPolicy: policyName },
      ]
    },
  )
}

/** At most 128 characters, as IAM demands of a policy's name; a role's has at most 64. */
function policyNameFor({ name }: NamedRole, policy: string): string {
  return `${name}-${policy}`
}

function partsOf(
  kind: PolicyPart['in'],
  policy: string,
  statements: readonly VendorRoleStatement[],
  asked: Asked,
): PolicyPart[] {
  return statements
    .filter((statement) => isWanted(statement, asked))
    .flatMap((statement) => {
      const Condition = conditionOf(statement.conditions, asked.values)
      const body = {
        Effect: 'Allow',
        Action: statement.actions,
        ...(Condition === undefined ? {} : { Condition }),
      }
      const sid = sidOf(statement, statement.conditions, body)
      return filled(statement.resources, asked.values).map((resource) => ({
        in: kind,
        policy,
        sid,
        statement: body,
        resource,
      }))
    })
}

/**
 * The Sid: the page's own, or one made of the entry's name. Where a condition differs from integration to integration,
 * the statement cannot be shared, so its Sid gets digits of its content.
 */
function sidOf(
  { name, sid }: { readonly name: string; readonly sid?: string | undefined },
  conditions: readonly VendorPolicyCondition[] = [],
  body: JsonObject = {},
): string {
  const base = sid ?? `Mooring${name.split('-').map(capitalised).join('')}`
  const differs = conditions.some(({ values }) => values.some((value) => placeholdersIn(value).length > 0))
  return differs ? base + digest(8, 'statement', JSON.stringify(body)) : base
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

function attachmentsOf({ managedPolicies = [] }: VendorRole, asked: Asked): RolePart[] {
  return managedPolicies
    .filter((policy) => isWanted(policy, asked))
    .map(({ arn }) => ({ in: 'Attachment', arn: fill(arn, asked.values) }))
}

/** As vendors' pages write it: one value without a list. */
function single(values: readonly string[]): readonly string[] | string {
  return values.length === 1 ? (values[0] ?? '') : values
}
