/** Buckets of Google Cloud Storage, from our drivers to the bucket's state; what strangers have beside it stays. */
import { strict as assert } from 'node:assert'
import { before, describe, it, type TestContext } from 'node:test'
import { type Fault, FaultError } from '../../src/api/fault.ts'
import type { CloudSession, Target, TargetDriver } from '../../src/clouds/cloud.ts'
import { openSession } from '../../src/clouds/index.ts'
import type { Participant } from '../../src/plan/plan-target.ts'
import { type GcpAccount, gcpAccount } from '../rig/gcp.ts'
import { ask } from '../rig/gcp-clients.ts'
import type { GcpFacade } from '../rig/gcp-facade.ts'
import type { Seen } from '../rig/gcp-hooks.ts'
import { gcp, uniqueName } from '../rig/shared.ts'
import { LedgerPass, never } from './ledger-pass.ts'

const world = {} as { cloud: GcpFacade }
before(async () => {
  world.cloud = await gcp()
})

const READER = 'serviceAccount:reader@vendor.iam.gserviceaccount.com'
const VIEWER = 'roles/storage.objectViewer'
const CORS = {
  origin: ['https://*.segments.ai'],
  method: ['GET'],
  responseHeader: ['*'],
}
const RULE = { action: { type: 'Delete' }, condition: { age: 7, matchesPrefix: ['raw/temp/'] } }
const underRaw = (bucket: string) => ({
  title: 'mooring raw/',
  expression: `resource.name.startsWith("projects/_/buckets/${bucket}/objects/raw/")`,
})

interface Stage {
  readonly account: GcpAccount
  readonly bucket: string
  readonly at: string
  readonly session: CloudSession
  readonly target: Extract<Target, { kind: 'GcsBucket' }>
  readonly pass: LedgerPass
}

async function newStage(test: TestContext, { isUniform = true } = {}): Promise<Stage> {
  const account = gcpAccount(world.cloud, uniqueName('project'), { isUnpaced: true })
  const bucket = uniqueName('clips')
  const iamConfiguration = { uniformBucketLevelAccess: { enabled: isUniform } }
  await ask(account, 'POST', `/storage/v1/b?project=${account.projectId}`, { name: bucket, iamConfiguration })
  const target = { kind: 'GcsBucket', key: `gs ${bucket}`, name: `gs://${bucket}`, bucket } as const
  const session = await openAs(test, account)
  const pass = new LedgerPass(target, ['BucketIam', 'Cors', 'Lifecycle'])
  return { account, bucket, at: `/storage/v1/b/${bucket}`, session, target, pass }
}

async function openAs(
  test: TestContext,
  { endpoint, projectId, accessToken }: GcpAccount,
): Promise<CloudSession> {
  const hooks = { fence: () => undefined, onCall: () => undefined }
  const endpoints = { storage: endpoint, iam: endpoint, iamCredentials: endpoint }
  const session = await openSession({ gcp: { projectId, endpoints } }, { accessToken }, hooks)
  test.after(() => session.close())
  return session
}

function wanting(owner: string, bucket: string, { withPrefix = false } = {}): Participant {
  const condition = withPrefix ? { condition: underRaw(bucket) } : {}
  return {
    owner,
    stance: 'Wants',
    entries: [
      { document: 'BucketIam', name: 'read', body: { part: { role: VIEWER, member: READER, ...condition } } },
      { document: 'Cors', name: 'cors', body: { part: CORS } },
      { document: 'Lifecycle', name: 'temp', body: { part: RULE } },
    ],
  }
}

const grantOnly = (owner: string, part: unknown): Participant => ({
  owner,
  stance: 'Wants',
  entries: [{ document: 'BucketIam', name: 'read', body: { part } }],
})
const leaving = (owner: string): Participant => ({ owner, stance: 'Leaves', entries: [] })
const changesIn = ({ documents }: Awaited<ReturnType<LedgerPass['run']>>) =>
  documents.flatMap(({ changes }) =>
    changes.map(({ action, owner, document }) => `${action} ${owner} ${document}`),
  )

async function bindingsOf({ account, at }: Stage): Promise<readonly { role: string; members: string[] }[]> {
  const { body } = await ask(account, 'GET', `${at}/iam?optionsRequestedPolicyVersion=3`)
  return body.bindings
}

async function bucketOf({ account, at }: Stage) {
  return (await ask(account, 'GET', at)).body
}

