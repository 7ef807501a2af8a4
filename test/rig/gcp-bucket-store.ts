/** Reads and writes buckets of the emulator, and shows them as Cloud Storage does. */
import { Refusal } from './gcp-answers.ts'
import { type Call, etagOf, type Json, projectNumber, type World } from './gcp-world.ts'

export async function readBucket(world: World, bucket: string): Promise<Json> {
  return send(world, 'GET', `/storage/v1/b/${bucket}`)
}

/** A new bucket; the emulator keeps nothing of it but the name. */
export async function makeBucket(world: World, name: string): Promise<Json> {
  return send(world, 'POST', '/storage/v1/b', { name })
}

/** Everything that can be written to a bucket and that the emulator keeps. */
const kept = [
  ...['cors', 'lifecycle', 'labels', 'storageClass', 'versioning', 'website', 'billing', 'encryption'],
  ...['logging', 'iamConfiguration', 'retentionPolicy', 'softDeletePolicy', 'location'],
]

/** Only for reading; in a write they are ignored. https://cloud.google.com/storage/docs/json_api/v1/buckets#resource */
const readOnly = [
  ...['kind', 'id', 'selfLink', 'name', 'projectNumber', 'timeCreated', 'updated', 'metageneration'],
  ...['etag', 'locationType', 'owner', 'acl', 'defaultObjectAcl', 'generation'],
]

/** The emulator cannot remove anything, so what is removed is written as empty, and not shown. */
export async function writeBucket(world: World, bucket: string, after: Json): Promise<void> {
  const values = kept.map((name) => [name, after[name] ?? (name === 'cors' ? [] : {})])
  await send(world, 'PATCH', `/storage/v1/b/${bucket}`, Object.fromEntries(values))
}

/**
 * A bucket with the changes in it: null removes, a list replaces the list as a whole, and what is not named stays.
 * https://cloud.google.com/storage/docs/json_api#patch
 * @throws Error for what the emulator does not keep: a test that needs it would not see what it believes to see.
 */
export function merged(bucket: Json, changes: Json): Json {
  const unknown = Object.keys(changes).filter((name) => ![...kept, ...readOnly].includes(name))
  if (unknown.length > 0) throw new Error(`The test cloud does not keep ${unknown}.`)
  const writable = Object.entries(changes).filter(([name]) => kept.includes(name))
  return withUniformAccess(merge(bucket, Object.fromEntries(writable)))
}

function merge(before: Json, changes: Json): Json {
  const after: Record<string, unknown> = { ...before }
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete after[name]
    else after[name] = isObject(value) ? merge(isObject(after[name]) ? after[name] : {}, value) : value
  }
  return after
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

interface Access {
  readonly enabled?: boolean
  readonly lockedTime?: string
}

/**
 * Uniform bucket-level access has an older name, and can be taken back for 90 days:
 * https://cloud.google.com/storage/docs/uniform-bucket-level-access
 */
function withUniformAccess(bucket: Json): Json {
  const configuration = (bucket.iamConfiguration ?? {}) as Readonly<Record<string, Access>>
  const { enabled = false, lockedTime } = configuration.uniformBucketLevelAccess ?? {}
  const lockedFrom = lockedTime ?? new Date(Date.now() + 90 * 86_400_000).toISOString()
  const access = enabled ? { enabled, lockedTime: lockedFrom } : { enabled }
  const iamConfiguration = {
    publicAccessPrevention: 'inherited',
    ...configuration,
    ...{ uniformBucketLevelAccess: access, bucketPolicyOnly: access },
  }
  return { ...bucket, iamConfiguration }
}

export function isUniform(bucket: Json): boolean {
  const configuration = bucket.iamConfiguration as { readonly uniformBucketLevelAccess?: Access } | undefined
  return configuration?.uniformBucketLevelAccess?.enabled ?? false
}

/**
 * As Cloud Storage shows it: without access control lists unless these are asked for, and without what is empty.
 * https://cloud.google.com/storage/docs/json_api/v1/buckets/get#parameters
 */
export function shown({ buckets }: World, bucket: Json, { query }: Call): Json {
  const { acl, defaultObjectAcl, ...rest } = bucket
  const facts = buckets.get(String(bucket.name))
  const version = facts?.metageneration ?? 1
  const lists = query.get('projection') === 'full' && !isUniform(bucket) ? { acl, defaultObjectAcl } : {}
  const whole = {
    ...{ ...rest, ...lists },
    ...{
      projectNumber: projectNumber(facts?.projectId ?? ''),
      metageneration: String(version),
      etag: etagOf(version),
    },
    timeCreated: inMilliseconds(bucket.timeCreated),
    updated: inMilliseconds(bucket.updated),
  }
  return Object.fromEntries(
    Object.entries(whole).filter(([name, value]) => name === 'acl' || !isEmpty(value)),
  )
}

const inMilliseconds = (time: unknown) => new Date(String(time)).toISOString()

const isEmpty = (value: unknown) =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((inner) => Array.isArray(inner) && inner.length === 0)

async function send({ emulator }: World, method: string, path: string, body?: Json): Promise<Json> {
  const { status, body: answer } = await emulator.send({
    method,
    path,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: Buffer.from(JSON.stringify(body)) }),
  })
  const json = answer.length > 0 ? JSON.parse(answer.toString()) : {}
  if (status >= 400) throw new Refusal({ status, json }, `The emulator answers ${status}.`)
  return json
}
