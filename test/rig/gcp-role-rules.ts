/** What a custom role may look like. https://cloud.google.com/iam/quotas#limits */
import { iamError } from './gcp-answers.ts'
import type { StoredRole, World } from './gcp-world.ts'

const stages = ['ALPHA', 'BETA', 'GA', 'DEPRECATED', 'DISABLED', 'EAP']

/** Throws a 400 (or a 429 for one role too many) where IAM refuses. `before` is the role as it is, when there is one. */
export function mustBeRole(world: World, roleId: string, role: StoredRole, before?: StoredRole): void {
  const { title, description, includedPermissions, stage, name } = role
  if (!/^[A-Za-z0-9_.]{3,64}$/.test(roleId))
    throw invalid(`The role_id (${roleId}) must match [a-zA-Z0-9_\\.]{3,64}.`)
  if (Buffer.byteLength(title) > 100) throw invalid('The title is longer than 100 bytes.')
  if (Buffer.byteLength(description) > 300) throw invalid('The description is longer than 300 bytes.')
  if (!stages.includes(stage)) throw invalid(`Unknown stage: ${stage}`)
  if (includedPermissions.length > 3000) throw invalid('A role has at most 3000 permissions.')
  const unknown = includedPermissions.find((permission) => !isPermission(permission))
  if (unknown !== undefined) throw invalid(`Permission ${unknown} is not valid.`)
  if (!before && rolesBeside(world, name) >= 300)
    throw iamError(429, 'RESOURCE_EXHAUSTED', 'Maximum number of roles reached. Maximum is: 300')
}

/** As `storage.objects.get`; those of storage must be among the ones that there are. */
function isPermission(permission: string): boolean {
  if (permission.startsWith('storage.')) return storagePermission.test(permission)
  return /^[a-z]\w*\.[A-Za-z]\w*\.[a-z]\w*$/.test(permission)
}

/** https://cloud.google.com/storage/docs/access-control/iam-permissions, as far as integrations need them */
const storagePermission =
  /^storage\.(buckets\.(create|delete|get|getIamPolicy|list|setIamPolicy|update)|objects\.(create|delete|get|getIamPolicy|list|setIamPolicy|update)|multipartUploads\.(abort|create|list|listParts)|folders\.\w+|managedFolders\.\w+)$/

/** A deleted role counts for 7 days: https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles/delete */
function rolesBeside({ roles }: World, name: string): number {
  const parent = name.split('/roles/')[0]
  return [...roles.values()].filter(
    (one) => one.name.startsWith(`${parent}/roles/`) && (one.deletedDaysAgo ?? 0) < 7,
  ).length
}

const invalid = (words: string) => iamError(400, 'INVALID_ARGUMENT', words)
