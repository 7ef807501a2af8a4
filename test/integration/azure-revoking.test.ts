/** What is taken away on Azure when something that revoking could lean on is gone: ledger, Graph, the storage account, its recipe. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { installCatalogue } from '../rig/install.ts'
import type { Operator } from '../rig/operator.ts'
import { consistently, eventually } from '../rig/wait.ts'
import { type AzureWorld, azureCloudAccount, SEGMENTS, setAzureWorld } from './azure-world.ts'
import { conditionOf, readyOf } from './stage.ts'

/** Of another installation in the tenant. */
const OTHERS = 'mooring:00000000'
const GRAPH = ['Application.ReadWrite.All']

describe('an integration on Azure that goes', () => {
  let world: AzureWorld
  let operator: Operator

  before(async () => {
    world = await setAzureWorld()
    await world.cloud.createServicePrincipal(world.me.tenantId, SEGMENTS)
    operator = await world.operator()
  })
  after(async () => {
    await operator?.stop()
    await world?.cluster.stop()
  })

  const ready = async (name: string, account: string) => {
    await world.cluster.kubectl.apply(world.blob(name, account))
    await world.untilReady(name, 'True', 'Verified')
  }
  const enable = (accountEnabled: boolean) =>
    world.cloud.changeServicePrincipal(world.me.tenantId, SEGMENTS, { accountEnabled })
  const annotate = (name: string, text: string) =>
    world.cluster.kubectl.must('annotate', `si/${name}`, '-n', world.namespace, text)

  it('takes its assignment along though its ledger was lost: the name proves whose it is', async () => {
    const account = await world.storageAccount()
    await ready('forgetful', account)
    await operator.stop()
    await annotate('forgetful', 'mooring.dev/ledger-')
    operator = await world.operator()
    await world.leave('forgetful')
    assert.deepEqual(await world.assignments(account), [])
  })

  it('knows its assignment again after it was forced away and applied anew', async () => {
    const account = await world.storageAccount()
    await ready('forced', account)
    const [own] = await world.assignments(account)
    await operator.stop()
    await world.forceAway('forced')
    operator = await world.operator()
    await ready('forced', account)
    assert.deepEqual(await world.assignments(account), [own])
    assert.equal(conditionOf(await world.si('forced'), 'AccessGranted')?.reason, 'Applied')
    await world.leave('forced')
    assert.deepEqual(await world.assignments(account), [])
  })

  it('does not wait for Graph', async () => {
    const account = await world.storageAccount()
    await ready('undirected', account)
    world.cloud.allowGraph(world.me.clientId, [])
    await world.leave('undirected')
    assert.deepEqual([await world.assignments(account), await world.cors(account)], [[], []])
    world.cloud.allowGraph(world.me.clientId, GRAPH)
  })

  it('does not go because one of Azure’s answers lags behind: only the account itself can be gone', async () => {
    const account = await world.storageAccount()
    await ready('lagging', account)
    const lag = world.cloud.fail(
      1_000,
      404,
      ({ operation, principal }) =>
        principal === world.me.clientId &&
        ['RoleAssignments_ListForScope', 'BlobServices_GetServiceProperties'].includes(operation),
      'ResourceNotFound: The resource was not found.',
    )
    await world.delete('lagging')
    await world.untilReady('lagging', 'False', 'CloudUnavailable')
    assert.equal((await world.assignments(account)).length, 1)
    lag.remove()
    await world.untilGone('lagging')
    assert.deepEqual([await world.assignments(account), await world.cors(account)], [[], []])
  })

  it('takes a condition away that somebody added to its assignment, or the assignment with it', async () => {
    const account = await world.storageAccount()
    await ready('conditioned', account)
    const [own] = await world.assignments(account)
    const condition = "((!(ActionMatches{'Microsoft.Storage/x'})))"
    const edit = async () => {
      const path = `${own?.id}?api-version=2022-04-01`
      const { properties } = (await world.asStranger('GET', path)).body
      await world.asStranger('PUT', path, {
        properties: { ...properties, condition, conditionVersion: '2.0' },
      })
    }
    const conditions = async () =>
      Promise.all(
        (await world.assignments(account)).map(
          async ({ id }) =>
            (await world.asStranger('GET', `${id}?api-version=2022-04-01`)).body.properties.condition ?? null,
        ),
      )
    await edit()
    await eventually(async () => assert.deepEqual(await conditions(), [null]))
    await world.untilReady('conditioned', 'True', 'Verified')
    await operator.stop()
    await edit()
    assert.deepEqual(await conditions(), [condition])
    await world.delete('conditioned')
    operator = await world.operator()
    await world.untilGone('conditioned')
    assert.deepEqual(await world.assignments(account), [])
  })

  it('leaves the assignment to a suspended one that shares it, though both ledgers were lost', async () => {
    const account = await world.storageAccount()
    await ready('first', account)
    await ready('second', account)
    await world.change('second', { suspend: true })
    await operator.stop()
    for (const name of ['first', 'second']) await annotate(name, 'mooring.dev/ledger-')
    operator = await world.operator()
    await world.untilReady('second', 'Unknown', 'Suspended')
    await world.untilReady('first', 'True', 'Verified')
    await world.leave('first')
    assert.equal((await world.assignments(account)).length, 1)
    await world.leave('second')
    assert.deepEqual(await world.assignments(account), [])
  })

  it('leaves nothing that comes back with a storage account of the same name', async (test) => {
    const account = await world.storageAccount()
    await ready('phoenix', account)
    test.after(() => world.cloud.setGoneScopes('missing'))
    await world.cloud.setGoneScopes('kept')
    await world.cloud.deleteStorageAccount(account)
    await world.leave('phoenix')
    const { subscriptionId, resourceGroup } = world.me
    await world.cloud.createStorageAccount({ subscriptionId, resourceGroup, name: account })
    assert.deepEqual(await world.assignments(account), [])
  })

  it('goes where Azure refuses everything at an account that is gone', async (test) => {
    const account = await world.storageAccount()
    await ready('forbidden', account)
    test.after(() => world.cloud.setGoneScopes('missing'))
    await world.cloud.setGoneScopes('forbidden')
    await world.cloud.deleteStorageAccount(account)
    await world.leave('forbidden')
  })

  it('says while it is there that its principal is disabled, and is not Ready', async () => {
    const account = await world.storageAccount()
    await ready('disabled', account)
    enable(false)
    await world.untilReady('disabled', 'False', 'GrantDefeated')
    assert.match(readyOf(await world.si('disabled'))?.message ?? '', /az ad sp update --id/)
    enable(true)
    await world.untilReady('disabled', 'True', 'Verified')
    await world.leave('disabled')
  })
})

