/** Segments.ai's page for Azure step by step, and what happens around it: consent, strangers, limits, deaths, lost status. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { blobsAs, blobsOf, preflight } from '../rig/azure-clients.ts'
import type { Operator } from '../rig/operator.ts'
import { consistently, eventually } from '../rig/wait.ts'
import {
  type AzureRule,
  type AzureWorld,
  azureCloudAccount,
  READER,
  SEGMENTS,
  setAzureWorld,
} from './azure-world.ts'
import { conditionOf, readyOf } from './stage.ts'

const RULE: AzureRule = {
  allowedOrigins: ['https://app.segments.ai', 'https://webgpu.segments.ai'],
  allowedMethods: ['GET'],
  allowedHeaders: [],
  exposedHeaders: [],
  maxAgeInSeconds: 3_600,
}
const upload = (n: number): AzureRule => ({
  allowedOrigins: [`https://upload-${n}.example.com`],
  allowedMethods: ['PUT', 'POST'],
  allowedHeaders: ['x-ms-*'],
  exposedHeaders: ['etag'],
  maxAgeInSeconds: 60,
})

describe('an integration on Azure Blob Storage', () => {
  let world: AzureWorld
  let operator: Operator
  let vendor: string

  before(async () => {
    world = await setAzureWorld()
    operator = await world.operator()
  })
  after(async () => {
    await operator?.stop()
    await world?.cluster.stop()
  })

  const apply = (...objects: object[]) => world.cluster.kubectl.apply(objects as never)
  const message = async (name: string) => readyOf(await world.si(name))?.message ?? ''
  const ours = async (account: string) =>
    (await world.assignments(account)).filter(({ principalId }) => principalId === vendor)
  async function assertNothingOfUs(account: string, cors: readonly AzureRule[] = []): Promise<void> {
    assert.deepEqual(await ours(account), [])
    assert.deepEqual(await world.cors(account), cors)
  }

  it('waits for consent with the command that gives it, and is Ready once the application is in the tenant', async () => {
    const account = world.me.storageAccount
    await apply(world.blob('scenes', account))
    await world.untilReady('scenes', 'False', 'AwaitingConsent')
    const told = await message('scenes')
    assert.match(told, new RegExp(`az ad sp create --id ${SEGMENTS}`))
    assert.match(told, new RegExp(`${world.me.tenantId}/adminconsent\\?client_id=${SEGMENTS}`))
    assert.equal(conditionOf(await world.si('scenes'), 'Stalled'), undefined)
    vendor = await world.cloud.createServicePrincipal(world.me.tenantId, SEGMENTS)
    await world.untilReady('scenes', 'True', 'Verified')
    const [assignment, ...more] = await ours(account)
    assert.deepEqual([assignment?.role, more], [READER, []])
    assert.match(assignment?.scope ?? '', new RegExp(`/storageAccounts/${account}$`, 'i'))
    assert.deepEqual(await world.cors(account), [RULE])
    assert.equal(conditionOf(await world.si('scenes'), 'AccessGranted')?.reason, 'Applied')
    for (const origin of RULE.allowedOrigins)
      assert.equal((await preflight(world.cloud, account, origin, 'GET')).status, 200, origin)
    assert.equal((await preflight(world.cloud, account, 'https://evil.example', 'GET')).status, 403)
  })

  it('tells what the page asks to hand over', async () => {
    const { outputs, nextStep } = (await world.si('scenes')).status ?? {}
    assert.equal(outputs.tenantId, world.me.tenantId)
    assert.match(outputs.containerUrl, new RegExp(`/${world.me.storageAccount}/$`))
    assert.match(nextStep, new RegExp(`Share your Tenant ID, ${world.me.tenantId}`))
  })

  it('lets the vendor read, not write, and ends with the integration', async () => {
    const account = world.me.storageAccount
    await world.cloud.createContainer(account, 'images')
    await blobsOf(world.cloud, account)
      .getContainerClient('images')
      .getBlockBlobClient('a.txt')
      .upload('a', 1)
    const { tenantId } = world.me
    const images = blobsAs(world.cloud, account, { tenantId, clientId: SEGMENTS }).getContainerClient(
      'images',
    )
    assert.equal((await images.getBlobClient('a.txt').downloadToBuffer()).toString(), 'a')
    await assert.rejects(images.getBlockBlobClient('b.txt').upload('b', 1), { statusCode: 403 })
    await world.leave('scenes')
    await assert.rejects(images.getBlobClient('a.txt').downloadToBuffer(), { statusCode: 403 })
    await assertNothingOfUs(account)
  })

  it('of one container reaches that container alone', async () => {
    const account = await world.storageAccount()
    for (const name of ['images', 'payroll']) {
      await world.cloud.createContainer(account, name)
      await blobsOf(world.cloud, account).getContainerClient(name).getBlockBlobClient('a.txt').upload('a', 1)
    }
    const { resourceGroup, tenantId } = world.me
    const azureBlob = { resourceGroup, storageAccount: account, container: 'images' }
    await apply(world.blob('limited', account, { azureBlob }))
    await world.untilReady('limited', 'True', 'Verified')
    const [assignment] = await ours(account)
    assert.match(assignment?.scope ?? '', /\/containers\/images$/)
    const blobs = blobsAs(world.cloud, account, { tenantId, clientId: SEGMENTS })
    const read = (container: string) =>
      blobs.getContainerClient(container).getBlobClient('a.txt').downloadToBuffer()
    assert.equal((await read('images')).toString(), 'a')
    await assert.rejects(read('payroll'), { statusCode: 403 })
    await world.leave('limited')
    await assertNothingOfUs(account)
  })

  it('stands beside strangers’ rules and settings of the blob service, and leaves only these', async () => {
    const account = await world.storageAccount()
    const { subscriptionId, resourceGroup, objectId } = { ...world.me, objectId: world.stranger.objectId }
    const path = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Storage/storageAccounts/${account}/blobServices/default?api-version=2024-01-01`
    const properties = {
      deleteRetentionPolicy: { enabled: true, days: 7 },
      containerDeleteRetentionPolicy: { enabled: true, days: 9 },
      isVersioningEnabled: true,
      changeFeed: { enabled: true, retentionInDays: 30 },
      cors: { corsRules: [upload(1), upload(2)] },
    }
    await world.asStranger('PUT', path, { properties })
    await world.assign(account, objectId)
    const [service, assignments] = [await world.blobService(account), await world.assignments(account)]
    await apply(world.blob('beside', account))
    await world.untilReady('beside', 'True', 'Verified')
    assert.deepEqual(await world.cors(account), [upload(1), upload(2), RULE])
    assert.equal((await world.assignments(account)).length, assignments.length + 1)
    await world.leave('beside')
    assert.deepEqual(await world.blobService(account), service)
    assert.deepEqual(await world.assignments(account), assignments)
  })

  it('is refused, and changes nothing, where five rules of others are there already', async () => {
    const account = await world.storageAccount()
    const five = [1, 2, 3, 4, 5].map(upload)
    await world.putCors(account, five)
    await apply(world.blob('sixth', account))
    await world.untilReady('sixth', 'False', 'TooManyRules')
    assert.match(await message('sixth'), /6 of at most 5/)
    await assertNothingOfUs(account, five)
    await world.putCors(account, five.slice(1))
    await world.untilReady('sixth', 'True', 'Verified')
    assert.deepEqual(await world.cors(account), [...five.slice(1), RULE])
    await world.leave('sixth')
    await assertNothingOfUs(account, five.slice(1))
  })

  it('shares its rule and its assignment with another one: they go with the last of them', async () => {
    const account = await world.storageAccount()
    await apply(world.blob('first', account), world.blob('second', account))
    await world.untilReady('first', 'True', 'Verified')
    await world.untilReady('second', 'True', 'Verified')
    assert.deepEqual(await world.cors(account), [RULE])
    const both = await ours(account)
    assert.equal(both.length, 1)
    await world.leave('first')
    assert.deepEqual([await ours(account), await world.cors(account)], [both, [RULE]])
    await world.untilReady('second', 'True', 'Verified')
    await world.leave('second')
    await assertNothingOfUs(account)
  })

  it('adopts an equal assignment of somebody else, and leaves it there', async () => {
    const account = await world.storageAccount()
    await world.assign(account, vendor)
    const theirs = await ours(account)
    await apply(world.blob('adopting', account))
    await world.untilReady('adopting', 'True', 'Verified')
    assert.equal(conditionOf(await world.si('adopting'), 'AccessGranted')?.reason, 'Adopted')
    await world.leave('adopting')
    assert.deepEqual(await ours(account), theirs)
  })

  it('outlives its status, and is repaired when somebody takes a part away', async () => {
    const account = await world.storageAccount()
    await apply(world.blob('wiped', account))
    await world.untilReady('wiped', 'True', 'Verified')
    const then = await ours(account)
    await operator.stop()
    await world.wipeStatus('wiped')
    operator = await world.operator()
    await world.untilReady('wiped', 'True', 'Verified')
    assert.deepEqual(await ours(account), then)
    await world.putCors(account, [])
    await world.asStranger('DELETE', `${then[0]?.id}?api-version=2022-04-01`)
    await eventually(async () =>
      assert.deepEqual([await ours(account), await world.cors(account)], [then, [RULE]]),
    )
    await world.leave('wiped')
    await assertNothingOfUs(account)
  })

  it('leaves an assignment there that a stranger made anew in the place of its own', async () => {
    const account = await world.storageAccount()
    await apply(world.blob('replaced', account))
    await world.untilReady('replaced', 'True', 'Verified')
    const [own] = await ours(account)
    await operator.stop()
    await world.asStranger('DELETE', `${own?.id}?api-version=2022-04-01`)
    await world.assign(account, vendor)
    const theirs = await ours(account)
    operator = await world.operator()
    await world.leave('replaced')
    assert.deepEqual(await ours(account), theirs)
    assert.deepEqual(await world.cors(account), [])
  })

  it('does not go while the subscription merely does not show', async () => {
    const account = await world.storageAccount()
    await apply(world.blob('hidden', account))
    await world.untilReady('hidden', 'True', 'Verified')
    const hidden = world.cloud.fail(
      1_000,
      404,
      ({ principal, path }) => principal === world.me.clientId && path.startsWith('/subscriptions/'),
      'SubscriptionNotFound: The subscription could not be found.',
    )
    await world.delete('hidden')
    await world.untilReady('hidden', 'False', 'WrongAccount')
    assert.equal((await ours(account)).length, 1)
    hidden.remove()
    await world.untilGone('hidden')
    await assertNothingOfUs(account)
  })

  it('goes when its storage account was deleted first', async () => {
    const account = await world.storageAccount()
    await apply(world.blob('gone', account))
    await world.untilReady('gone', 'True', 'Verified')
    await world.cloud.deleteStorageAccount(account)
    await world.untilReady('gone', 'False', 'StorageAccountNotFound')
    await world.leave('gone')
  })

  it('says which permission Mooring lacks', async () => {
    const account = await world.storageAccount()
    const write = 'Microsoft.Authorization/roleAssignments/write'
    world.cloud.deny(world.me.clientId, [write])
    await apply(world.blob('denied', account))
    await world.untilReady('denied', 'False', 'AccessDenied')
    assert.match(await message('denied'), /Microsoft\.Authorization\/roleAssignments\/write/)
    world.cloud.undeny(world.me.clientId)
    await world.leave('denied')
  })

  for (const when of ['before', 'after'] as const) {
    for (const operation of ['RoleAssignments_Create', 'BlobServices_SetServiceProperties']) {
      it(`survives a death right ${when} ${operation}, with nothing left over in the end`, async () => {
        const account = await world.storageAccount()
        await world.putCors(account, [upload(1)])
        const isOurs = (seen: { readonly operation: string; readonly principal: string }): boolean =>
          seen.operation === operation && seen.principal === world.me.clientId
        const { promise: died, resolve } = Promise.withResolvers<void>()
        if (when === 'before') world.cloud.fail(1, 503, isOurs)
        world.cloud[when](isOurs, async () => {
          operator.kill('SIGKILL')
          await operator.exited
          resolve()
        })
        await apply(world.blob('mortal', account))
        await died
        operator = await world.operator()
        await world.untilReady('mortal', 'True', 'Verified')
        assert.deepEqual(await world.cors(account), [upload(1), RULE])
        assert.equal((await ours(account)).length, 1)
        await world.leave('mortal')
        await assertNothingOfUs(account, [upload(1)])
      })
    }
  }

  it('asked Azure nothing that it does not know', () => assert.deepEqual(world.cloud.violations, []))
})

describe('where the account lets Mooring bring applications into the tenant', () => {
  let world: AzureWorld
  let operator: Operator
  before(async () => {
    world = await setAzureWorld({ createServicePrincipals: true })
    operator = await world.operator()
  })
  after(async () => {
    await operator?.stop()
    await world?.cluster.stop()
  })

  const principals = async () =>
    (await world.cloud.requests.filter(({ operation }) => operation === 'servicePrincipals.create')).length

  it('it creates the service principal, waits until it shows, and keeps it when the last integration goes', async () => {
    const account = world.me.storageAccount
    world.cloud.holdPrincipals()
    await world.cluster.kubectl.apply(world.blob('scenes', account))
    await eventually(async () => assert.equal(await principals(), 1))
    await consistently(async () => assert.notEqual(readyOf(await world.si('scenes'))?.status, 'True'), {
      forMs: 3_000,
      everyMs: 300,
    })
    assert.equal(conditionOf(await world.si('scenes'), 'Stalled'), undefined)
    await world.cloud.releasePrincipals()
    await world.untilReady('scenes', 'True', 'Verified')
    await world.leave('scenes')
    assert.deepEqual(await world.cors(account), [])
    assert.equal(await principals(), 1)
    assert.equal(world.cloud.count('servicePrincipals.delete'), 0)
  })

  it('and takes away one that it created where the account says so', async () => {
    const spec = { createServicePrincipals: true, removeServicePrincipals: true }
    await world.cluster.kubectl.apply(azureCloudAccount(world.me, world.namespace, spec))
    await world.cluster.kubectl.apply(world.blob('again', world.me.storageAccount))
    await world.untilReady('again', 'True', 'Verified')
    await world.leave('again')
    await eventually(() => assert.equal(world.cloud.count('servicePrincipals.delete'), 1))
  })
})
