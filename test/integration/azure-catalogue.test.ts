/** Vendors of the catalogue that need several roles at different places, as their pages have it: what they can do then. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { blobsAs, blobsOf } from '../rig/azure-clients.ts'
import type { Operator } from '../rig/operator.ts'
import { type AzureWorld, READER, setAzureWorld } from './azure-world.ts'
import { readyOf } from './stage.ts'

const KILI = '5734576c-64d1-49f9-8a12-e3e6bcc9909b'
const V7 = '95e63529-38cc-435c-b247-32a1d62f321d'
/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/storage */
const DELEGATOR = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'
const CONTRIBUTOR = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
const REFUSED = { statusCode: 403 }

describe('a vendor that signs URLs on the account and reads one container', () => {
  let world: AzureWorld
  let operator: Operator

  before(async () => {
    world = await setAzureWorld()
    for (const appId of [KILI, V7]) {
      world.cloud.createApplication({ appId })
      await world.cloud.createServicePrincipal(world.me.tenantId, appId)
    }
    operator = await world.operator()
  })
  after(async () => {
    await operator?.stop()
    await world?.cluster.stop()
  })

  const as = (clientId: string, account: string) =>
    blobsAs(world.cloud, account, { tenantId: world.me.tenantId, clientId })
  const sign = (clientId: string, account: string) =>
    as(clientId, account).getUserDelegationKey(new Date(), new Date(Date.now() + 600_000))
  const read = (clientId: string, account: string, container: string) =>
    as(clientId, account).getContainerClient(container).getBlobClient('a.txt').downloadToBuffer()
  const write = (clientId: string, account: string, container: string) =>
    as(clientId, account).getContainerClient(container).getBlockBlobClient('b.txt').upload('b', 1)
  /** Roles by the place that they are at: '' is the account. */
  const rolesAt = async (account: string) =>
    (await world.assignments(account))
      .map(({ role, scope }) => [scope.split(/\/containers\//i)[1] ?? '', role] as const)
      .sort()
  async function accountWithContainers(): Promise<string> {
    const account = await world.storageAccount()
    for (const name of ['images', 'payroll']) {
      await world.cloud.createContainer(account, name)
      await blobsOf(world.cloud, account).getContainerClient(name).getBlockBlobClient('a.txt').upload('a', 1)
    }
    return account
  }
  const apply = (name: string, account: string, container: string | undefined, spec: object) => {
    const { resourceGroup } = world.me
    const azureBlob = { resourceGroup, storageAccount: account, ...(container && { container }) }
    return world.cluster.kubectl.apply(world.blob(name, account, { azureBlob, ...spec }))
  }

  it('Kili signs and reads there, reads nothing else, and has nothing left when the integration goes', async () => {
    const account = await accountWithContainers()
    await apply('kili', account, 'images', { vendor: 'kili' })
    await world.untilReady('kili', 'True', 'Verified')
    assert.deepEqual(await rolesAt(account), [
      ['', DELEGATOR],
      ['images', READER],
    ])
    await sign(KILI, account)
    assert.equal((await read(KILI, account, 'images')).toString(), 'a')
    await assert.rejects(read(KILI, account, 'payroll'), REFUSED)
    await assert.rejects(write(KILI, account, 'images'), REFUSED)
    await world.leave('kili')
    assert.deepEqual([await rolesAt(account), await world.cors(account)], [[], []])
    await assert.rejects(sign(KILI, account), REFUSED)
  })

  it('Kili is not given a whole account, which its form could not name', async () => {
    const account = await accountWithContainers()
    await apply('whole', account, undefined, { vendor: 'kili' })
    await world.untilReady('whole', 'False', 'InvalidSpec')
    assert.match(
      readyOf(await world.si('whole'))?.message ?? '',
      /spec\.azureBlob\.container: this vendor demands one/,
    )
    assert.deepEqual(await rolesAt(account), [])
    await world.leave('whole')
  })

  it('Kili is told that it does not work with an account with a hierarchical namespace', async () => {
    const account = await accountWithContainers()
    await world.cloud.changeStorageAccount(account, { isHnsEnabled: true })
    await apply('lake', account, 'images', { vendor: 'kili' })
    await world.untilReady('lake', 'False', 'GrantDefeated')
    await world.leave('lake')
  })

  it('V7 writes at the higher level, to the same container alone, and stops when the level goes down', async () => {
    const account = await accountWithContainers()
    await apply('v7', account, 'images', { vendor: 'v7-darwin', access: 'ReadWrite' })
    await world.untilReady('v7', 'True', 'Verified')
    assert.deepEqual(await rolesAt(account), [
      ['', DELEGATOR],
      ['images', READER],
      ['images', CONTRIBUTOR],
    ])
    assert.equal((await world.cors(account)).length, 2)
    await write(V7, account, 'images')
    await assert.rejects(write(V7, account, 'payroll'), REFUSED)
    await world.change('v7', { access: 'Read' })
    await world.untilReady('v7', 'True', 'Verified')
    await assert.rejects(write(V7, account, 'images'), REFUSED)
    assert.equal((await read(V7, account, 'images')).toString(), 'a')
    await world.leave('v7')
    assert.deepEqual([await rolesAt(account), await world.cors(account)], [[], []])
  })

  it('asked Azure nothing that it does not know', () => assert.deepEqual(world.cloud.violations, []))
})
