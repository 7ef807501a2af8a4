/** The IAM policy of a bucket. https://cloud.google.com/storage/docs/json_api/v1/buckets/setIamPolicy */
import { type Binding, bindingsOf, isAllowed, mustBeAllowed, mustExist } from './gcp-access.ts'
import { type Answer, ok, storageError } from './gcp-answers.ts'
import { mustHaveRoom, spend } from './gcp-bucket-pace.ts'
import { isUniform, readBucket } from './gcp-bucket-store.ts'
import { mustBeGrantable, mustNotBePublic, tidied } from './gcp-policy-rules.ts'
import { type Call, etagOf, type Json, type Serve, type World } from './gcp-world.ts'

export const bucketPolicyOperations: Readonly<Record<string, Serve>> = {
  'storage.buckets.getIamPolicy': get,
  'storage.buckets.setIamPolicy': set,
  'storage.buckets.testIamPermissions': test,
}

/**
 * A policy with conditions is refused to whoever does not ask for version 3:
 * https://cloud.google.com/storage/docs/json_api/v1/buckets/getIamPolicy#parameters ("the request fails"); the words
 * are those of https://github.com/googleapis/google-cloud-ruby/pull/4466. That the real one answers so today could
 * not be confirmed: https://github.com/googleapis/python-storage/pull/53 saw it give way in 2020.
 */
async function get(world: World, call: Call): Promise<Answer> {
  const { bucket = '' } = call.parameters
  await mustBeAllowed(world, call, 'storage.buckets.getIamPolicy', { bucket })
  const bindings = await bindingsOf(world, bucket)
  const requested = Number(call.query.get('optionsRequestedPolicyVersion') ?? 1)
  if (![0, 1, 3].includes(requested))
    throw storageError(400, 'invalid', `Invalid policy version: ${requested}`)
  if (hasConditions(bindings) && requested < 3) {
    const words = `Requested policy version (${requested}) cannot be less than the existing policy version (3). For more information, please refer to https://cloud.google.com/iam/docs/policies#versions.`
    throw storageError(400, 'invalid', words)
  }
  return ok(policy(world, bucket, bindings))
}

async function set(world: World, call: Call): Promise<Answer> {
  const { bucket = '' } = call.parameters
  await mustBeAllowed(world, call, 'storage.buckets.setIamPolicy', { bucket })
  mustHaveRoom(world, call, bucket)
  const { etag, version = 1 } = call.json
  const bindings = tidied((call.json.bindings ?? []) as readonly Binding[])
  const before = await bindingsOf(world, bucket)
  mustBeCurrent(world, bucket, etag)
  mustBeVersion(Number(version), bindings, etag === undefined ? [] : before)
  const resource = await readBucket(world, bucket)
  if (hasConditions(bindings) && !isUniform(resource)) throw conditionsNeedUniformAccess()
  mustNotBePublic(resource, bindings)
  mustBeGrantable(world, bucket, bindings, before)
  await writeBindings(world, bucket, bindings)
  spend(world, call, bucket)
  return ok(policy(world, bucket, bindings))
}

/** No permission is needed for it: https://cloud.google.com/storage/docs/access-control/iam-json#bucket-perms */
async function test(world: World, call: Call): Promise<Answer> {
  const { bucket = '' } = call.parameters
  mustExist(world, bucket)
  const asked = call.query.getAll('permissions')
  const unknown = asked.find(
    (permission) => !/^storage\.(buckets|objects|managedFolders|folders)\.\w+$/.test(permission),
  )
  if (unknown !== undefined) throw storageError(400, 'invalid', `Invalid permission: ${unknown}`)
  const allowed = await Promise.all(
    asked.map((one) => isAllowed(world, call.caller.principal, one, { bucket })),
  )
  const permissions = asked.filter((_, index) => allowed[index])
  return ok({ kind: 'storage#testIamPermissionsResponse', ...(permissions.length > 0 && { permissions }) })
}