describe('a service principal that Mooring may make and remove', () => {
  let world: AzureWorld
  let operator: Operator
  before(async () => {
    world = await setAzureWorld({ createServicePrincipals: true, removeServicePrincipals: true })
    operator = await world.operator()
  })
  after(async () => {
    await operator?.stop()
    await world?.cluster.stop()
  })
  const tags = () => world.cloud.servicePrincipal(world.me.tenantId, SEGMENTS)?.tags
  const creates = () =>
    world.cloud.requests.filter(
      ({ operation, principal }) =>
        operation === 'servicePrincipals.create' && principal === world.me.clientId,
    ).length

  it('is not made for a storage account that does not exist', async () => {
    await world.cluster.kubectl.apply(world.blob('typo', 'nosuchaccount'))
    await world.untilReady('typo', 'False', 'StorageAccountNotFound')
    await consistently(() => assert.equal(creates(), 0), { forMs: 2_500, everyMs: 500 })
    await world.leave('typo')
    assert.equal(creates(), 0)
  })

  it('stays while Graph refuses, but the access is taken away', async () => {
    const account = await world.storageAccount()
    await world.cluster.kubectl.apply(world.blob('deaf', account))
    await world.untilReady('deaf', 'True', 'Verified')
    world.cloud.allowGraph(world.me.clientId, [])
    await world.delete('deaf')
    await eventually(async () => assert.deepEqual(await world.assignments(account), []))
    await world.untilReady('deaf', 'False', 'AccessDenied')
    world.cloud.allowGraph(world.me.clientId, GRAPH)
    await world.untilGone('deaf')
    await eventually(() => assert.equal(tags(), undefined))
  })

  it('stays where an integration that was retained has a role by it, and the other one still goes', async () => {
    const account = await world.storageAccount()
    const { kubectl } = world.cluster
    await kubectl.apply([
      world.blob('kept', account, { deletionPolicy: 'Retain' }),
      world.blob('other', await world.storageAccount()),
    ])
    await world.untilReady('kept', 'True', 'Verified')
    await world.untilReady('other', 'True', 'Verified')
    await world.leave('kept')
    await world.leave('other')
    assert.notEqual(tags(), undefined)
    for (const { id } of await world.assignments(account))
      await world.asStranger('DELETE', `${id}?api-version=2022-04-01`)
  })

  it('is kept where an integration goes on with it, whose recipe merely brings it in no more', async () => {
    const account = await world.storageAccount()
    const { kubectl } = world.cluster
    await kubectl.apply(world.blob('going-on', account))
    await world.untilReady('going-on', 'True', 'Verified')
    const vendor = await kubectl.get('storagevendor', 'segments-ai')
    const { azureBlob } = vendor.spec as { azureBlob: { application: object } }
    const application = { ...azureBlob.application, installation: 'Existing' }
    await kubectl.must(
      'patch',
      'storagevendor/segments-ai',
      '--type=merge',
      '-p',
      JSON.stringify({ spec: { azureBlob: { application } } }),
    )
    await eventually(async () => {
      const { metadata } = await world.si('going-on')
      assert.doesNotMatch(JSON.stringify(metadata.annotations), new RegExp(SEGMENTS))
    })
    await world.untilReady('going-on', 'True', 'Verified')
    assert.notEqual(tags(), undefined)
    await world.leave('going-on')
    assert.deepEqual(await world.assignments(account), [])
  })

  it('is used under the tag of every installation, so that the first of them does not remove it', async () => {
    await installCatalogue(world.cluster.kubectl)
    await world.cloud.deleteServicePrincipal(world.me.tenantId, SEGMENTS)
    await world.cloud.createServicePrincipal(world.me.tenantId, SEGMENTS)
    world.cloud.changeServicePrincipal(world.me.tenantId, SEGMENTS, { tags: [OTHERS] })
    const account = await world.storageAccount()
    await world.cluster.kubectl.apply(world.blob('second', account))
    await world.untilReady('second', 'True', 'Verified')
    await eventually(() => assert.equal(tags()?.length, 2))
    await world.leave('second')
    assert.deepEqual(tags(), [OTHERS])
  })

  it('of another installation is enough where Mooring may only read the directory', async () => {
    await world.cluster.kubectl.apply(azureCloudAccount(world.me, world.namespace))
    world.cloud.allowGraph(world.me.clientId, ['Application.Read.All'])
    world.cloud.changeServicePrincipal(world.me.tenantId, SEGMENTS, { tags: [OTHERS] })
    await world.cluster.kubectl.apply(world.blob('reader', await world.storageAccount()))
    await world.untilReady('reader', 'True', 'Verified')
    assert.deepEqual(tags(), [OTHERS])
    await world.leave('reader')
  })
})
