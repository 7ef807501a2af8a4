/** Role assignments at driver level: on an Azure that refuses what Azure refuses. */
import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { FaultError } from '../../src/api/fault.ts'
import {
  askArm,
  assign,
  assignmentsOf,
  azureStage,
  DELEGATOR,
  leaves,
  passAt,
  READER,
  wants,
} from './azure-stage.ts'

const NAMES = ['RoleAssignments'] as const
const reads = (vendor: string, scope = '') => ({
  clientId: vendor,
  roleDefinitionId: READER,
  roleName: 'Storage Blob Data Reader',
  scope,
})

describe('role assignments at a storage account', () => {
  it('come, satisfy, and go, and strangers’ stay as they were', async (test) => {
    const stage = await azureStage(test)
    const { facade, me, session, vendor } = stage
    const stranger = facade.createApplication({})
    await assign(stage, randomUUID(), {
      principal: await facade.createServicePrincipal(me.tenantId, stranger),
    })
    await assign(stage, randomUUID(), { principal: me.objectId, container: 'images', role: DELEGATOR })
    const before = await assignmentsOf(stage)
    const objectId = await stage.consent()
    const driver = session.open(stage.account)
    const pass = passAt(stage, NAMES)
    const parties = [
      wants('RoleAssignments', reads(vendor)),
      wants('RoleAssignments', reads(vendor, 'container/images'), { owner: 'a/y' }),
    ]
    assert.equal((await pass.run(driver, parties)).documents[0]?.changes.length, 2)
    const now = await assignmentsOf(stage)
    assert.deepEqual(
      now.filter((one) => one.properties.principalId !== objectId),
      before,
    )
    assert.equal(now.length, 4)
    assert.equal((await pass.run(driver, parties)).documents[0]?.changes.length, 0, 'nothing is left to do')
    await pass.run(driver, [leaves('a/x'), leaves('a/y')])
    assert.deepEqual(await assignmentsOf(stage), before)
  })

  it('wait for the vendor’s service principal with the command and the page, and go on when it is there', async (test) => {
    const stage = await azureStage(test)
    const { session, vendor, me } = stage
    const driver = session.open(stage.account)
    const pass = passAt(stage, NAMES)
    const { refused } = await pass.run(driver, [wants('RoleAssignments', reads(vendor))])
    const refusal = refused.get('a/x')
    assert.equal(refusal?.reason, 'AwaitingConsent')
    assert.ok(refusal.detail.includes(`az ad sp create --id ${vendor}`), refusal.detail)
    assert.ok(
      refusal.detail.includes(`${me.endpoints.authority}/${me.tenantId}/adminconsent?client_id=${vendor}`),
    )
    assert.equal((await assignmentsOf(stage)).length, 0)
    const objectId = await stage.consent()
    await pass.run(driver, [wants('RoleAssignments', reads(vendor))])
    assert.deepEqual(
      (await assignmentsOf(stage)).map((one) => one.properties.principalId),
      [objectId],
    )
  })

  it('of somebody else that are the same are adopted, and stay', async (test) => {
    const stage = await azureStage(test)
    const principal = await stage.consent()
    await assign(stage, randomUUID(), { principal })
    const before = await assignmentsOf(stage)
    const driver = stage.session.open(stage.account)
    const pass = passAt(stage, NAMES)
    const plan = await pass.run(driver, [wants('RoleAssignments', reads(stage.vendor))])
    assert.deepEqual([...(plan.documents[0]?.adopted.values() ?? [])], ['a/x'])
    await pass.run(driver, [leaves()])
    assert.deepEqual(await assignmentsOf(stage), before)
  })

  it('that somebody makes at the same moment are not taken for ours, and what was made beside them is taken back', async (test) => {
    const stage = await azureStage(test)
    const principal = await stage.consent()
    const driver = stage.session.open(stage.account)
    const pass = passAt(stage, NAMES)
    const entries = [reads(stage.vendor, 'container/images'), reads(stage.vendor)]
    const party = {
      ...wants('RoleAssignments', reads(stage.vendor)),
      entries: entries.map((part, n) => ({
        document: 'RoleAssignments' as const,
        name: `e${n}`,
        body: { part },
      })),
    }
    let creates = 0
    stage.facade.before(
      ({ operation, path }) =>
        operation === 'RoleAssignments_Create' && !path.includes('containers') && ++creates === 1,
      async () => void (await assign(stage, randomUUID(), { principal })),
    )
    await assert.rejects(pass.run(driver, [party]), (error) => {
      assert.ok(error instanceof FaultError)
      assert.equal(error.fault.reason, 'LostRace')
      assert.equal(error.fault.notWritten, true)
      return true
    })
    assert.equal((await assignmentsOf(stage)).length, 1, 'only the stranger’s is there')
  })

  it('whose answer was lost are found again under their own name', async (test) => {
    const stage = await azureStage(test)
    await stage.consent()
    const driver = stage.session.open(stage.account)
    const parties = [wants('RoleAssignments', reads(stage.vendor))]
    const pass = passAt(stage, NAMES)
    const documents = await pass.look(driver, pass.claimed(parties))
    const [plan] = pass.plan(documents, parties).documents
    assert.ok(plan)
    const never = new AbortController().signal
    await driver.write(plan, never)
    await driver.write(plan, never)
    assert.equal((await assignmentsOf(stage)).length, 1)
  })

  it('wait while Azure does not know a new principal', async (test) => {
    const stage = await azureStage(test, { createServicePrincipals: true })
    const { facade, session, vendor } = stage
    const party = [wants('RoleAssignments', reads(vendor))]
    const pass = passAt(stage, NAMES)
    facade.holdPrincipals()
    const never = new AbortController().signal
    const tenant = session.open(stage.principal)
    const [seen] = await tenant.read(['ServicePrincipal'], never)
    assert.ok(seen)
    const mark = 'Mooring00000001000000000000000100000001'
    const after = { ...seen.document, entries: [{ mark, part: { clientId: vendor } }] }
    await tenant.write({ ...seen, before: seen.document, after } as never, never)
    const driver = session.open(stage.account)
    await assert.rejects(pass.run(driver, party), (error) => {
      assert.ok(error instanceof FaultError)
      assert.equal(error.fault.reason, 'Propagating', error.message)
      return true
    })
    await facade.releasePrincipals()
    await pass.run(driver, party)
    assert.equal((await assignmentsOf(stage)).length, 1)
  })

  it('are of an account that is gone: that is said, whatever else is asked', async (test) => {
    const stage = await azureStage(test)
    await stage.consent()
    await askArm(stage, 'DELETE', '')
    const driver = stage.session.open(stage.account)
    await assert.rejects(passAt(stage, ['RoleAssignments', 'Cors']).run(driver, [leaves()]), (error) => {
      assert.ok(error instanceof FaultError)
      assert.equal(error.fault.reason, 'StorageAccountNotFound', error.message)
      return true
    })
  })
})
