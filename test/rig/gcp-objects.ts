/** Objects: judged by the bucket's policy, then served by the emulator. https://cloud.google.com/storage/docs/json_api/v1/objects */
import { isAllowed, mustBeAllowed } from './gcp-access.ts'
import { type Answer, storageError } from './gcp-answers.ts'
import { type CrossOriginRequest, sharingHeaders } from './gcp-cors.ts'
import type { Caller } from './gcp-people.ts'
import type { Call, Serve, World } from './gcp-world.ts'

/** The permissions: https://cloud.google.com/storage/docs/access-control/iam-json#object-perms */
export const objectOperations: Readonly<Record<string, Serve>> = {
  'storage.objects.get': needing('storage.objects.get'),
  'storage.objects.delete': needing('storage.objects.delete'),
  'storage.objects.patch': needing('storage.objects.update'),
  'storage.objects.insert': insert,
  'storage.objects.list': list,
}

function needing(permission: string): Serve {
  return async (world, call) => {
    const { bucket = '', object = '' } = call.parameters
    await mustBeAllowed(world, call, permission, { bucket, object })
    return passOn(world, call)
  }
}

/** Whoever replaces an object deletes the one that was there. */
async function insert(world: World, call: Call): Promise<Answer> {
  const { bucket = '' } = call.parameters
  const object = call.query.get('name') ?? String(call.json.name ?? nameInside(call.body))
  // The later parts of a resumable upload name only the upload.
  if (call.query.has('upload_id')) return passOn(world, call)
  await mustBeAllowed(world, call, 'storage.objects.create', { bucket, object })
  const { status } = await world.emulator.send({
    method: 'GET',
    path: `/storage/v1/b/${bucket}/o/${encodeURIComponent(object)}`,
  })
  if (status === 200) await mustBeAllowed(world, call, 'storage.objects.delete', { bucket, object })
  return passOn(world, call)
}

/** A multipart upload says the name in its first part. */
const nameInside = (body: Buffer) => /"name"\s*:\s*"([^"]+)"/.exec(body.toString('latin1'))?.[1] ?? ''

async function list(world: World, call: Call): Promise<Answer> {
  const { bucket = '' } = call.parameters
  const prefix = call.query.get('prefix') ?? ''
  await mustBeAllowed(world, call, 'storage.objects.list', { bucket, prefix })
  return passOn(world, call)
}

async function passOn(world: World, call: Call): Promise<Answer> {
  const { method, path, headers, body, parameters } = call
  const { authorization, 'accept-encoding': _, ...passed } = headers
  const answer = await world.emulator.send({ method, path, headers: passed, body })
  if (answer.status === 404)
    throw storageError(404, 'notFound', `No such object: ${parameters.bucket}/${parameters.object}`)
  const { 'content-length': __, connection, server, date, ...shown } = answer.headers
  return { status: answer.status, headers: shown as Answer['headers'] & object, bytes: answer.body }
}

/** `GET /<bucket>/<object>` of the XML API, as a browser asks, with the headers of the CORS configuration. */
export async function readAsBrowser(
  world: World,
  caller: Caller | undefined,
  { bucket, object, origin, method }: CrossOriginRequest & { readonly object: string },
): Promise<Answer> {
  const headers = origin === '' ? {} : await sharingHeaders(world, { bucket, origin, method })
  if (!caller) return { status: 401, headers }
  if (!world.buckets.has(bucket)) return { status: 404, headers }
  const isFree = await isAllowed(world, caller.principal, 'storage.objects.get', { bucket, object })
  if (!isFree) return { status: 403, headers }
  const path = `/storage/v1/b/${bucket}/o/${encodeURIComponent(object)}?alt=media`
  const { status, body } = await world.emulator.send({ method: 'GET', path })
  return { status, headers, bytes: body }
}
