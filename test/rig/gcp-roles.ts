/** Custom roles of projects. https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles */
import { type Answer, iamError, ok } from './gcp-answers.ts'
import { predefinedRoles } from './gcp-predefined-roles.ts'
import { mustBeRole } from './gcp-role-rules.ts'
import { type Call, etagOf, type Json, type Serve, type StoredRole, type World } from './gcp-world.ts'

export const roleOperations: Readonly<Record<string, Serve>> = {
  'iam.projects.roles.create': create,
  'iam.projects.roles.get': get,
  'iam.projects.roles.list': list,
  'iam.projects.roles.patch': patch,
  'iam.projects.roles.delete': remove,
  'iam.projects.roles.undelete': undelete,
  'iam.roles.get': getPredefined,
}

const nameOf = ({ parameters: { projectsId, rolesId } }: Call) => `projects/${projectsId}/roles/${rolesId}`

/**
 * A deleted role keeps its ID for 37 days. The words:
 * https://github.com/terraform-google-modules/terraform-google-bastion-host/issues/14
 */
function create(world: World, call: Call): Answer {
  const { projectsId } = call.parameters
  const { roleId = '', role = {} } = call.json as {
    readonly roleId?: string
    readonly role?: Partial<StoredRole>
  }
  const name = `projects/${projectsId}/roles/${roleId}`
  mustBeAllowed(world, call, 'iam.roles.create', `projects/${projectsId}`)
  const there = world.roles.get(name)
  if (there && there.deletedDaysAgo === undefined)
    throw iamError(409, 'ALREADY_EXISTS', `A role named ${roleId} in projects/${projectsId} already exists.`)
  if (there && (there.deletedDaysAgo ?? 0) < 37)
    throw iamError(
      400,
      'FAILED_PRECONDITION',
      `You can't create a role_id (${roleId}) which has been marked for deletion.`,
    )
  const { title = '', description = '', includedPermissions = [], stage = 'ALPHA' } = role
  const made = { name, title, description, includedPermissions, stage, version: 1 }
  mustBeRole(world, roleId, made)
  world.roles.set(name, made)
  return ok(shown(made))
}

function get(world: World, call: Call): Answer {
  mustBeAllowed(world, call, 'iam.roles.get', nameOf(call))
  return ok(shown(mustBeThere(world, nameOf(call))))
}

/** https://cloud.google.com/iam/docs/reference/rest/v1/roles/get */
function getPredefined(_world: World, { parameters: { rolesId } }: Call): Answer {
  const name = `roles/${rolesId}`
  const includedPermissions = predefinedRoles.get(name)
  if (!includedPermissions) throw notFound(name)
  return ok({ name, title: name, stage: 'GA', etag: 'AA==', includedPermissions })
}

/** Permissions are listed only in the full view, deleted roles only when asked for. */
function list(world: World, call: Call): Answer {
  const parent = `projects/${call.parameters.projectsId}`
  mustBeAllowed(world, call, 'iam.roles.list', parent)
  const withDeleted = call.query.get('showDeleted') === 'true'
  const roles = [...world.roles.values()]
    .filter(
      ({ name, deletedDaysAgo: days }) =>
        name.startsWith(`${parent}/`) && (days ?? 0) < 37 && (withDeleted || days === undefined),
    )
    .map((role) => {
      const { includedPermissions, ...basic } = shown(role)
      return call.query.get('view') === 'FULL' ? { ...basic, includedPermissions } : basic
    })
  return ok(page(roles, call.query))
}

/** 300 roles at a time, or fewer when asked: https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles/list */
function page(roles: readonly Json[], query: URLSearchParams): Json {
  const from = Number(query.get('pageToken') ?? 0)
  const until = from + Math.min(Number(query.get('pageSize') ?? 300), 1000)
  const shownRoles = roles.slice(from, until)
  return {
    ...(shownRoles.length > 0 && { roles: shownRoles }),
    ...(until < roles.length && { nextPageToken: String(until) }),
  }
}

/**
 * Without a mask every field that the body names is replaced; https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles/patch
 * A role that is deleted must be undeleted first: https://github.com/hashicorp/terraform-provider-google/pull/1681
 */