/**
 * The policy that a bucket has from the start: the project's owners, editors and viewers.
 * https://cloud.google.com/storage/docs/access-control/iam#convenience-values
 */
export async function makePolicy(world: World, bucket: string): Promise<void> {
  const projectId = world.buckets.get(bucket)?.projectId
  const owners = [`projectEditor:${projectId}`, `projectOwner:${projectId}`]
  const viewers = [`projectViewer:${projectId}`]
  const onObjects = [
    { role: 'roles/storage.legacyObjectOwner', members: owners },
    { role: 'roles/storage.legacyObjectReader', members: viewers },
  ]
  await writeBindings(world, bucket, [
    { role: 'roles/storage.legacyBucketOwner', members: owners },
    { role: 'roles/storage.legacyBucketReader', members: viewers },
    ...(isUniform(await readBucket(world, bucket)) ? onObjects : []),
  ])
}

/**
 * Conditions need uniform bucket-level access, which cannot be switched off while there are some:
 * https://cloud.google.com/storage/docs/uniform-bucket-level-access#considerations
 */
export async function mustNotHaveConditions(world: World, bucket: string): Promise<void> {
  if (hasConditions(await bindingsOf(world, bucket))) throw conditionsNeedUniformAccess()
}

/**
 * It is a 412 and not a 400, see test_bucket_get_set_iam_policy in
 * https://github.com/googleapis/python-storage/blob/main/tests/system/test_bucket.py
 * Only the words after the comma are from there. The reason is the one of other settings that do not fit:
 * https://github.com/terraform-google-modules/terraform-google-vault/issues/216
 */
const conditionsNeedUniformAccess = () =>
  storageError(
    412,
    'conditionNotMet',
    'To set conditions in the IAM policy of a bucket, enable uniform bucket-level access.',
  )

/** Real answers to a stale etag: https://github.com/hashicorp/terraform-provider-google/issues/7853 */
function mustBeCurrent(world: World, bucket: string, etag: unknown): void {
  if (etag === undefined || etag === '' || etag === policyEtag(world, bucket)) return
  throw storageError(412, 'conditionNotMet', 'Precondition Failed')
}

/**
 * Whoever touches a policy with conditions must say version 3: https://cloud.google.com/iam/docs/policies#versions
 * ("at least 3" is in the answer: test_bucket_get_set_iam_policy of python-storage.) Without an etag it is overwritten blindly.
 */
function mustBeVersion(version: number, after: readonly Binding[], before: readonly Binding[]): void {
  if (![0, 1, 3].includes(version)) throw storageError(400, 'invalid', `Invalid policy version: ${version}`)
  if (version >= 3 || !(hasConditions(after) || hasConditions(before))) return
  const words = `The specified policy version (${version}) must be at least 3 for a policy with conditions.`
  throw storageError(400, 'invalid', words)
}

const hasConditions = (bindings: readonly Binding[]) =>
  bindings.some(({ condition }) => condition !== undefined)

/** The policy's version is 3 only where it has conditions, whatever is asked for (python-storage, the same test). */
function policy(world: World, bucket: string, bindings: readonly Binding[]): Json {
  const resourceId = `projects/_/buckets/${bucket}`
  const version = hasConditions(bindings) ? 3 : 1
  return { kind: 'storage#policy', resourceId, version, etag: policyEtag(world, bucket), bindings }
}

/**
 * It changes with every change of the bucket, those of other documents included. What it is made of is not documented:
 * answers that were made public look like the metageneration, and a client that bears this bears less, too.
 */
const policyEtag = ({ buckets }: World, bucket: string) => etagOf(buckets.get(bucket)?.metageneration ?? 1)

async function writeBindings(
  { emulator }: World,
  bucket: string,
  bindings: readonly Binding[],
): Promise<void> {
  await emulator.send({
    method: 'PUT',
    path: `/storage/v1/b/${bucket}/iam`,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ bindings })),
  })
}
