/** Service principals in the Azure for tests: found, made, changed and taken away by Graph. */
import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { type AzureAccount, azureAccount } from './azure.ts'
import { ask, authorizationOf } from './azure-clients.ts'
import type { AzureFacade } from './azure-facade.ts'
import { azure } from './shared.ts'

const ALL = '/v1.0/servicePrincipals'

interface Stage {
  readonly cloud: AzureFacade
  readonly me: AzureAccount
  readonly vendor: string
  readonly graph: (method: string, path: string, body?: unknown) => ReturnType<typeof ask>
}

async function stage(): Promise<Stage> {
  const cloud = await azure()
  const me = await azureAccount(cloud)
  const vendor = cloud.createApplication({ displayName: 'Vendor' })
  return { cloud, me, vendor, graph: (method, path, body) => ask(cloud, me, method, path, body, 'graph') }
}

const byApp = (appId: string) => `${ALL}?$filter=${encodeURIComponent(`appId eq '${appId}'`)}`

describe('the service principal of a vendor', () => {
  it('is not there, is made, is found with what was noted, and is taken away', async () => {
    const { cloud, vendor, graph } = await stage()
    assert.deepEqual((await graph('GET', byApp(vendor))).body.value, [])
    const made = await graph('POST', ALL, { appId: vendor, tags: ['mooring'] })
    assert.deepEqual([made.status, made.body.appId, made.body.displayName], [201, vendor, 'Vendor'])
    assert.equal((await graph('PATCH', `${ALL}/${made.body.id}`, { notes: 'ours' })).status, 204)
    const [found] = (await graph('GET', byApp(vendor))).body.value
    assert.deepEqual([found.id, found.notes, found.tags], [made.body.id, 'ours', ['mooring']])
    const selected = await graph('GET', `${ALL}(appId='${vendor}')?$select=id,tags`)
    assert.deepEqual(selected.body, { id: made.body.id, tags: ['mooring'] })
    assert.equal((await graph('DELETE', `${ALL}/${made.body.id}`)).status, 204)
    assert.equal(
      (await graph('DELETE', `${ALL}/${made.body.id}`)).body.error.code,
      'Request_ResourceNotFound',
    )
    assert.equal(cloud.count('servicePrincipals.delete', 404), 1)
  })

  it('is made once', async () => {
    const { vendor, graph } = await stage()
    await graph('POST', ALL, { appId: vendor })
    const again = await graph('POST', ALL, { appId: vendor })
    assert.deepEqual([again.status, again.body.error.code], [409, 'Request_MultipleObjectsWithSameKeyValue'])
  })

  it('needs an application that there is', async () => {
    const { graph } = await stage()
    const { status, body } = await graph('POST', ALL, { appId: randomUUID() })
    assert.deepEqual([status, body.error.details[0].code], [400, 'NoBackingApplicationObject'])
  })

  it('is of one tenant', async () => {
    const { cloud, vendor, graph } = await stage()
    await cloud.createServicePrincipal((await azureAccount(cloud)).tenantId, vendor)
    assert.deepEqual((await graph('GET', byApp(vendor))).body.value, [])
  })
})

describe('who may not', () => {
  it('read sees nothing', async () => {
    const { cloud, me, vendor, graph } = await stage()
    cloud.allowGraph(me.clientId, [])
    const { status, body } = await graph('GET', byApp(vendor))
    assert.deepEqual([status, body.error.code], [403, 'Authorization_RequestDenied'])
    assert.equal(body.error.message, 'Insufficient privileges to complete the operation.')
  })

  it('write cannot make one', async () => {
    const { cloud, me, vendor, graph } = await stage()
    cloud.allowGraph(me.clientId, ['Application.Read.All'])
    assert.equal((await graph('GET', byApp(vendor))).status, 200)
    assert.equal((await graph('POST', ALL, { appId: vendor })).status, 403)
  })

  it('touch applications of others cannot install a vendor’s', async () => {
    const { cloud, me, vendor, graph } = await stage()
    cloud.allowGraph(me.clientId, ['Application.ReadWrite.OwnedBy'])
    const own = cloud.createApplication({ homeTenant: me.tenantId })
    assert.equal((await graph('POST', ALL, { appId: own })).status, 201)
    assert.equal((await graph('POST', ALL, { appId: vendor })).status, 403)
  })
})

describe('a new service principal', () => {
  it('is not known to Resource Manager until the test says so', async () => {
    const { cloud, me, vendor, graph } = await stage()
    cloud.holdPrincipals()
    const principalId = (await graph('POST', ALL, { appId: vendor })).body.id
    const roleDefinitionId = `/subscriptions/${me.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/2a2b9908-6ea1-4ae2-8e65-a410df84e7d1`
    const scope = `/subscriptions/${me.subscriptionId}/resourceGroups/${me.resourceGroup}`
    const assign = () =>
      authorizationOf(me).roleAssignments.create(scope, randomUUID(), {
        ...{ principalId, roleDefinitionId, principalType: 'ServicePrincipal' },
      })
    await assert.rejects(assign(), { code: 'PrincipalNotFound', statusCode: 400 })
    await cloud.releasePrincipals()
    assert.equal((await assign()).principalId, principalId)
  })
})
