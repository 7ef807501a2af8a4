/** Buckets: what Cloud Storage does and the emulator does not. https://cloud.google.com/storage/docs/json_api/v1/buckets */
import { mustBeAllowed } from './gcp-access.ts'
import { type Answer, ok, storageError } from './gcp-answers.ts'
import { mustHaveRoom, spend } from './gcp-bucket-pace.ts'
import { makePolicy, mustNotHaveConditions } from './gcp-bucket-policy.ts'
import { isUniform, makeBucket, merged, readBucket, shown, writeBucket } from './gcp-bucket-store.ts'
import type { Call, Serve, World } from './gcp-world.ts'

export const bucketOperations: Readonly<Record<string, Serve>> = {
  'storage.buckets.get': get,
  'storage.buckets.list': list,
  'storage.buckets.insert': insert,
  'storage.buckets.patch': patch,
  'storage.buckets.delete': remove,
}

async function get(world: World, call: Call): Promise<Answer> {
  const { bucket = '' } = call.parameters
  await mustBeAllowed(world, call, 'storage.buckets.get', { bucket })
  await mayBeFull(world, call, bucket)
  mustMatch(world, call)
  return ok(shown(world, await readBucket(world, bucket), call))
}

async function list(world: World, call: Call): Promise<Answer> {
  const project = call.query.get('project') ?? ''
  const prefix = call.query.get('prefix') ?? ''
  mustBeAllowedInProject(world, call, 'storage.buckets.list', project)
  const names = [...world.buckets].filter(
    ([name, facts]) => facts.projectId === project && name.startsWith(prefix),
  )
  const items = await Promise.all(
    names.map(async ([name]) => shown(world, await readBucket(world, name), call)),
  )
  return ok({ kind: 'storage#buckets', ...(items.length > 0 && { items }) })
}

/** The emulator keeps nothing but the name of a new bucket, so the rest is written after it. */
async function insert(world: World, call: Call): Promise<Answer> {
  const projectId = call.query.get('project')
  const name = String(call.json.name ?? '')
  if (!projectId) throw storageError(400, 'required', 'Required parameter: project')
  mustBeAllowedInProject(world, call, 'storage.buckets.create', projectId)
  const made = await makeBucket(world, name)
  world.buckets.set(name, { projectId, metageneration: 1 })
  await writeBucket(world, name, merged(made, call.json))
  await makePolicy(world, name)
  return ok(shown(world, await readBucket(world, name), call))
}

/**
 * Null removes, a list is replaced as a whole, and what is not named stays:
 * https://cloud.google.com/storage/docs/json_api#patch
 */
async function patch(world: World, call: Call): Promise<Answer> {
  const { bucket = '' } = call.parameters
  await mustBeAllowed(world, call, 'storage.buckets.update', { bucket })
  await mayBeFull(world, call, bucket)
  mustHaveRoom(world, call, bucket)
  mustMatch(world, call)
  const before = await readBucket(world, bucket)
  const after = merged(before, call.json)
  if (!isUniform(after)) await mustNotHaveConditions(world, bucket)
  await writeBucket(world, bucket, after)
  spend(world, call, bucket)
  return ok(shown(world, await readBucket(world, bucket), call))
}

/** Who asks for the access control lists needs more: https://cloud.google.com/storage/docs/access-control/iam-json */
async function mayBeFull(world: World, call: Call, bucket: string): Promise<void> {
  if (call.query.get('projection') !== 'full') return
  await mustBeAllowed(world, call, 'storage.buckets.getIamPolicy', { bucket })
}

async function remove(world: World, call: Call): Promise<Answer> {
  const { bucket = '' } = call.parameters
  await mustBeAllowed(world, call, 'storage.buckets.delete', { bucket })
  mustMatch(world, call)
  const { status } = await world.emulator.send({ method: 'DELETE', path: `/storage/v1/b/${bucket}` })
  if (status === 409) throw storageError(409, 'conflict', 'The bucket you tried to delete is not empty.')
  world.buckets.delete(bucket)
  return { status: 204 }
}

function mustBeAllowedInProject(world: World, { caller }: Call, permission: string, projectId: string): void {
  const { principal } = caller
  const isDenied = world.people.isDenied(principal, permission)
  if (!isDenied && world.people.mayInProject(principal, projectId, permission)) return
  const words = `${principal} does not have ${permission} access to the Google Cloud project. Permission '${permission}' denied on resource (or it may not exist).`
  throw storageError(403, 'forbidden', words)
}

/** https://cloud.google.com/storage/docs/request-preconditions and …/json_api/v1/status-codes#412-precondition-failed */
function mustMatch({ buckets }: World, { parameters: { bucket = '' }, query }: Call): void {
  const current = String(buckets.get(bucket)?.metageneration)
  const wanted = query.get('ifMetagenerationMatch')
  const unwanted = query.get('ifMetagenerationNotMatch')
  if ((wanted !== null && wanted !== current) || unwanted === current)
    throw storageError(
      412,
      'conditionNotMet',
      'At least one of the pre-conditions you specified did not hold.',
    )
}
