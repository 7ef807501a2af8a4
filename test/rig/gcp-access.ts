/** Who may do what with a bucket and its objects: rights in the project, and the bucket's policy. */
import { storageError } from './gcp-answers.ts'
import { type ConditionFacts, conditionHolds } from './gcp-condition.ts'
import { predefinedRoles } from './gcp-predefined-roles.ts'
import type { Call, World } from './gcp-world.ts'

export interface Binding {
  readonly role: string
  readonly members: readonly string[]
  readonly condition?: { readonly title?: string; readonly expression?: string }
}

/** What a permission is asked for. */
export interface Place {
  readonly bucket: string
  readonly object?: string
  /** Of a listing. */
  readonly prefix?: string
}

/** Throws a 403 in Google's words unless the caller has the permission, or a 404 when there is no such bucket. */
export async function mustBeAllowed(
  world: World,
  call: Call,
  permission: string,
  place: Place,
): Promise<void> {
  mustExist(world, place.bucket)
  if (await isAllowed(world, call.caller.principal, permission, place)) return
  throw forbidden(call.caller.principal, permission, place)
}

export function mustExist(world: World, bucket: string): void {
  if (!world.buckets.has(bucket)) throw storageError(404, 'notFound', 'The specified bucket does not exist.')
}

/** The words: https://github.com/substratusai/runbooks/issues/31 */
export function forbidden(principal: string, permission: string, { object }: Partial<Place> = {}) {
  const thing = object === undefined ? 'bucket' : 'object'
  const words = `${principal} does not have ${permission} access to the Google Cloud Storage ${thing}. Permission '${permission}' denied on resource (or it may not exist).`
  return storageError(403, 'forbidden', words)
}

export async function isAllowed(
  world: World,
  principal: string,
  permission: string,
  place: Place,
): Promise<boolean> {
  if (world.people.isDenied(principal, permission)) return false
  const projectId = world.buckets.get(place.bucket)?.projectId ?? ''
  if (world.people.mayInProject(principal, projectId, permission)) return true
  const bindings = await bindingsOf(world, place.bucket)
  return bindings.some(
    ({ role, members, condition }) =>
      members.some((member) => isMember(member, principal)) &&
      permissionsOf(world, role).includes(permission) &&
      (condition === undefined || conditionHolds(condition.expression ?? '', factsOf(place))),
  )
}

/**
 * Bindings of a custom role are removed 7 days after its deletion:
 * https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles/delete
 */
export async function bindingsOf(world: World, bucket: string): Promise<readonly Binding[]> {
  const { body } = await world.emulator.send({ method: 'GET', path: `/storage/v1/b/${bucket}/iam` })
  const bindings: readonly Binding[] = JSON.parse(body.toString()).bindings
  const lasting = bindings.filter(({ role }) => (world.roles.get(role)?.deletedDaysAgo ?? 0) < 7)
  return lasting.map((binding) => ({
    ...binding,
    members: binding.members.map((member) => asDeleted(world, member)),
  }))
}

/** How a member shows that was deleted: https://cloud.google.com/iam/docs/policies#handle-deleted-members */
function asDeleted({ serviceAccounts: { gone } }: World, member: string): string {
  const email = member.replace(/^serviceAccount:/, '')
  return email !== member && gone.has(email) ? `deleted:${member}?uid=100000000000000000001` : member
}

/** A role that was deleted gives nothing: https://cloud.google.com/iam/docs/creating-custom-roles#deleting-custom-role */
function permissionsOf(world: World, role: string): readonly string[] {
  const custom = world.roles.get(role)
  if (!custom) return predefinedRoles.get(role) ?? []
  const isActive = custom.deletedDaysAgo === undefined && custom.stage !== 'DISABLED'
  return isActive ? custom.includedPermissions : []
}

/** https://cloud.google.com/iam/docs/principal-identifiers */
function isMember(member: string, principal: string): boolean {
  if (member === 'allUsers' || member === 'allAuthenticatedUsers' || member === principal) return true
  const everybodyOf = /^principalSet:(.+)\/\*$/.exec(member)?.[1]
  if (everybodyOf !== undefined) return principal.startsWith(`principal:${everybodyOf}/subject/`)
  return member === `serviceAccount:${principal}` || member === `user:${principal}`
}

/** https://cloud.google.com/iam/docs/conditions-resource-attributes#resource-name */
function factsOf({ bucket, object, prefix }: Place): ConditionFacts {
  const inBucket = `projects/_/buckets/${bucket}`
  return {
    resourceName: object === undefined ? inBucket : `${inBucket}/objects/${object}`,
    resourceType: `storage.googleapis.com/${object === undefined ? 'Bucket' : 'Object'}`,
    attributes: prefix === undefined ? {} : { 'storage.googleapis.com/objectListPrefix': prefix },
  }
}
