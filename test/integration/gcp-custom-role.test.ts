/** Custom roles of a Google Cloud project: made, shared, mended, brought back, and gone with the last integration. */
import { strict as assert } from 'node:assert'
import { before, describe, it, type TestContext } from 'node:test'
import { FaultError } from '../../src/api/fault.ts'
import type { Target, TargetDriver } from '../../src/clouds/cloud.ts'
import { openSession } from '../../src/clouds/index.ts'
import { installationTag } from '../../src/plan/mark.ts'
import type { Participant } from '../../src/plan/plan-target.ts'
import { type GcpAccount, gcpAccount } from '../rig/gcp.ts'
import { ask } from '../rig/gcp-clients.ts'
import type { GcpFacade } from '../rig/gcp-facade.ts'
import type { Seen } from '../rig/gcp-hooks.ts'
import { gcp, uniqueName } from '../rig/shared.ts'
import { INSTALLATION, LedgerPass, never } from './ledger-pass.ts'

const world = {} as { cloud: GcpFacade }
before(async () => {
  world.cloud = await gcp()
})

const ROLE_ID = 'mooring_segments_ai'

interface Stage {
  readonly account: GcpAccount
  readonly target: Extract<Target, { kind: 'CustomRole' }>
  /** The path of the role. */
  readonly at: string
  readonly driver: TargetDriver
  readonly pass: LedgerPass
}

async function newStage(test: TestContext): Promise<Stage> {
  const account = gcpAccount(world.cloud, uniqueName('project'))
  const { endpoint, projectId, accessToken } = account
  const name = `projects/${projectId}/roles/${ROLE_ID}`
  const target = { kind: 'CustomRole', key: name, name, projectId, roleId: ROLE_ID } as const
  const hooks = { fence: () => undefined, onCall: () => undefined }
  const endpoints = { storage: endpoint, iam: endpoint, iamCredentials: endpoint }
  const session = await openSession({ gcp: { projectId, endpoints } }, { accessToken }, hooks)
  test.after(() => session.close())
  const driver = session.open(target)
  return { account, target, at: `/v1/${name}`, driver, pass: new LedgerPass(target, ['CustomRole']) }
}

function wanting(
  { target }: Stage,
  owner: string,
  permissions: readonly string[] = ['storage.objects.get'],
): Participant {
  const description = `Reads objects [mooring:${installationTag(INSTALLATION, target.name)}]`
  const parts = [
    { in: 'Role' },
    { in: 'Texts', title: 'Segments.ai', description },
    ...permissions.map((permission) => ({ in: 'Permission', permission })),
  ]
  const entries = parts.map((part, n) => ({ document: 'CustomRole' as const, name: `p${n}`, body: { part } }))
  return { owner, stance: 'Wants', entries }
}

const leaving = (owner: string): Participant => ({ owner, stance: 'Leaves', entries: [] })
const roleOf = async ({ account, at }: Stage) => ask(account, 'GET', at)
const changesIn = ({ documents }: Awaited<ReturnType<LedgerPass['run']>>) =>
  documents.flatMap(({ changes }) => changes)

function rejection(reason: string, message = /./) {
  return (error: unknown) => {
    assert.ok(error instanceof FaultError, String(error))
    assert.equal(error.fault.reason, reason, error.message)
    assert.match(error.message, message)
    return true
  }
}

