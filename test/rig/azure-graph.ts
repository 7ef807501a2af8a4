/** Microsoft Graph: service principals of a tenant. https://learn.microsoft.com/en-us/graph/api/resources/serviceprincipal */
import { randomUUID } from 'node:crypto'
import { type Answer, graphError, ok } from './azure-answers.ts'
import type { Caller, ServicePrincipal } from './azure-directory.ts'
import { type Incoming, type Json, jsonIn, tokenIn } from './azure-incoming.ts'
import type { FindTask, World } from './azure-world.ts'

type Serve = (world: World, caller: Caller, incoming: Incoming, id: string) => Answer | Promise<Answer>

interface GraphOperation {
  readonly id: string
  readonly method: string
  readonly path: RegExp
  /** One of them is enough. */
  readonly permissions: readonly string[]
  readonly serve: Serve
}

const ALL = '/v1.0/servicePrincipals'
const ONE = /^\/v1\.0\/servicePrincipals(?:\/([^/()]+)|\(appId='([^']+)'\))$/
const WRITE = ['Application.ReadWrite.OwnedBy', 'Application.ReadWrite.All', 'Directory.ReadWrite.All']
const READ = ['Application.Read.All', 'Directory.Read.All', ...WRITE]

/** Permissions: https://learn.microsoft.com/en-us/graph/api/serviceprincipal-post-serviceprincipals and its neighbours. */
const operations: readonly GraphOperation[] = [
  { id: 'servicePrincipals.list', method: 'GET', path: exactly(ALL), permissions: READ, serve: list },
  { id: 'servicePrincipals.get', method: 'GET', path: ONE, permissions: READ, serve: get },
  { id: 'servicePrincipals.create', method: 'POST', path: exactly(ALL), permissions: WRITE, serve: create },
  { id: 'servicePrincipals.update', method: 'PATCH', path: ONE, permissions: WRITE, serve: update },
  { id: 'servicePrincipals.delete', method: 'DELETE', path: ONE, permissions: WRITE, serve: remove },
]

function exactly(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.')}$`)
}

export const graphTask: FindTask = (world, incoming) => {
  const { method, url } = incoming
  const path = decodeURIComponent(url.pathname)
  const operation = operations.find((one) => one.method === method && one.path.test(path))
  if (!operation) return undefined
  const caller = world.directory.callerOf(tokenIn(incoming) ?? '')
  const [, id, appId] = operation.path.exec(path) ?? []
  return {
    operation: operation.id,
    principal: caller?.clientId ?? '',
    serve() {
      if (caller?.audience !== 'graph')
        throw graphError(
          401,
          'InvalidAuthenticationToken',
          'Access token validation failure. Invalid audience.',
        )
      const had = world.rights.graphPermissions(caller.clientId)
      if (!operation.permissions.some((one) => had.includes(one))) throw denied()
      const found = appId === undefined ? id : world.directory.principalOf(caller.tenantId, appId)?.id
      return operation.serve(world, caller, incoming, found ?? '')
    },
  }
}

function denied(message = 'Insufficient privileges to complete the operation.'): Error {
  return graphError(403, 'Authorization_RequestDenied', message)
}

function shown(principal: ServicePrincipal): Json {
  const { tenantId: _, ...rest } = principal
  return { accountEnabled: true, ...rest, servicePrincipalType: 'Application' }
}

/** https://learn.microsoft.com/en-us/graph/query-parameters#select */
function selected(url: URL): (whole: Json) => Json {
  const names = url.searchParams.get('$select')?.split(',')
  return (whole) =>
    names ? Object.fromEntries(names.flatMap((name) => (name in whole ? [[name, whole[name]]] : []))) : whole
}

