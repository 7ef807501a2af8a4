/** Which bindings a bucket's policy may have. */
import type { Binding } from './gcp-access.ts'
import { storageError } from './gcp-answers.ts'
import { predefinedRoles } from './gcp-predefined-roles.ts'
import { type Json, serviceAccountExists, type World } from './gcp-world.ts'

/** All members of all bindings together: https://cloud.google.com/iam/quotas#limits */
const mostMembers = 1500

/** Throws a 400 for what Cloud Storage refuses. What stood in the policy before may stay, even if its role is deleted. */
export function mustBeGrantable(
  world: World,
  bucket: string,
  bindings: readonly Binding[],
  before: readonly Binding[],
): void {
  const known = new Set(before.flatMap(({ role, members }) => members.map((member) => `${member} ${role}`)))
  for (const { role, members, condition } of bindings) {
    mustHaveMembers(role, members, condition)
    const added = members.filter((member) => !known.has(`${member} ${role}`))
    if (added.length > 0) mustBeRole(world, bucket, role)
    for (const member of added) mustBeMember(world, member)
  }
  const count = bindings.flatMap(({ members }) => members).length
  if (count > mostMembers)
    throw invalid(`The policy has ${count} principals. At most ${mostMembers} are allowed.`)
}

/**
 * Bindings of the same role and condition become one, without doubles, and email addresses are lower case. Google does
 * not document it; clients are written for it, as normalizeIamMemberCasing and MergeBindings of
 * https://github.com/hashicorp/terraform-provider-google/blob/main/google/tpgiamresource/iam.go
 */
export function tidied(bindings: readonly Binding[]): readonly Binding[] {
  const merged = new Map<string, Binding>()
  for (const { members = [], ...rest } of bindings) {
    const key = JSON.stringify([rest.role, rest.condition])
    const before = merged.get(key)?.members ?? []
    merged.set(key, { ...rest, members: [...new Set([...before, ...members.map(lowered)])] })
  }
  return [...merged.values()]
}

const lowered = (member: string) =>
  /^(user|group|domain|serviceAccount):/.test(member)
    ? member.replace(/:.*/s, (email) => email.toLowerCase())
    : member

/** https://cloud.google.com/storage/docs/public-access-prevention; a 412 with this reason, as Terraform's users meet it. */
export function mustNotBePublic({ iamConfiguration }: Json, bindings: readonly Binding[]): void {
  const { publicAccessPrevention } = (iamConfiguration ?? {}) as Readonly<Record<string, unknown>>
  const isPublic = bindings.some(({ members }) => members.some((member) => member.startsWith('all')))
  if (publicAccessPrevention !== 'enforced' || !isPublic) return
  const words =
    'The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced.'
  throw storageError(412, 'conditionNotMet', words)
}

/** https://cloud.google.com/iam/docs/reference/rest/v1/Policy#binding, https://cloud.google.com/iam/docs/conditions-overview#limitations */
function mustHaveMembers(
  role: string,
  members: Binding['members'] | undefined,
  condition: Binding['condition'],
): void {
  if (!members || members.length === 0) throw invalid(`The binding of ${role} has no members.`)
  if (condition === undefined) return
  if (!condition.expression || !condition.title) throw invalid('A condition needs a title and an expression.')
  if (members.some((member) => member === 'allUsers' || member === 'allAuthenticatedUsers'))
    throw invalid('Conditions cannot be used with allUsers or allAuthenticatedUsers.')
}

/**
 * The words for a predefined role: https://github.com/hashicorp/terraform-provider-google/issues/9130
 * That a custom role which does not exist, is deleted or belongs to another project is answered in the same words
 * could not be confirmed.
 */
function mustBeRole({ roles, buckets }: World, bucket: string, role: string): void {
  if (predefinedRoles.has(role)) return
  const custom = roles.get(role)
  const isOfProject = role.startsWith(`projects/${buckets.get(bucket)?.projectId}/roles/`)
  if (custom && custom.deletedDaysAgo === undefined && isOfProject) return
  throw invalid(`Role ${role} is not supported for this resource.`)
}

const types =
  /^(user|group|domain|serviceAccount|projectOwner|projectEditor|projectViewer|deleted|principal|principalSet):/

/**
 * Of an unknown kind: https://github.com/kestra-io/plugin-gcp/issues/318
 * A service account that does not exist: https://github.com/GoogleCloudPlatform/dotnet-docs-samples/issues/1131
 */
function mustBeMember(world: World, member: string): void {
  if (member === 'allUsers' || member === 'allAuthenticatedUsers') return
  if (!types.test(member))
    throw invalid(
      `The member ${member} is of an unknown type. Please set a valid type prefix for the member.`,
    )
  const [type, email = ''] = member.split(/:(.*)/s)
  if (type === 'serviceAccount' && !serviceAccountExists(world, email))
    throw invalid(`Service account ${email} does not exist.`)
}

const invalid = (words: string) => storageError(400, 'invalid', words)