function faultOf(error: unknown): Fault {
  assert.ok(error instanceof FaultError, String(error))
  return error.fault
}

function rejection(reason: string, message = /./) {
  return (error: unknown) => {
    const fault = faultOf(error)
    assert.equal(fault.reason, reason, fault.message)
    assert.match(fault.message, message)
    return true
  }
}

describe('a bucket of Google Cloud Storage', () => {
  it('gets the vendor’s binding, CORS and lifecycle, and has only strangers’ when all have left', async (test) => {
    const stage = await newStage(test)
    const driver = stage.session.open(stage.target)
    const strangersCors = [{ origin: ['https://theirs.example'], method: ['PUT'], maxAgeSeconds: 5 }]
    const strangersRule = { rule: [{ action: { type: 'Delete' }, condition: { age: 365 } }] }
    await ask(stage.account, 'PATCH', stage.at, { cors: strangersCors, lifecycle: strangersRule })
    const start = { policy: await bindingsOf(stage), bucket: await bucketOf(stage) }

    await stage.pass.run(driver, [wanting('a/x', stage.bucket, { withPrefix: true })])
    const bindings = await bindingsOf(stage)
    assert.deepEqual(bindings.slice(0, start.policy.length), start.policy)
    assert.deepEqual(bindings.slice(start.policy.length), [
      { role: VIEWER, members: [READER], condition: underRaw(stage.bucket) },
    ])
    const { cors, lifecycle } = await bucketOf(stage)
    assert.deepEqual(cors, [...strangersCors, CORS])
    assert.deepEqual(lifecycle, { rule: [...strangersRule.rule, RULE] })

    const again = await stage.pass.run(driver, [wanting('a/x', stage.bucket, { withPrefix: true })])
    assert.deepEqual(changesIn(again), [])

    await stage.pass.run(driver, [leaving('a/x')])
    assert.deepEqual(await bindingsOf(stage), start.policy)
    assert.deepEqual((await bucketOf(stage)).cors, start.bucket.cors)
    assert.deepEqual((await bucketOf(stage)).lifecycle, start.bucket.lifecycle)
    assert.deepEqual(world.cloud.violations, [])
  })

  it('keeps what two integrations need until the second one leaves', async (test) => {
    const stage = await newStage(test)
    const driver = stage.session.open(stage.target)
    const [x, y] = [wanting('a/x', stage.bucket), wanting('a/y', stage.bucket)]
    await stage.pass.run(driver, [x])
    await stage.pass.run(driver, [x, y])
    assert.deepEqual((await bucketOf(stage)).cors, [CORS])
    await stage.pass.run(driver, [leaving('a/x'), y])
    assert.deepEqual((await bucketOf(stage)).cors, [CORS])
    assert.equal((await bindingsOf(stage)).filter(({ role }) => role === VIEWER).length, 1)
    await stage.pass.run(driver, [leaving('a/y')])
    const { cors, lifecycle } = await bucketOf(stage)
    assert.deepEqual([cors, lifecycle], [undefined, undefined])
    assert.equal((await bindingsOf(stage)).filter(({ role }) => role === VIEWER).length, 0)
  })

  it('is not written when somebody else wrote since it was read, and is then written beside theirs', async (test) => {
    const stage = await newStage(test)
    const driver = stage.session.open(stage.target)
    const theirs = { origin: ['https://theirs.example'], method: ['PUT'] }
    const isPolicy = ({ operation, principal }: Seen) =>
      operation === 'storage.buckets.setIamPolicy' && principal === stage.account.principal
    world.cloud.before(isPolicy, () => ask(stage.account, 'PATCH', stage.at, { cors: [theirs] }))
    const participants = [wanting('a/x', stage.bucket)]
    await assert.rejects(stage.pass.run(driver, participants), (error) => {
      assert.equal(faultOf(error).notWritten, true)
      return rejection('LostRace', /somebody else changed bucket/)(error)
    })
    await stage.pass.run(driver, participants)
    assert.deepEqual((await bucketOf(stage)).cors, [theirs, CORS])
  })

  it('is not written over a CORS rule that came between our binding and our CORS', async (test) => {
    const stage = await newStage(test)
    const driver = stage.session.open(stage.target)
    const theirs = { origin: ['https://theirs.example'], method: ['PUT'] }
    const isPolicy = ({ operation }: Seen) => operation === 'storage.buckets.setIamPolicy'
    world.cloud.after(isPolicy, () => ask(stage.account, 'PATCH', stage.at, { cors: [theirs] }))
    await assert.rejects(
      stage.pass.run(driver, [wanting('a/x', stage.bucket)]),
      rejection('LostRace', /nothing was written/),
    )
    assert.deepEqual((await bucketOf(stage)).cors, [theirs])
  })

  it('without uniform access takes no prefix, which is seen before anything is written', async (test) => {
    const stage = await newStage(test, { isUniform: false })
    const driver = stage.session.open(stage.target)
    const plan = await stage.pass.run(driver, [
      wanting('a/x', stage.bucket, { withPrefix: true }),
      { ...wanting('a/y', stage.bucket), entries: wanting('a/y', stage.bucket).entries.slice(0, 1) },
    ])
    const refusal = plan.refused.get('a/x')
    assert.equal(refusal?.reason, 'UniformAccessNeeded')
    assert.match(refusal?.detail ?? '', new RegExp(`gs://${stage.bucket} --uniform-bucket-level-access`))
    assert.deepEqual(changesIn(plan), ['Add a/y bucket IAM policy'])
  })

  it('of another project is neither read further nor written', async (test) => {
    const stage = await newStage(test)
    const other = gcpAccount(world.cloud, uniqueName('project'))
    world.cloud.allow(other.principal, stage.account.projectId, 'everything')
    const driver = (await openAs(test, other)).open(stage.target)
    await assert.rejects(
      stage.pass.run(driver, [wanting('a/x', stage.bucket)]),
      rejection('WrongAccount', /belongs to the project with the number \d+/),
    )
  })

  it('that does not exist is named', async (test) => {
    const stage = await newStage(test)
    const bucket = uniqueName('none')
    const driver = stage.session.open({ ...stage.target, name: `gs://${bucket}`, bucket })
    await assert.rejects(driver.read(['Cors'], never), rejection('BucketNotFound', new RegExp(bucket)))
  })

  for (const [names, permission] of [
    [['Cors'], 'storage.buckets.get'],
    [['BucketIam'], 'storage.buckets.getIamPolicy'],
  ] as const) {
    it(`that we may not look at names ${permission} and the command that gives it`, async (test) => {
      const stage = await newStage(test)
      const principal = `poor@${stage.account.projectId}.iam.gserviceaccount.com`
      world.cloud.allow(principal, stage.account.projectId, ['resourcemanager.projects.get'])
      if (permission !== 'storage.buckets.get')
        world.cloud.allow(principal, stage.account.projectId, ['storage.buckets.get'])
      const poor = { ...stage.account, principal, accessToken: world.cloud.token({ principal }) }
      const driver = (await openAs(test, poor)).open(stage.target)
      await assert.rejects(driver.read(names, never), (error) => {
        rejection('AccessDenied', new RegExp(`may not ${permission} on bucket`))(error)
        return rejection('AccessDenied', /gcloud projects add-iam-policy-binding/)(error)
      })
    })
  }

  it('whose policy names an account that does not exist says which', async (test) => {
    const stage = await newStage(test)
    const driver = stage.session.open(stage.target)
    const member = 'serviceAccount:nobody@missing-project.iam.gserviceaccount.com'
    const participant = grantOnly('a/x', { role: VIEWER, member })
    await assert.rejects(stage.pass.run(driver, [participant]), (error) => {
      assert.equal(faultOf(error).principal, member)
      return rejection('InvalidPrincipal', /nobody@missing-project/)(error)
    })
  })

  it('waits for a custom role that is not known yet', async (test) => {
    const stage = await newStage(test)
    const role = `projects/${stage.account.projectId}/roles/mooring_reader`
    const participant = grantOnly('a/x', { role, member: READER })
    await assert.rejects(
      stage.pass.run(stage.session.open(stage.target), [participant]),
      rejection('Propagating', /mooring_reader/),
    )
  })

  it('answers a preflight only for what its CORS rules allow', async (test) => {
    const stage = await newStage(test)
    const driver = stage.session.open(stage.target)
    await ask(stage.account, 'PATCH', stage.at, {
      cors: [{ origin: ['https://app.segments.ai'], method: ['GET'], responseHeader: ['*'] }],
    })
    const probe = { kind: 'CorsPreflight', method: 'GET', requestHeaders: [] } as const
    const [good] = await driver.probe({ ...probe, origin: 'https://app.segments.ai' }, never)
    const [bad] = await driver.probe({ ...probe, origin: 'https://evil.example' }, never)
    assert.deepEqual([good?.result, bad?.result], ['Passed', 'Failed'])
  })

  it('takes its changes one a second at most', async (test) => {
    const stage = await newStage(test)
    const account = gcpAccount(world.cloud, stage.account.projectId, {
      principal: `paced@${stage.account.projectId}.iam.gserviceaccount.com`,
    })
    const before = world.cloud.answered(429)
    const driver = (await openAs(test, account)).open(stage.target)
    await stage.pass.run(driver, [wanting('a/x', stage.bucket)])
    await stage.pass.run(driver, [leaving('a/x')])
    assert.equal(world.cloud.answered(429), before)
  })

  it('is checked for what defeats a grant, and whether we could take it away again', async (test) => {
    const stage = await newStage(test)
    const probe = { kind: 'GcsGrant', grants: [{ role: VIEWER, member: READER }], prefix: '' } as const
    const checks = async (driver: TargetDriver) => {
      await driver.read(['BucketIam', 'Cors'], never)
      const results = await driver.probe(probe, never)
      return results.map(({ name, result, reason }) => [name, result, reason].filter(Boolean).join(' '))
    }
    assert.deepEqual(await checks(stage.session.open(stage.target)), [
      'OtherGrants Passed',
      'OwnPermissions Passed',
    ])
    const principal = `reader@${stage.account.projectId}.iam.gserviceaccount.com`
    const reads = ['resourcemanager.projects.get', 'storage.buckets.get', 'storage.buckets.getIamPolicy']
    world.cloud.allow(principal, stage.account.projectId, [...reads, 'storage.buckets.update'])
    const poor = { ...stage.account, principal, accessToken: world.cloud.token({ principal }) }
    assert.deepEqual(await checks((await openAs(test, poor)).open(stage.target)), [
      'OtherGrants Passed',
      'OwnPermissions Failed AccessDenied',
    ])
  })
})