function patch(world: World, call: Call): Answer {
  const name = nameOf(call)
  mustBeAllowed(world, call, 'iam.roles.update', name)
  const before = mustBeThere(world, name)
  mustBeCurrent(before, call.json.etag)
  mustNotBeDeleted(before, 'update')
  const mask = call.query.get('updateMask')?.split(',') ?? Object.keys(call.json)
  const after = { ...before, ...changes(call.json, mask), version: before.version + 1 }
  mustBeRole(world, call.parameters.rolesId ?? '', after, before)
  world.roles.set(name, after)
  return ok(shown(after))
}

const masks: Readonly<Record<string, unknown>> = {
  title: '',
  description: '',
  stage: 'ALPHA',
  includedPermissions: [],
}

function changes(body: Json, mask: readonly string[]): Json {
  const unknown = mask.find((field) => !(field in masks) && !['etag', 'name', 'deleted'].includes(field))
  if (unknown !== undefined) throw iamError(400, 'INVALID_ARGUMENT', `Invalid update mask: ${unknown}`)
  const named = mask.map((field) => field.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()))
  return Object.fromEntries(
    named.filter((field) => field in masks).map((field) => [field, body[field] ?? masks[field]]),
  )
}

/** It stays to be seen, and can be brought back, for 7 days: https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles/delete */
function remove(world: World, call: Call): Answer {
  const name = nameOf(call)
  mustBeAllowed(world, call, 'iam.roles.delete', name)
  const before = mustBeThere(world, name)
  mustBeCurrent(before, call.query.get('etag') ?? undefined)
  mustNotBeDeleted(before, 'delete')
  const after = { ...before, deletedDaysAgo: 0, version: before.version + 1 }
  world.roles.set(name, after)
  return ok(shown(after))
}

function undelete(world: World, call: Call): Answer {
  const name = nameOf(call)
  mustBeAllowed(world, call, 'iam.roles.undelete', name)
  const { deletedDaysAgo, ...before } = mustBeThere(world, name)
  mustBeCurrent(before, call.json.etag)
  if (deletedDaysAgo === undefined)
    throw iamError(
      400,
      'FAILED_PRECONDITION',
      `You can't undelete role_id (${call.parameters.rolesId}) which isn't deleted.`,
    )
  const after = { ...before, version: before.version + 1 }
  world.roles.set(name, after)
  return ok(shown(after))
}

/** A role is found for the 7 days after its deletion. What is answered later could not be confirmed. */
function mustBeThere({ roles }: World, name: string): StoredRole {
  const role = roles.get(name)
  if (!role || (role.deletedDaysAgo ?? 0) >= 7) throw notFound(name)
  return role
}

const notFound = (name: string) => iamError(404, 'NOT_FOUND', `The role named ${name} was not found.`)

/** https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles#Role; the words are those for policies. */
function mustBeCurrent(role: StoredRole, etag: unknown): void {
  if (etag === undefined || etag === '' || etag === etagOf(role.version)) return
  const words =
    'There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.'
  throw iamError(409, 'ABORTED', words)
}

/** The status is the one of a creation; the words could not be confirmed. */
function mustNotBeDeleted({ name, deletedDaysAgo }: StoredRole, verb: string): void {
  if (deletedDaysAgo === undefined) return
  const words = `You can't ${verb} role_id (${name.split('/').at(-1)}) which has been marked for deletion.`
  throw iamError(400, 'FAILED_PRECONDITION', words)
}

/** https://cloud.google.com/iam/docs/permission-error-messages */
function mustBeAllowed({ people }: World, { caller }: Call, permission: string, resource: string): void {
  const { principal } = caller
  const projectId = resource.split('/')[1] ?? ''
  if (!people.isDenied(principal, permission) && people.mayInProject(principal, projectId, permission)) return
  throw iamError(
    403,
    'PERMISSION_DENIED',
    `Permission '${permission}' denied on resource (or it may not exist).`,
  )
}

/** The stage is not told while it is ALPHA: the discovery document, schema Role. Empty fields are left out. */
function shown(role: StoredRole): Json {
  const { version, deletedDaysAgo, stage, title, description, includedPermissions, name } = role
  return {
    name,
    etag: etagOf(version),
    ...(title && { title }),
    ...(description && { description }),
    ...(stage !== 'ALPHA' && { stage }),
    ...(includedPermissions.length > 0 && { includedPermissions: [...includedPermissions].sort() }),
    ...(deletedDaysAgo !== undefined && { deleted: true }),
  }
}
