/** Where the data of an integration on Azure Blob Storage lies. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AzureSubscription } from '../../src/api/generated/cloud-account.ts'
import { locateAzure } from '../../src/vendors/locate-azure.ts'
import { ACCOUNT_ID, anAzureAccount, inContainer, SUBSCRIPTION, TENANT } from './azure-things.ts'

const located = (place: object = {}, endpoints?: AzureSubscription['endpoints']) => {
  const azure = { tenantId: TENANT, subscriptionId: SUBSCRIPTION, ...(endpoints && { endpoints }) }
  return locateAzure('azure-prod', anAzureAccount({ azure }), { ...inContainer('images'), ...place })
}

describe('a storage account', () => {
  it('is one place, however its resource group is spelt', () => {
    const keys = ['perception', 'Perception', 'PERCEPTION'].map((resourceGroup) => {
      const found = located({ resourceGroup })
      assert.ok(found.ok)
      return found.value.target.key
    })
    assert.deepEqual([...new Set(keys)], [`${ACCOUNT_ID} at azure`])
  })

  const spellings: readonly (readonly [string, AzureSubscription['endpoints'], string])[] = [
    ['left out', undefined, 'azure'],
    ['spelled out', { resourceManager: 'https://management.azure.com' }, 'azure'],
    ['spelled out otherwise', { resourceManager: 'https://Management.Azure.com:443/' }, 'azure'],
    [
      'that of another cloud, told by its sign-in',
      { authority: 'https://login.microsoftonline.us' },
      'https://management.usgovcloudapi.net',
    ],
    [
      'that of another cloud',
      { resourceManager: 'https://management.usgovcloudapi.net/' },
      'https://management.usgovcloudapi.net',
    ],
    ['one of one’s own', { resourceManager: 'https://127.0.0.1:8443/arm/' }, 'https://127.0.0.1:8443/arm'],
  ]
  for (const [spelling, endpoints, store] of spellings)
    it(`is one place, with the address of Resource Manager ${spelling}`, () => {
      const found = located({}, endpoints)
      assert.ok(found.ok)
      assert.equal(found.value.target.key, `${ACCOUNT_ID} at ${store}`)
    })

  it('of another cloud is shown to people by that cloud’s address', () => {
    const { storage } = located({}, { authority: 'https://login.microsoftonline.us' })
    assert.equal(storage, 'https://streetscenes.blob.core.usgovcloudapi.net/images')
  })

  it('is asked for under the group’s own spelling', () => {
    const found = located({ resourceGroup: 'Perception' })
    assert.ok(found.ok)
    assert.equal(found.value.target.resourceGroup, 'Perception')
  })

  it('is spoken of in rules by its name, with the container as the part below', () => {
    const found = located()
    assert.ok(found.ok)
    assert.deepEqual([found.value.bucket, found.value.prefix], ['streetscenes', 'images'])
  })

  const addresses: readonly (readonly [string, string | undefined, string])[] = [
    ['Azure’s own', undefined, 'https://streetscenes.blob.core.windows.net/images'],
    [
      'another cloud’s',
      'https://{account}.blob.core.usgovcloudapi.net/',
      'https://streetscenes.blob.core.usgovcloudapi.net/images',
    ],
    ['a path', 'https://127.0.0.1:10000/{account}', 'https://127.0.0.1:10000/streetscenes/images'],
  ]
  for (const [sentence, blob, storage] of addresses)
    it(`is shown to people by its address: ${sentence}`, () =>
      assert.equal(located({}, blob === undefined ? undefined : { blob }).storage, storage))
})

describe('a name that Azure does not give', () => {
  const cases: readonly (readonly [string, object, RegExp])[] = [
    ['a resource group with a slash', { resourceGroup: 'a/../b' }, /resourceGroup: "a\/\.\.\/b" is not/],
    ['a resource group of nothing', { resourceGroup: '' }, /resourceGroup: "" is not/],
    [
      'a storage account with a hyphen',
      { storageAccount: 'street-scenes' },
      /storageAccount: "street-scenes" is not/,
    ],
    ['a storage account of two letters', { storageAccount: 'ab' }, /storageAccount: "ab" is not/],
    ['a container in capitals', { container: 'Images' }, /container: "Images" is not/],
    ['a container with a slash', { container: 'images/..' }, /container: "images\/\.\." is not/],
    ['a container that ends with a hyphen', { container: 'images-' }, /container: "images-" is not/],
  ]
  for (const [sentence, place, message] of cases) {
    it(`is refused before it becomes a part of an address: ${sentence}`, () => {
      const found = located(place)
      assert.ok(!found.ok)
      assert.equal(found.fault.reason, 'InvalidSpec')
      assert.match(found.fault.message, message)
    })
  }
})
