/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
/** What an integration on Azure Blob Storage asks of the tenant and of its storage account. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StorageVendor, VendorAzureBlob } from '../../src/api/generated/storage-vendor.ts'
import { tell } from '../../src/vendors/tell.ts'
import {
  ACCOUNT_ID,
  APPLICATION,
  AZURE_RECIPE,
  anAzureAccount,
  anAzureVendor,
  CONTRIBUTOR,
  DELEGATOR,
  inContainer,
  onAzure,
  PRINCIPAL,
  PRINCIPAL_NAME,
  READER,
  resolvedOnAzure,
  TENANT,
} from './azure-things.ts'
import { namesOf, partsOf } from './gcs-things.ts'
import { given } from './things.ts'

const parameter = {
  name: 'clientId',
  description: 'the client id of its application',
  source: 'VendorGiven',
} as const
/** A vendor that makes an application for each customer. */
const ownApplication = (
  application: VendorAzureBlob['application'],
  azure: Partial<VendorAzureBlob> = {},
): StorageVendor =>
  anAzureVendor(
    { application, ...azure },
    { parameters: [{ ...parameter, required: false, deferred: true }] },
  )

describe('an integration on Azure Blob Storage asks', () => {
  it('for the service principal first, and then for the storage account', () => {
    const resolution = resolvedOnAzure()
    assert.deepEqual(namesOf(resolution), [PRINCIPAL_NAME, ACCOUNT_ID])
    assert.deepEqual(
      resolution.claims.map(({ documents }) => documents),
      [['ServicePrincipal'], ['RoleAssignments', 'Cors']],
    )
    assert.deepEqual(partsOf(resolution, 'ServicePrincipal'), [{ clientId: APPLICATION }])
    assert.deepEqual([resolution.fault, resolution.stance], [undefined, 'Wants'])
    assert.equal(resolution.storage, 'https://streetscenes.blob.core.windows.net/images')
  })

  const whose = { clientId: APPLICATION }
  const sign = { ...whose, roleDefinitionId: DELEGATOR, roleName: 'Storage Blob Delegator', scope: '' }
  const read = { ...whose, roleDefinitionId: READER, roleName: 'Storage Blob Data Reader' }
  const write = { ...whose, roleDefinitionId: CONTRIBUTOR, roleName: 'Storage Blob Data Contributor' }
  const roles: readonly (readonly [string, string | undefined, string, object[]])[] = [
    ['each at its own place', 'images', 'Read', [sign, { ...read, scope: 'container/images' }]],
    ['all on the account where no container is named', undefined, 'Read', [sign, { ...read, scope: '' }]],
    [
      'more of them at a higher level',
      'images',
      'ReadWrite',
      [sign, { ...read, scope: 'container/images' }, { ...write, scope: 'container/images' }],
    ],
  ]
  for (const [sentence, container, access, parts] of roles) {
    it(`for role assignments, ${sentence}`, () => {
      const integration = onAzure({ access, azureBlob: inContainer(container) })
      assert.deepEqual(partsOf(resolvedOnAzure({ integration }), 'RoleAssignments'), parts)
    })
  }

  it('for CORS rules with every field that Azure demands', () => {
    assert.deepEqual(partsOf(resolvedOnAzure(), 'Cors'), [
      {
        allowedOrigins: ['https://app.acme.example'],
        allowedMethods: ['GET'],
        allowedHeaders: ['*'],
        exposedHeaders: [],
        maxAgeInSeconds: 600,
      },
    ])
  })

  it('to be tried by a preflight, and looked at for what the vendor demands of the account', () => {
    const requirements: VendorAzureBlob['requirements'] = {
      ...{ publicNetworkAccess: 'Required', hierarchicalNamespace: 'Forbidden' },
      sourceAddresses: ['203.0.113.7/32'],
    }
    const { claims } = resolvedOnAzure({ vendor: anAzureVendor({ requirements }) })
    assert.deepEqual(claims.at(-1)?.probes, [
      { kind: 'CorsPreflight', origin: 'https://app.acme.example', method: 'GET', requestHeaders: [] },
      {
        kind: 'BlobGrant',
        container: 'images',
        demands: ['PublicNetworkAccess', 'NoHierarchicalNamespace'],
        sourceAddresses: ['203.0.113.7/32'],
        clientId: APPLICATION,
      },
    ])
  })

  it('with ids in small letters, however the recipe spells them', () => {
    const vendor = anAzureVendor({ application: { clientId: APPLICATION.toUpperCase() } })
    assert.deepEqual(namesOf(resolvedOnAzure({ vendor }))[0], PRINCIPAL_NAME)
  })

  it('for no service principal, where the application is there by itself', () => {
    const vendor = anAzureVendor({ application: { clientId: APPLICATION, installation: 'Existing' } })
    assert.deepEqual(namesOf(resolvedOnAzure({ vendor })), [ACCOUNT_ID])
  })

  it('for no service principal, where the recipe names the principal itself', () => {
    const resolution = resolvedOnAzure({
      vendor: ownApplication({ principalId: '${parameters.clientId}' }),
      parameters: given({ clientId: PRINCIPAL }),
    })
    assert.deepEqual(namesOf(resolution), [ACCOUNT_ID])
    const [part] = partsOf(resolution, 'RoleAssignments')
    const { clientId: _, ...role } = sign
    assert.deepEqual(part, { ...role, principalId: PRINCIPAL })
  })

  it('for the vendor to be told tenant and container', () => {
    const vendor = anAzureVendor({
      outputs: [{ name: 'tenantId', label: 'Tenant', value: '${tenantId}' }],
      nextStep: 'Read ${blobEndpoint}${container} of ${storageAccount} in ${resourceGroup}.',
    })
    const { tell: telling } = resolvedOnAzure({ vendor })
    assert.ok(telling)
    assert.deepEqual(tell(telling), {
      outputs: { tenantId: TENANT },
      nextStep: 'Read https://streetscenes.blob.core.windows.net/images of streetscenes in perception.',
    })
    assert.match(
      tell(telling, { blobEndpoint: 'https://streetscenes.z1.blob.storage.azure.net/' }).nextStep ?? '',
      /^Read https:\/\/streetscenes\.z1\.blob\.storage\.azure\.net\/images of/,
    )
  })
})

