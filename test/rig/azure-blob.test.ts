/** Who reads what in the Azure for tests: roles at accounts and containers, delegation keys, firewalls, lost answers. */
import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  BlobSASPermissions,
  type BlobServiceClient,
  generateBlobSASQueryParameters,
} from '@azure/storage-blob'
import { type AzureAccount, azureAccount } from './azure.ts'
import { ask, blobsAs, blobsOf } from './azure-clients.ts'
import type { AzureFacade } from './azure-facade.ts'
import { azure } from './shared.ts'

const READER = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
const DELEGATOR = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'

interface Stage {
  readonly cloud: AzureFacade
  readonly me: AzureAccount
  readonly vendor: BlobServiceClient
  readonly id: string
  readonly container: string
  readonly assign: (scope: string, role: string) => Promise<string>
}

async function stage(): Promise<Stage> {
  const cloud = await azure()
  const me = await azureAccount(cloud)
  await cloud.createContainer(me.storageAccount, 'clips')
  await cloud.createContainer(me.storageAccount, 'other')
  const owner = blobsOf(cloud, me.storageAccount)
  for (const name of ['clips', 'other'])
    await owner.getContainerClient(name).getBlockBlobClient('a.txt').upload('hello', 5)
  const clientId = cloud.createApplication()
  const principalId = await cloud.createServicePrincipal(me.tenantId, clientId)
  const group = `/subscriptions/${me.subscriptionId}/resourceGroups/${me.resourceGroup}`
  const id = `${group}/providers/Microsoft.Storage/storageAccounts/${me.storageAccount}`
  const assign = async (scope: string, role: string) => {
    const path = `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}?api-version=2022-04-01`
    const roleDefinitionId = `/subscriptions/${me.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${role}`
    const { body } = await ask(cloud, me, 'PUT', path, { properties: { principalId, roleDefinitionId } })
    return body.id
  }
  const vendor = blobsAs(cloud, me.storageAccount, { tenantId: me.tenantId, clientId })
  return { cloud, me, vendor, id, assign, container: `${id}/blobServices/default/containers/clips` }
}

const reads = async (from: BlobServiceClient, container = 'clips') => {
  const blob = from.getContainerClient(container).getBlobClient('a.txt')
  return blob.downloadToBuffer().then(String, (error) => error.details?.errorCode ?? error.code)
}
const REFUSED = 'AuthorizationPermissionMismatch'

describe('a role', () => {
  it('at a container is good for that container', async () => {
    const { vendor, assign, container } = await stage()
    await assign(container, READER)
    assert.deepEqual([await reads(vendor), await reads(vendor, 'other')], ['hello', REFUSED])
  })

  it('at the account is good for all its containers', async () => {
    const { vendor, assign, id } = await stage()
    await assign(id, READER)
    assert.deepEqual([await reads(vendor), await reads(vendor, 'other')], ['hello', 'hello'])
  })

  it('that is new may take its time', async () => {
    const { cloud, vendor, assign, container } = await stage()
    await cloud.holdRoles()
    await assign(container, READER)
    assert.equal(await reads(vendor), REFUSED)
    cloud.releaseRoles()
    assert.equal(await reads(vendor), 'hello')
  })

  it('of a reader is not one of a writer', async () => {
    const { vendor, assign, id } = await stage()
    await assign(id, READER)
    const upload = vendor.getContainerClient('clips').getBlockBlobClient('b.txt').upload('x', 1)
    await assert.rejects(upload, { code: REFUSED, statusCode: 403 })
  })
})

describe('a key for signing', () => {
  const times = () => [new Date(Date.now() - 60_000), new Date(Date.now() + 600_000)] as const

  it('is not given to who has a role at the container alone', async () => {
    const { vendor, assign, container } = await stage()
    await assign(container, READER)
    await assert.rejects(vendor.getUserDelegationKey(...times()), { code: REFUSED, statusCode: 403 })
  })

  it('makes URLs that show what its owner may read, as long as it may', async () => {
    const { cloud, me, vendor, assign, id, container } = await stage()
    await assign(id, DELEGATOR)
    const key = await vendor.getUserDelegationKey(...times())
    const [startsOn, expiresOn] = times()
    const what = { containerName: 'clips', blobName: 'a.txt', permissions: BlobSASPermissions.parse('r') }
    const sas = generateBlobSASQueryParameters({ ...what, startsOn, expiresOn }, key, me.storageAccount)
    const url = `${cloud.endpoints.blob}/${me.storageAccount}/clips/a.txt?${sas}`
    assert.equal((await fetch(url)).headers.get('x-ms-error-code'), REFUSED)
    const assignment = await assign(container, READER)
    assert.equal(await (await fetch(url)).text(), 'hello')
    await ask(cloud, me, 'DELETE', `${assignment}?api-version=2022-04-01`)
    assert.equal((await fetch(url)).status, 403)
  })
})

describe('an account', () => {
  for (const properties of [{ publicNetworkAccess: 'Disabled' }, { networkAcls: { defaultAction: 'Deny' } }])
    it(`with ${JSON.stringify(properties)} lets nobody in`, async () => {
      const { cloud, me, vendor, assign, id } = await stage()
      await assign(id, READER)
      await cloud.changeStorageAccount(me.storageAccount, properties)
      assert.equal(await reads(vendor), 'AuthorizationFailure')
    })

  it('that is gone answers nobody', async () => {
    const { cloud, me } = await stage()
    await cloud.deleteStorageAccount(me.storageAccount)
    await assert.rejects(fetch(`${cloud.endpoints.blob}/${me.storageAccount}/clips/a.txt`))
  })

  for (const [how, listed, deleted] of [
    ['missing', 404, 404],
    ['forbidden', 403, 403],
    ['kept', 200, 200],
  ] as const)
    it(`that is gone may leave its role assignments ${how}`, async (t) => {
      const { cloud, me, assign, id } = await stage()
      t.after(() => cloud.setGoneScopes('missing'))
      const assignment = await assign(id, READER)
      await cloud.setGoneScopes(how)
      await cloud.deleteStorageAccount(me.storageAccount)
      const list = `${id}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`
      assert.equal((await ask(cloud, me, 'GET', list)).status, listed)
      assert.equal((await ask(cloud, me, 'DELETE', `${assignment}?api-version=2022-04-01`)).status, deleted)
    })
})

describe('a bad day', () => {
  it('carries a request out and loses its answer', async () => {
    const { cloud, me, id } = await stage()
    const path = `${id}/blobServices/default?api-version=2024-01-01`
    cloud.loseAnswer(1, ({ operation }) => operation === 'BlobServices_SetServiceProperties')
    await assert.rejects(ask(cloud, me, 'PUT', path, { properties: { isVersioningEnabled: true } }))
    assert.equal((await ask(cloud, me, 'GET', path)).body.properties.isVersioningEnabled, true)
  })

  it('throttles a share of the requests', async () => {
    const { cloud, me, id } = await stage()
    cloud.setWeather({ throttle: 0.5 })
    const statuses = await Promise.all(
      Array.from({ length: 40 }, () => ask(cloud, me, 'GET', `${id}?api-version=2024-01-01`)),
    ).finally(() => cloud.setWeather({ throttle: 0 }))
    const throttled = statuses.filter(({ status }) => status === 429).length
    assert.ok(throttled > 5 && throttled < 35, `${throttled} of 40`)
  })
})
