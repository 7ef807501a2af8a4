/** What a vendor can do after Mooring, judged by the role assignments, and what the checks say beforehand. */
import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { BlobGrantProbe } from '../../src/clouds/cloud.ts'
import { blobsAs, blobsOf } from '../rig/azure-clients.ts'
import { type AzureStage, azureStage, DELEGATOR, leaves, passAt, READER, wants } from './azure-stage.ts'
import { never } from './ledger-pass.ts'

const NAMES = ['RoleAssignments'] as const
const role = (vendor: string, roleDefinitionId: string, scope: string) => ({
  clientId: vendor,
  roleDefinitionId,
  roleName: 'r',
  scope,
})

async function withBlobs(stage: AzureStage, ...containers: readonly string[]): Promise<void> {
  const { facade, me } = stage
  for (const container of containers) {
    await facade.createContainer(me.storageAccount, container)
    const blob = blobsOf(facade, me.storageAccount).getContainerClient(container).getBlockBlobClient('x.png')
    await blob.upload('pixels', 6)
  }
}

async function reads({ facade, me, vendor }: AzureStage, container: string): Promise<string> {
  const blobs = blobsAs(facade, me.storageAccount, { tenantId: me.tenantId, clientId: vendor })
  try {
    const answer = await blobs.getContainerClient(container).getBlobClient('x.png').downloadToBuffer()
    return answer.toString()
  } catch (error) {
    return String((error as { statusCode?: number }).statusCode)
  }
}

describe('a vendor in Azure', () => {
  it('reads the container that it was given, no other, and nothing any more when the integration is gone', async (test) => {
    const stage = await azureStage(test)
    await withBlobs(stage, 'images', 'private')
    await stage.consent()
    const driver = stage.session.open(stage.account)
    const pass = passAt(stage, NAMES)
    assert.equal(await reads(stage, 'images'), '403')
    const two = [role(stage.vendor, DELEGATOR, ''), role(stage.vendor, READER, 'container/images')]
    const party = {
      ...wants('RoleAssignments', two[0]),
      entries: two.map((part, n) => ({
        document: 'RoleAssignments' as const,
        name: `e${n}`,
        body: { part },
      })),
    }
    await pass.run(driver, [party])
    assert.deepEqual([await reads(stage, 'images'), await reads(stage, 'private')], ['pixels', '403'])
    await pass.run(driver, [leaves()])
    assert.equal(await reads(stage, 'images'), '403')
  })

  it('is checked for against what the account itself refuses', async (test) => {
    const stage = await azureStage(test, {}, { properties: { isHnsEnabled: true } })
    await withBlobs(stage, 'images')
    const driver = stage.session.open(stage.account)
    const asks = async (words: Partial<BlobGrantProbe>) => {
      await driver.read([], never)
      const probe: BlobGrantProbe = {
        kind: 'BlobGrant',
        container: 'images',
        demands: [],
        sourceAddresses: [],
        ...words,
      }
      const checks = await driver.probe(probe, never)
      return checks.map(({ name, result, reason }) => [name, result, reason].filter(Boolean).join(' '))
    }
    const demands = ['PublicNetworkAccess', 'NoHierarchicalNamespace'] as const
    assert.deepEqual(await asks({}), ['PublicNetworkAccess Passed', 'ContainerExists Passed'])
    assert.deepEqual(await asks({ container: 'none', demands }), [
      'PublicNetworkAccess Passed',
      'HierarchicalNamespace Failed GrantDefeated',
      'ContainerExists Failed ContainerNotFound',
    ])
    await stage.facade.changeStorageAccount(stage.me.storageAccount, { publicNetworkAccess: 'Disabled' })
    assert.deepEqual(await asks({ container: '', demands: ['PublicNetworkAccess'] }), [
      'PublicNetworkAccess Failed GrantDefeated',
    ])
    await stage.facade.changeStorageAccount(stage.me.storageAccount, {
      ...{ publicNetworkAccess: 'Enabled' },
      networkAcls: { defaultAction: 'Deny', ipRules: [{ value: '20.1.2.0/24', action: 'Allow' }] },
    })
    assert.deepEqual(await asks({ container: '', sourceAddresses: ['20.1.2.3'] }), ['StorageFirewall Passed'])
    assert.deepEqual(await asks({ container: '', sourceAddresses: ['20.1.3.3'] }), [
      'StorageFirewall Failed GrantDefeated',
    ])
  })
})
