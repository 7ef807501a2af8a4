/** That the permissions of docs/azure-permissions.md are what Mooring needs, all of it and no more. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { FaultError } from '../../src/api/fault.ts'
import { type AzureOperation, OPERATIONS, permissionOf } from '../../src/clouds/azure/azure-operation.ts'
import { openSession } from '../../src/clouds/index.ts'
import { repository } from '../rig/cache.ts'
import { type AzureStage, azureStage, leaves, passAt, READER, wants } from './azure-stage.ts'
import { LedgerPass, never } from './ledger-pass.ts'

const page = readFileSync(join(repository, 'docs/azure-permissions.md'), 'utf8')
const [role] = [...page.matchAll(/^```json\n(.*?)^```/gms)].map(([, text = '']) => JSON.parse(text))
const actions: readonly string[] = role.Actions
const WRITES = 'Application.ReadWrite.All'
/** Of a check, which says by itself that it could not be tried. */
const CONTAINERS = 'Microsoft.Storage/storageAccounts/blobServices/containers/read'

const words = { createServicePrincipals: true, removeServicePrincipals: true }

/** Everything that Mooring does, by somebody who has these permissions. Answers with what the container's check said. */
async function everything(
  test: TestContext,
  granted: readonly string[],
  graph: readonly string[],
): Promise<string | undefined> {
  const stage = await azureStage(test, words)
  const { facade, me, vendor, account, principal } = stage
  const clientId = facade.createApplication({ homeTenant: me.tenantId })
  await facade.createServicePrincipal(me.tenantId, clientId)
  facade.allow(clientId, `/subscriptions/${me.subscriptionId}`, granted)
  facade.allowGraph(clientId, graph)
  const secret = { AZURE_CLIENT_ID: clientId, AZURE_CLIENT_SECRET: facade.addSecret(clientId) }
  const { tenantId, subscriptionId, endpoints } = me
  const hooks = { fence: () => undefined, onCall: () => undefined }
  const session = await openSession(
    { azure: { tenantId, subscriptionId, endpoints, ...words } },
    secret,
    hooks,
  )
  test.after(() => session.close())
  const tenant = new LedgerPass(principal, ['ServicePrincipal'])
  const mayWrite = graph.some((permission) => permission.includes('Write'))
  if (mayWrite) await tenant.run(session.open(principal), [wants('ServicePrincipal', { clientId: vendor })])
  else await stage.consent()
  const said = await throughAccount(stage, session.open(account))
  if (mayWrite) await tenant.run(session.open(principal), [leaves()])
  return said
}

async function throughAccount(
  stage: AzureStage,
  driver: Parameters<LedgerPass['run']>[0],
): Promise<string | undefined> {
  const reads = { clientId: stage.vendor, roleDefinitionId: READER, roleName: 'r', scope: '' }
  const cors = {
    ...{ allowedOrigins: ['https://a.example'], allowedMethods: ['GET'], allowedHeaders: [] },
    ...{ exposedHeaders: [], maxAgeInSeconds: 60 },
  }
  const assignments = passAt(stage, ['RoleAssignments'])
  await assignments.run(driver, [wants('RoleAssignments', reads)])
  await passAt(stage, ['Cors']).run(driver, [wants('Cors', cors)])
  const probe = { kind: 'BlobGrant', container: 'images', demands: [], sourceAddresses: [] } as const
  const checks = await driver.probe(probe, never)
  await assignments.run(driver, [leaves()])
  return checks.find(({ name }) => name === 'ContainerExists')?.result
}

async function isDenied(done: Promise<unknown>, missing: string): Promise<void> {
  await assert.rejects(done, (error) => {
    assert.ok(error instanceof FaultError, String(error))
    assert.equal(error.fault.reason, 'AccessDenied', error.message)
    assert.ok(error.message.includes(missing), error.message)
    return true
  })
}

describe('the permissions of docs/azure-permissions.md', () => {
  it('are those of the requests that the code makes', () => {
    const operations = Object.keys(OPERATIONS) as AzureOperation[]
    const needed = new Set(operations.flatMap((operation) => permissionOf(operation) ?? []))
    assert.deepEqual([...actions, 'Application.Read.All', WRITES].sort(), [...needed].sort())
    for (const permission of needed) assert.ok(page.includes(`\`${permission}\``), permission)
  })

  it('are enough for all that is done', async (test) => {
    assert.equal(await everything(test, actions, [WRITES]), 'Failed')
  })

  it('are enough to read where an administrator brings the application in', async (test) => {
    assert.equal(await everything(test, actions, ['Application.Read.All']), 'Failed')
  })

  for (const missing of actions.filter((action) => action !== CONTAINERS)) {
    it(`have none too many: without ${missing} it is named`, async (test) => {
      const left = actions.filter((action) => action !== missing)
      await isDenied(everything(test, left, [WRITES]), missing)
    })
  }

  it(`have none too many: without ${CONTAINERS} a check could not be tried`, async (test) => {
    const left = actions.filter((action) => action !== CONTAINERS)
    assert.equal(await everything(test, left, [WRITES]), 'Unknown')
  })

  it('of Graph are named where they are missing', async (test) => {
    await isDenied(everything(test, actions, []), 'Application.Read.All')
    await isDenied(everything(test, actions, ['Application.ReadWrite.OwnedBy']), 'Application.ReadWrite.All')
  })
})