/** Of filters it knows the one by application: https://learn.microsoft.com/en-us/graph/api/serviceprincipal-list */
function list(world: World, { tenantId }: Caller, { url }: Incoming): Answer {
  const filter = url.searchParams.get('$filter')
  const [, appId] = /^appId eq '([^']*)'$/.exec(filter ?? '') ?? []
  if (filter !== null && appId === undefined)
    throw graphError(400, 'Request_UnsupportedQuery', `Unsupported Query: ${filter}.`)
  const all = [...world.directory.principals.values()].filter((one) => one.tenantId === tenantId)
  const found = appId === undefined ? all : all.filter((one) => one.appId === appId.toLowerCase())
  const context = `${world.endpoints.graph}/v1.0/$metadata#servicePrincipals`
  return ok({ '@odata.context': context, value: found.map(shown).map(selected(url)) })
}

function principalIn(world: World, { tenantId }: Caller, id: string): ServicePrincipal {
  const found = world.directory.principals.get(id)
  if (found?.tenantId === tenantId) return found
  const words = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`
  throw graphError(404, 'Request_ResourceNotFound', words)
}

function get(world: World, caller: Caller, { url }: Incoming, id: string): Answer {
  return ok(selected(url)(shown(principalIn(world, caller, id))))
}

/**
 * 201. Unknown applications: the words and NoBackingApplicationObject are those of
 * https://github.com/kubernetes-retired/kubernetes-anywhere/issues/248; NOT CONFIRMED is that Graph has the code in `details`. With
 * Application.ReadWrite.OwnedBy alone the application must be of the same tenant (https://github.com/Azure/azure-cli/issues/28009).
 */
async function create(world: World, caller: Caller, { body }: Incoming): Promise<Answer> {
  const { appId, notes, tags } = checked(jsonIn(body) ?? {}, ['appId', 'notes', 'tags'])
  const app = world.directory.applications.get(`${appId}`.toLowerCase())
  if (!app) throw noApplication()
  const isOwnedOnly = !world.rights
    .graphPermissions(caller.clientId)
    .some((one) => one.endsWith('.All') && WRITE.includes(one))
  if (isOwnedOnly && app.homeTenant !== caller.tenantId)
    throw denied(
      'When using this permission, the backing application of the service principal being created must in the local tenant',
    )
  if (world.directory.principalOf(caller.tenantId, app.appId)) throw exists(app.appId)
  const principal = world.directory.addPrincipal(caller.tenantId, app)
  Object.assign(principal, { ...(notes !== undefined && { notes }), ...(tags !== undefined && { tags }) })
  if (world.settings.holdsPrincipals) world.held.add(principal.id)
  else await world.manager.control('PUT', `principals/${caller.tenantId}/${principal.id}`)
  return ok(shown(principal), 201)
}

function noApplication(): Error {
  const message = 'The appId of the service principal does not reference a valid application object.'
  const detail = { code: 'NoBackingApplicationObject', message, target: 'appId' }
  return graphError(400, 'Request_BadRequest', message, { details: [detail] })
}

/** Code and words: https://github.com/Azure/reliable-web-app-pattern-java/issues/185 */
function exists(appId: string): Error {
  const words = `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`
  return graphError(409, 'Request_MultipleObjectsWithSameKeyValue', words)
}

/** https://learn.microsoft.com/en-us/graph/api/serviceprincipal-update: 204. */
function update(world: World, caller: Caller, { body }: Incoming, id: string): Answer {
  const principal = principalIn(world, caller, id)
  Object.assign(principal, checked(jsonIn(body) ?? {}, ['notes', 'tags', 'accountEnabled']))
  return { status: 204 }
}

function checked(json: Json, known: readonly string[]): Json {
  const stranger = Object.keys(json).find((name) => !known.includes(name))
  if (stranger === undefined) return json
  const words = `Invalid property '${stranger}'.`
  throw graphError(400, 'Request_BadRequest', words)
}

/** 204; Resource Manager forgets the principal, and its assignments stay: https://learn.microsoft.com/en-us/azure/role-based-access-control/troubleshooting#symptom---role-assignments-with-identity-not-found */
async function remove(world: World, caller: Caller, _: Incoming, id: string): Promise<Answer> {
  principalIn(world, caller, id)
  world.directory.principals.delete(id)
  world.held.delete(id)
  await world.manager.control('DELETE', `principals/${caller.tenantId}/${id}`)
  return { status: 204, headers: { 'request-id': randomUUID() } }
}
