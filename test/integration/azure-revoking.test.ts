/** What is taken away on Azure when something that revoking could lean on is gone: ledger, Graph, the storage account, its recipe. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { installCatalogue } from '../rig/install.ts'
import type { Operator } from '../rig/operator.ts'
import { consistently, eventually } from '../rig/wait.ts'
import { type AzureWorld, SEGMENTS, setAzureWorld } from './azure-world.ts'
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
})
