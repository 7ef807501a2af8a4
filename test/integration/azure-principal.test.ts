/** Service principals of vendors' applications, at driver level. */
import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { FaultError } from '../../src/api/fault.ts'
import { installationTag } from '../../src/plan/mark.ts'
import { ask } from '../rig/azure-clients.ts'
import { type AzureStage, azureStage, leaves, wants } from './azure-stage.ts'
import { INSTALLATION, LedgerPass } from './ledger-pass.ts'

const passOf = (stage: AzureStage) => new LedgerPass(stage.principal, ['ServicePrincipal'])
const wanted = (stage: AzureStage, owner = 'a/x') =>
  wants('ServicePrincipal', { clientId: stage.vendor }, { owner })

async function found({ facade, me, vendor }: AzureStage) {
  const path = `/v1.0/servicePrincipals?$filter=${encodeURIComponent(`appId eq '${vendor}'`)}`
  const { body } = await ask(facade, me, 'GET', path, undefined, 'graph')
  return body.value
}

describe('the service principal of a vendor’s application', () => {
  it('is not made where the account does not let Mooring: the refusal says who does what', async (test) => {
    const stage = await azureStage(test)
    const plan = await passOf(stage).run(stage.session.open(stage.principal), [wanted(stage)])
    assert.equal(plan.refused.get('a/x')?.reason, 'AwaitingConsent')
    assert.match(plan.refused.get('a/x')?.detail ?? '', new RegExp(`az ad sp create --id ${stage.vendor}`))
    assert.deepEqual(await found(stage), [])
  })

  it('is made once for all who need it, with the installation’s tag, and stays where it may not be removed', async (test) => {
    const stage = await azureStage(test, { createServicePrincipals: true })
    const driver = stage.session.open(stage.principal)
    const pass = passOf(stage)
    await pass.run(driver, [wanted(stage)])
    await pass.run(driver, [wanted(stage), wanted(stage, 'a/y')])
    const [principal, ...others] = await found(stage)
    assert.deepEqual(others, [])
    assert.deepEqual(principal.tags, [`mooring:${installationTag(INSTALLATION, stage.principal.name)}`])
    await pass.run(driver, [wanted(stage)])
    assert.deepEqual(driver.facts(), { principalId: principal.id })
    await pass.run(driver, [leaves('a/x'), leaves('a/y')])
    assert.equal((await found(stage)).length, 1)
    assert.equal((await pass.run(driver, [leaves('a/x'), leaves('a/y')])).documents[0]?.changes.length, 0)
  })

  it('goes with the last one who needs it, where it may be removed and Mooring made it', async (test) => {
    const stage = await azureStage(test, { createServicePrincipals: true, removeServicePrincipals: true })
    const driver = stage.session.open(stage.principal)
    const pass = passOf(stage)
    await pass.run(driver, [wanted(stage), wanted(stage, 'a/y')])
    await pass.run(driver, [leaves('a/x'), wanted(stage, 'a/y')])
    assert.equal((await found(stage)).length, 1)
    await pass.run(driver, [leaves('a/y')])
    assert.deepEqual(await found(stage), [])
  })

  it('is known again when it was left behind, so that it goes with the last one after all', async (test) => {
    const stage = await azureStage(test, { createServicePrincipals: true, removeServicePrincipals: true })
    const driver = stage.session.open(stage.principal)
    await passOf(stage).run(driver, [wanted(stage)])
    const withoutLedgers = passOf(stage)
    await withoutLedgers.run(driver, [wanted(stage)])
    await withoutLedgers.run(driver, [leaves()])
    assert.deepEqual(await found(stage), [])
  })

  it('of somebody else’s making is adopted, and stays', async (test) => {
    const stage = await azureStage(test, { createServicePrincipals: true, removeServicePrincipals: true })
    await stage.consent()
    const driver = stage.session.open(stage.principal)
    const pass = passOf(stage)
    const plan = await pass.run(driver, [wanted(stage)])
    assert.deepEqual([...(plan.documents[0]?.adopted.values() ?? [])], ['a/x'])
    await pass.run(driver, [leaves()])
    assert.equal((await found(stage)).length, 1)
  })

  it('cannot be made for an id that is no application’s', async (test) => {
    const stage = await azureStage(test, { createServicePrincipals: true })
    const clientId = '11111111-2222-4333-8444-555555555555'
    const target = { ...stage.principal, clientId }
    const party = wants('ServicePrincipal', { clientId })
    await assert.rejects(passOf(stage).run(stage.session.open(target), [party]), (error) => {
      assert.ok(error instanceof FaultError)
      assert.equal(error.fault.reason, 'InvalidPrincipal')
      assert.match(error.message, new RegExp(`knows no application ${clientId}`))
      return true
    })
  })
})