describe('an application that the vendor has yet to hand out', () => {
  const vendor = ownApplication({ clientId: '${parameters.clientId}' })
  const waiting = resolvedOnAzure({ vendor })

  it('is waited for; only CORS is asked for until then', () => {
    assert.deepEqual([waiting.fault, waiting.stance], [undefined, 'Wants'])
    assert.equal(waiting.awaiting?.reason, 'AwaitingVendorInput')
    assert.match(waiting.awaiting?.message ?? '', /spec\.parameters\.clientId from the vendor/)
    assert.deepEqual(namesOf(waiting), [ACCOUNT_ID])
    assert.deepEqual(
      waiting.claims.flatMap(({ entries }) => entries.map(({ document }) => document)),
      ['Cors'],
    )
    assert.deepEqual(
      waiting.claims.at(-1)?.probes.map(({ kind }) => kind),
      ['CorsPreflight'],
    )
  })

  it('is waited for although nothing else is asked for meanwhile', () => {
    const { cors: _, ...rest } = AZURE_RECIPE
    const application = { clientId: '${parameters.clientId}' }
    const bare = { ...vendor, spec: { ...vendor.spec, azureBlob: { ...rest, application } } }
    const { fault, awaiting, claims } = resolvedOnAzure({ vendor: bare })
    assert.deepEqual([fault, awaiting?.reason], [undefined, 'AwaitingVendorInput'])
    assert.deepEqual(
      claims.flatMap(({ entries }) => entries),
      [],
    )
  })

  it('gets everything once it is given', () => {
    const known = resolvedOnAzure({ vendor, parameters: given({ clientId: APPLICATION }) })
    assert.deepEqual(namesOf(known), [PRINCIPAL_NAME, ACCOUNT_ID])
    assert.equal(known.awaiting, undefined)
  })
})

describe('a storage account of another endpoint', () => {
  it('is another place, and its blobs have the endpoint’s own address', () => {
    const endpoints = {
      resourceManager: 'https://management.azure.example/',
      blob: 'https://{account}.blobs.example',
    }
    const account = anAzureAccount()
    const azure = { tenantId: TENANT, subscriptionId: account.spec.azure?.subscriptionId ?? '', endpoints }
    const { claims, storage } = resolvedOnAzure({ account: anAzureAccount({ azure }) })
    assert.equal(claims.at(-1)?.target.key, `${ACCOUNT_ID} at https://management.azure.example`)
    assert.equal(storage, 'https://streetscenes.blobs.example/images')
  })
})
