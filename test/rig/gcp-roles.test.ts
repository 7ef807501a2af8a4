/** Custom roles of the Google Cloud for tests. */
import { strict as assert } from 'node:assert'
import { before, describe, it } from 'node:test'
import { gcpAccount } from './gcp.ts'
import { ask, iamOf } from './gcp-clients.ts'
import type { GcpFacade } from './gcp-facade.ts'
import { gcp, uniqueName } from './shared.ts'

const world = {} as { cloud: GcpFacade }
before(async () => {
  world.cloud = await gcp()
})

const includedPermissions = ['storage.objects.get']

/** A project, and the paths of its roles. */
function newProject() {
  const account = gcpAccount(world.cloud, uniqueName('project'), { isUnpaced: true })
  const parent = `projects/${account.projectId}`
  const create = (roleId: string, role: object = { title: 'Reads', includedPermissions, stage: 'GA' }) =>
    ask(account, 'POST', `/v1/${parent}/roles`, { roleId, role })
  return { account, parent, create, name: (roleId: string) => `${parent}/roles/${roleId}` }
}

const errorOf = ({
  status,
  body,
}: {
  readonly status: number
  readonly body: { error?: { status: string } }
}) => [status, body.error?.status]

describe('a custom role', () => {
  it('lives with Google’s library: made, read, changed, deleted, brought back', async () => {
    const { account, parent, name } = newProject()
    const { roles } = iamOf(account).projects
    const role = { title: 'Reads', description: 'for clips', includedPermissions, stage: 'GA' }
    const { data: made } = await roles.create({ parent, requestBody: { roleId: 'reads', role } })
    assert.deepEqual(made, { name: name('reads'), etag: made.etag, ...role })
    const more = [...includedPermissions, 'storage.objects.list']
    const { data: changed } = await roles.patch({
      name: name('reads'),
      updateMask: 'includedPermissions',
      requestBody: { etag: made.etag ?? '', includedPermissions: more, title: 'not in the mask' },
    })
    assert.deepEqual(changed, { ...made, etag: changed.etag, includedPermissions: more })
    assert.notEqual(changed.etag, made.etag)
    await roles.delete({ name: name('reads') })
    assert.equal((await roles.get({ name: name('reads') })).data.deleted, true)
    const { data: back } = await roles.undelete({ name: name('reads'), requestBody: {} })
    assert.equal(back.deleted, undefined)
    assert.deepEqual(back.includedPermissions, more)
  })

  it('is made once', async () => {
    const { create } = newProject()
    assert.equal((await create('reads')).status, 200)
    assert.deepEqual(errorOf(await create('reads')), [409, 'ALREADY_EXISTS'])
  })

  it('that is not there is not found', async () => {
    const { account, name } = newProject()
    assert.deepEqual(errorOf(await ask(account, 'GET', `/v1/${name('none')}`)), [404, 'NOT_FOUND'])
  })

  it('is not changed by whoever saw an older one', async () => {
    const { account, create, name } = newProject()
    const { body: made } = await create('reads')
    const path = `/v1/${name('reads')}`
    await ask(account, 'PATCH', `${path}?updateMask=title`, { title: 'New' })
    for (const [method, where, body] of [
      ['PATCH', `${path}?updateMask=title`, { title: 'Newer', etag: made.etag }],
      ['DELETE', `${path}?etag=${encodeURIComponent(made.etag)}`, undefined],
    ] as const)
      assert.deepEqual(errorOf(await ask(account, method, where, body)), [409, 'ABORTED'], method)
  })

  it('that was deleted keeps its name for 37 days, and comes back within 7', async () => {
    const { account, create, name } = newProject()
    const path = `/v1/${name('reads')}`
    await create('reads')
    await ask(account, 'DELETE', path)
    const again = await create('reads')
    assert.deepEqual(errorOf(again), [400, 'FAILED_PRECONDITION'])
    assert.match(again.body.error.message, /role_id \(reads\) which has been marked for deletion/)
    const patched = await ask(account, 'PATCH', `${path}?updateMask=title`, { title: 'New' })
    assert.deepEqual(errorOf(patched), [400, 'FAILED_PRECONDITION'])
    world.cloud.ageDeletedRole(name('reads'), 8)
    assert.equal((await ask(account, 'POST', `${path}:undelete`, {})).status, 404)
    assert.equal((await create('reads')).status, 400)
    world.cloud.ageDeletedRole(name('reads'), 30)
    assert.equal((await create('reads')).status, 200)
  })

  it('is listed without its permissions, and deleted ones only on request', async () => {
    const { account, parent, create, name } = newProject()
    await create('one')
    await create('two')
    await ask(account, 'DELETE', `/v1/${name('two')}`)
    const list = async (query: string) =>
      (await ask(account, 'GET', `/v1/${parent}/roles${query}`)).body.roles.map(
        (role: { name: string; includedPermissions?: unknown }) =>
          `${role.name.split('/').at(-1)}${role.includedPermissions ? ' with permissions' : ''}`,
      )
    assert.deepEqual(await list(''), ['one'])
    assert.deepEqual(await list('?showDeleted=true'), ['one', 'two'])
    assert.deepEqual(await list('?view=FULL'), ['one with permissions'])
    const { body } = await ask(account, 'GET', `/v1/${parent}/roles?showDeleted=true&pageSize=1`)
    assert.equal(body.roles.length, 1)
    assert.deepEqual(await list(`?showDeleted=true&pageToken=${body.nextPageToken}`), ['two'])
  })

  for (const [why, roleId, role] of [
    ['a name with a dash', 'reads-clips', {}],
    ['a name of two letters', 'rc', {}],
    ['a title of 101 bytes', 'reads', { title: 'x'.repeat(101) }],
    ['a description of 301 bytes', 'reads', { description: 'ü'.repeat(151) }],
    ['a permission that is none', 'reads', { includedPermissions: ['storage.objects.read'] }],
    ['a permission without a service', 'reads', { includedPermissions: ['get'] }],
    [
      'more than 3,000 permissions',
      'reads',
      { includedPermissions: Array(3001).fill('storage.objects.get') },
    ],
    ['a stage that is none', 'reads', { stage: 'DONE' }],
  ] as const) {
    it(`does not have ${why}`, async () => {
      const { create } = newProject()
      assert.equal((await create(roleId, role)).status, 400)
      // The names of stages are in the discovery document, so that one is a mistake of the client.
      world.cloud.violations.splice(0)
    })
  }

  it('has 299 others beside it at most, those included that were deleted in the last 7 days', async () => {
    const { account, create, name } = newProject()
    for (let n = 0; n < 300; n++) assert.equal((await create(`role${n}`)).status, 200)
    assert.deepEqual(errorOf(await create('one_more')), [429, 'RESOURCE_EXHAUSTED'])
    await ask(account, 'DELETE', `/v1/${name('role7')}`)
    assert.equal((await create('one_more')).status, 429)
    world.cloud.ageDeletedRole(name('role7'), 7)
    assert.equal((await create('one_more')).status, 200)
  })

  it('is told about only to those who may know', async () => {
    const { account, create, name } = newProject()
    await create('reads')
    const guest = gcpAccount(world.cloud, uniqueName('elsewhere'))
    const answer = await ask(guest, 'GET', `/v1/${name('reads')}`)
    assert.deepEqual(errorOf(answer), [403, 'PERMISSION_DENIED'])
    world.cloud.deny(account.principal, ['iam.roles.update'])
    const denied = await ask(account, 'PATCH', `/v1/${name('reads')}?updateMask=title`, { title: 'x' })
    assert.match(denied.body.error.message, /Permission 'iam\.roles\.update' denied/)
  })

  it('can be granted on a bucket of its project while it is not deleted; a grant of it stays for 7 days', async () => {
    const { account, create, name } = newProject()
    const bucket = uniqueName('clips')
    await ask(account, 'POST', `/storage/v1/b?project=${account.projectId}`, { name: bucket })
    const grant = (...members: string[]) =>
      ask(account, 'PUT', `/storage/v1/b/${bucket}/iam`, { bindings: [{ role: name('reads'), members }] })
    assert.equal((await grant('user:a@x.example')).status, 400)
    await create('reads')
    assert.equal((await grant('user:a@x.example')).status, 200)
    await ask(account, 'DELETE', `/v1/${name('reads')}`)
    assert.equal((await grant('user:a@x.example')).status, 200)
    const added = await grant('user:a@x.example', 'user:b@x.example')
    world.cloud.ageDeletedRole(name('reads'), 7)
    const { body: later } = await ask(account, 'GET', `/storage/v1/b/${bucket}/iam`)
    assert.deepEqual(later.bindings, [])
    assert.match(
      added.body.error.message,
      /^Role projects\/.*\/roles\/reads is not supported for this resource\.$/,
    )
  })
})