describe('a custom role', () => {
  it('is made, kept for two, and goes with the last one', async (test) => {
    const stage = await newStage(test)
    const [x, y] = [wanting(stage, 'a/x'), wanting(stage, 'a/y')]
    await stage.pass.run(stage.driver, [x])
    const { body } = await roleOf(stage)
    assert.deepEqual(body.includedPermissions, ['storage.objects.get'])
    assert.equal(body.stage, 'GA')
    assert.equal(body.title, 'Segments.ai')
    await stage.pass.run(stage.driver, [x, y])
    assert.deepEqual(changesIn(await stage.pass.run(stage.driver, [x, y])), [])
    await stage.pass.run(stage.driver, [leaving('a/x'), y])
    assert.equal((await roleOf(stage)).body.etag, body.etag, 'the role itself was not written')
    await stage.pass.run(stage.driver, [leaving('a/y')])
    assert.equal((await roleOf(stage)).body.deleted, true)
    assert.deepEqual(stage.driver.facts(), { 'role.name': stage.target.name })
  })

  it('that was deleted by hand is brought back with what is needed and nothing else', async (test) => {
    const stage = await newStage(test)
    const x = wanting(stage, 'a/x')
    await stage.pass.run(stage.driver, [x])
    const added = ['storage.objects.get', 'storage.objects.delete']
    await ask(stage.account, 'PATCH', `${stage.at}?updateMask=includedPermissions`, {
      includedPermissions: added,
    })
    await ask(stage.account, 'DELETE', stage.at)
    await stage.pass.run(stage.driver, [x])
    const { body } = await roleOf(stage)
    assert.deepEqual([body.deleted, body.includedPermissions], [undefined, ['storage.objects.get']])
  })

  it('that was deleted for good says when its id is free again', async (test) => {
    const stage = await newStage(test)
    const x = wanting(stage, 'a/x')
    await stage.pass.run(stage.driver, [x])
    await ask(stage.account, 'DELETE', stage.at)
    world.cloud.ageDeletedRole(stage.target.name, 10)
    await assert.rejects(stage.pass.run(stage.driver, [x]), rejection('Conflict', /37 days/))
  })

  it('keeps permissions that somebody added, and stays with them when the last one leaves', async (test) => {
    const stage = await newStage(test)
    const x = wanting(stage, 'a/x', ['storage.objects.get', 'storage.objects.list'])
    await stage.pass.run(stage.driver, [x])
    const includedPermissions = ['storage.buckets.get', 'storage.objects.get', 'storage.objects.list']
    await ask(stage.account, 'PATCH', `${stage.at}?updateMask=includedPermissions`, { includedPermissions })
    await stage.pass.run(stage.driver, [wanting(stage, 'a/x')])
    const now = (await roleOf(stage)).body.includedPermissions
    assert.deepEqual(now.toSorted(), ['storage.buckets.get', 'storage.objects.get'])
    await stage.pass.run(stage.driver, [leaving('a/x')])
    const { body } = await roleOf(stage)
    assert.deepEqual([body.deleted, body.includedPermissions], [undefined, ['storage.buckets.get']])
  })

  it('gets back title, stage and permission that somebody changed', async (test) => {
    const stage = await newStage(test)
    const x = wanting(stage, 'a/x')
    await stage.pass.run(stage.driver, [x])
    const mask = 'title,stage,includedPermissions'
    const changed = { title: 'mine', stage: 'DISABLED', includedPermissions: [] }
    await ask(stage.account, 'PATCH', `${stage.at}?updateMask=${mask}`, changed)
    await stage.pass.run(stage.driver, [x])
    const { title, stage: launch, includedPermissions } = (await roleOf(stage)).body
    assert.deepEqual([title, launch, includedPermissions], ['Segments.ai', 'GA', ['storage.objects.get']])
    assert.deepEqual(changesIn(await stage.pass.run(stage.driver, [x])), [])
  })

  it('whose description somebody edited and whose permissions somebody took is put right', async (test) => {
    const stage = await newStage(test)
    const x = wanting(stage, 'a/x')
    await stage.pass.run(stage.driver, [x])
    const before = (await roleOf(stage)).body
    const edit = (changed: object) =>
      ask(stage.account, 'PATCH', `${stage.at}?updateMask=description,includedPermissions`, changed)
    await edit({ description: 'ours, says somebody', includedPermissions: [] })
    await stage.pass.run(stage.driver, [x])
    const { description, includedPermissions } = (await roleOf(stage)).body
    assert.deepEqual([description, includedPermissions], [before.description, before.includedPermissions])

    await edit({ description: 'mine', includedPermissions: ['storage.objects.get'] })
    await stage.pass.run(stage.driver, [leaving('a/x')])
    assert.equal((await roleOf(stage)).body.deleted, true)
  })

  it('gets the new texts of a recipe while somebody who has the old ones is held back', async (test) => {
    const stage = await newStage(test)
    const [x, y] = [wanting(stage, 'a/x'), wanting(stage, 'a/y')]
    await stage.pass.run(stage.driver, [x, y])
    const entries = y.entries.map((entry) => {
      const { part } = entry.body as { readonly part: { readonly in: string } }
      return part.in === 'Texts' ? { ...entry, body: { part: { ...part, title: 'Segments' } } } : entry
    })
    const held = { ...x, stance: 'Keeps' } as const
    const plan = await stage.pass.run(stage.driver, [held, { ...y, entries }])
    assert.equal(plan.refused.size, 0)
    assert.equal((await roleOf(stage)).body.title, 'Segments')
    assert.deepEqual(changesIn(await stage.pass.run(stage.driver, [held, { ...y, entries }])), [])
  })

  it('that somebody else made is not touched, and its name and the way to hand it over are told', async (test) => {
    const stage = await newStage(test)
    const role = { title: 'theirs', description: 'theirs', includedPermissions: ['storage.objects.get'] }
    const roles = `/v1/projects/${stage.account.projectId}/roles`
    await ask(stage.account, 'POST', roles, { roleId: ROLE_ID, role })
    const before = (await roleOf(stage)).body
    const plan = await stage.pass.run(stage.driver, [wanting(stage, 'a/x')])
    const refusal = plan.refused.get('a/x')
    assert.equal(refusal?.reason, 'Conflict')
    const tag = installationTag(INSTALLATION, stage.target.name)
    assert.match(refusal?.detail ?? '', new RegExp(`${stage.target.name} .*\\[mooring:${tag}\\]`))
    assert.deepEqual((await roleOf(stage)).body, before)

    await ask(stage.account, 'PATCH', `${stage.at}?updateMask=description`, {
      description: `handed over [mooring:${tag}]`,
    })
    await stage.pass.run(stage.driver, [wanting(stage, 'a/x')])
    assert.equal((await roleOf(stage)).body.title, 'Segments.ai')
  })

  it('is not written when somebody else wrote since it was read', async (test) => {
    const stage = await newStage(test)
    await stage.pass.run(stage.driver, [wanting(stage, 'a/x')])
    const isPatch = ({ operation, path }: Seen) =>
      operation === 'iam.projects.roles.patch' && path === stage.at
    world.cloud.before(isPatch, () =>
      ask(stage.account, 'PATCH', `${stage.at}?updateMask=title`, { title: 'theirs' }),
    )
    const more = wanting(stage, 'a/x', ['storage.objects.get', 'storage.objects.list'])
    await assert.rejects(stage.pass.run(stage.driver, [more]), (error) => {
      assert.ok(error instanceof FaultError)
      assert.equal(error.fault.notWritten, true)
      return rejection('LostRace')(error)
    })
    await stage.pass.run(stage.driver, [more])
    const { title, includedPermissions } = (await roleOf(stage)).body
    assert.equal(title, 'Segments.ai')
    assert.deepEqual(includedPermissions, ['storage.objects.get', 'storage.objects.list'])
  })

  it('that somebody changes while it is brought back is not said to be as it was', async (test) => {
    const stage = await newStage(test)
    const x = wanting(stage, 'a/x')
    await stage.pass.run(stage.driver, [x])
    await ask(stage.account, 'DELETE', stage.at)
    const isUndelete = ({ operation }: Seen) => operation === 'iam.projects.roles.undelete'
    world.cloud.after(isUndelete, () =>
      ask(stage.account, 'PATCH', `${stage.at}?updateMask=title`, { title: 'theirs' }),
    )
    await assert.rejects(stage.pass.run(stage.driver, [x]), (error) => {
      assert.ok(error instanceof FaultError)
      assert.equal(error.fault.notWritten, undefined, 'it was brought back')
      return rejection('LostRace')(error)
    })
    await stage.pass.run(stage.driver, [x])
    assert.equal((await roleOf(stage)).body.title, 'Segments.ai')
  })

  it('that was brought back loses what it had before at the next look, when the second request failed', async (test) => {
    const stage = await newStage(test)
    const [x, y] = [wanting(stage, 'a/x'), wanting(stage, 'a/y')]
    await stage.pass.run(stage.driver, [x, y])
    await ask(stage.account, 'PATCH', `${stage.at}?updateMask=includedPermissions`, {
      includedPermissions: ['storage.objects.get', 'storage.objects.delete'],
    })
    await ask(stage.account, 'DELETE', stage.at)
    const isPatch = ({ operation, path }: Seen) =>
      operation === 'iam.projects.roles.patch' && path === stage.at
    const failing = world.cloud.fail(9, 503, isPatch)
    await assert.rejects(stage.pass.run(stage.driver, [x, y]), rejection('Throttled'))
    failing.remove()
    assert.equal((await roleOf(stage)).body.includedPermissions.length, 2, 'it came back as it was')
    await stage.pass.run(stage.driver, [x, y])
    assert.deepEqual((await roleOf(stage)).body.includedPermissions, ['storage.objects.get'])
    assert.deepEqual(changesIn(await stage.pass.run(stage.driver, [x, y])), [])
  })

  it('that does not exist costs one request', async (test) => {
    const stage = await newStage(test)
    const count = () => world.cloud.requests.filter(({ path }) => path === stage.at).length
    await stage.driver.read(['CustomRole'], never)
    assert.equal(count(), 1)
  })
})