describe('a vendor’s service account that is deleted', () => {
  const email = 'reader@missing-project.iam.gserviceaccount.com'
  const part = { role: VIEWER, member: `serviceAccount:${email}` }
  const condition = { title: 'theirs', expression: 'true' }

  /** Ours, and a stranger's of the same account. */
  async function withDeleted(test: TestContext): Promise<Stage & { readonly driver: TargetDriver }> {
    const stage = await newStage(test)
    const driver = stage.session.open(stage.target)
    world.cloud.createServiceAccount(email)
    const theirs = { role: VIEWER, members: [part.member], condition }
    await ask(stage.account, 'PUT', `${stage.at}/iam`, { version: 3, bindings: [theirs] })
    await stage.pass.run(driver, [grantOnly('a/x', part)])
    world.cloud.deleteServiceAccount(email)
    return { ...stage, driver }
  }
  const membersOf = async (stage: Stage) => (await bindingsOf(stage)).flatMap(({ members }) => members)

  it('stays ours: its binding goes with the integration, and the stranger’s stays', async (test) => {
    const stage = await withDeleted(test)
    assert.deepEqual(changesIn(await stage.pass.run(stage.driver, [leaving('a/x')])), [
      'Remove a/x bucket IAM policy',
    ])
    const [left, ...others] = await bindingsOf(stage)
    assert.deepEqual(others, [])
    assert.deepEqual((left as { condition?: unknown }).condition, condition)
  })

  it('is still ours when the vendor brings it back', async (test) => {
    const stage = await withDeleted(test)
    await stage.pass.run(stage.driver, [{ ...grantOnly('a/x', part), stance: 'Keeps' }])
    world.cloud.createServiceAccount(email)
    await stage.pass.run(stage.driver, [leaving('a/x')])
    assert.deepEqual(await membersOf(stage), [part.member], 'the stranger’s alone')
  })

  it('is not written while it is deleted, and its binding is kept', async (test) => {
    const stage = await withDeleted(test)
    const run = stage.pass.run(stage.driver, [grantOnly('a/x', part)])
    await assert.rejects(run, rejection('InvalidPrincipal', /does not exist/))
    assert.equal((await membersOf(stage)).length, 2)
  })
})
