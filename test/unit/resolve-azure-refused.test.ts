/** When an integration on Azure Blob Storage cannot be resolved, and where it was applied earlier. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CloudAccount } from '../../src/api/generated/cloud-account.ts'
import type { VendorAzureBlob } from '../../src/api/generated/storage-vendor.ts'
import { APPLIED_AT_ANNOTATION } from '../../src/vendors/applied-at.ts'
import type { ResolveInput } from '../../src/vendors/resolve.ts'
import {
  ACCOUNT_ID,
  APPLICATION,
  AZURE_RECIPE,
  anAzureAccount,
  anAzureVendor,
  inContainer,
  onAzure,
  PRINCIPAL_NAME,
  resolvedOnAzure,
  SUBSCRIPTION,
  TENANT,
} from './azure-things.ts'
import { aGcpAccount, namesOf } from './gcs-things.ts'
import { anInput } from './things.ts'

const allowing = (...storage: string[]): CloudAccount =>
  anAzureAccount({ allow: [{ namespaces: ['perception'], storage }] })

describe('an integration on Azure Blob Storage cannot be resolved', () => {
  const cases: readonly (readonly [string, Partial<ResolveInput>, string, RegExp])[] = [
    [
      'with an account of AWS',
      { account: anInput().account },
      'InvalidSpec',
      /spec\.azureBlob needs an Azure account, but CloudAccount "aws-prod" has no spec\.azure/,
    ],
    [
      'with an account of Google Cloud',
      { account: aGcpAccount() },
      'InvalidSpec',
      /CloudAccount "gcp-prod" has no spec\.azure/,
    ],
    [
      'without an account',
      { account: undefined },
      'AccountNotFound',
      /"azure-prod" \(spec\.account\) does not exist/,
    ],
    [
      'with a vendor that has a recipe for S3 alone',
      { vendor: anInput().vendor },
      'NotSupported',
      /"segments-ai" has no recipe for Azure Blob Storage \(spec\.azureBlob\)/,
    ],
    [
      'when no rule allows it',
      { account: anAzureAccount({ allow: [] }) },
      'NotAllowed',
      /storage: \["streetscenes\/images"\]/,
    ],
    [
      'when a rule allows another account only',
      { account: allowing('clips') },
      'NotAllowed',
      /does not allow/,
    ],
    [
      'when a rule allows another container only',
      { account: allowing('streetscenes/payroll') },
      'NotAllowed',
      /does not allow/,
    ],
    [
      'when a rule allows one container, and it asks for the whole account',
      { account: allowing('streetscenes/images'), integration: onAzure({ azureBlob: inContainer() }) },
      'NotAllowed',
      /storage: \["streetscenes\/"\]/,
    ],
    [
      'when a rule allows one container, and the recipe reads the whole account',
      {
        account: allowing('streetscenes/images'),
        vendor: anAzureVendor({
          roleAssignments: AZURE_RECIPE.roleAssignments.map((one) => ({ ...one, scope: 'StorageAccount' })),
        }),
      },
      'NotAllowed',
      /storage: \["streetscenes\/"\]/,
    ],
    [
      'with a storage account whose name is none',
      {
        integration: onAzure({ azureBlob: { resourceGroup: 'perception', storageAccount: 'Street-Scenes' } }),
      },
      'InvalidSpec',
      /spec\.azureBlob\.storageAccount: "Street-Scenes" is not a storage account name/,
    ],
    [
      'without a container that the vendor demands',
      {
        vendor: anAzureVendor({ requirements: { container: 'Required' } }),
        integration: onAzure({ azureBlob: inContainer() }),
      },
      'InvalidSpec',
      /spec\.azureBlob\.container: this vendor demands one/,
    ],
    [
      'with a container that the vendor cannot keep to',
      { vendor: anAzureVendor({ requirements: { container: 'Unsupported' } }) },
      'InvalidSpec',
      /spec\.azureBlob\.container: this vendor cannot be limited/,
    ],
    [
      'at an access level for which the recipe grants nothing',
      {
        vendor: anAzureVendor({
          roleAssignments: AZURE_RECIPE.roleAssignments.slice(2) as VendorAzureBlob['roleAssignments'],
        }),
        integration: onAzure({ access: 'Read' }),
      },
      'InvalidSpec',
      /spec\.access: at Read, .* grants nothing/,
    ],
    [
      'when the vendor looks for a proof object',
      { vendor: anAzureVendor({ proofObjects: [{ name: 'proof', key: '.acme' }] }) },
      'NotSupported',
      /spec\.azureBlob\.proofObjects/,
    ],
    [
      'when the vendor refuses accounts with retention, which nothing checks yet',
      { vendor: anAzureVendor({ requirements: { retention: 'Forbidden' } }) },
      'NotSupported',
      /spec\.azureBlob\.requirements\.retention/,
    ],
    [
      'when the vendor wants a role that may manage more than blobs',
      {
        vendor: anAzureVendor({
          roleAssignments: [
            {
              name: 'all',
              roleDefinitionId: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635',
              roleName: 'Owner',
              scope: 'StorageAccount',
            },
          ],
        }),
      },
      'VendorInvalid',
      /roleAssignments\[all\]\.roleDefinitionId/,
    ],
  ]
  for (const [sentence, parts, reason, message] of cases) {
    it(sentence, () => {
      const { fault, claims, stance } = resolvedOnAzure(parts)
      assert.equal(fault?.reason, reason)
      assert.match(fault?.message ?? '', message)
      assert.deepEqual([stance, claims.flatMap(({ entries }) => entries)], ['Keeps', []])
    })
  }
})

describe('a rule of the account lets in', () => {
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    ['one container', 'streetscenes/images', 'images'],
    ['containers by a pattern', 'streetscenes/im*', 'images'],
    ['every container of an account', 'street*', 'images'],
    ['a whole account', 'streetscenes', undefined],
  ]
  for (const [sentence, pattern, container] of cases) {
    it(sentence, () => {
      const integration = onAzure({ azureBlob: inContainer(container) })
      assert.equal(resolvedOnAzure({ account: allowing(pattern), integration }).fault, undefined)
    })
  }
})

describe('places where an integration on Azure was applied earlier', () => {
  const at = (places: Readonly<Record<string, readonly string[]>>): Partial<ResolveInput> => ({
    integration: onAzure({}, { annotations: { [APPLIED_AT_ANNOTATION]: JSON.stringify(places) } }),
  })
  const former = '55555555-0000-4000-8000-000000000005'

  it('are left, where it asks for something else now: an application that the recipe names no more', () => {
    const place = `${TENANT}/${former} at azure`
    const { claims, fault } = resolvedOnAzure(at({ [place]: ['ServicePrincipal'] }))
    const left = claims.find(({ target }) => target.key === place)
    assert.equal(fault, undefined)
    assert.deepEqual(left, {
      target: { key: place, kind: 'ServicePrincipal', name: `${TENANT}/${former}`, clientId: former },
      ...{ entries: [], probes: [], documents: ['ServicePrincipal'], left: true },
    })
  })

  it('are left, where it was another storage account, whose group is told by the place alone', () => {
    const name = ACCOUNT_ID.replace('streetscenes', 'clips')
    const { claims, fault } = resolvedOnAzure(at({ [`${name} at azure`]: ['RoleAssignments', 'Cors'] }))
    assert.equal(fault, undefined)
    assert.deepEqual(claims.at(-1)?.target, {
      ...{ key: `${name} at azure`, kind: 'StorageAccount', name },
      ...{ resourceGroup: 'perception', storageAccount: 'clips' },
    })
    assert.equal(claims.at(-1)?.left, true)
  })

  it('are looked at in the documents of then: CORS rules that the recipe had once', () => {
    const { cors: _, ...azureBlob } = AZURE_RECIPE
    const vendor = anAzureVendor()
    const { claims } = resolvedOnAzure({
      ...at({ [`${ACCOUNT_ID} at azure`]: ['Cors'] }),
      vendor: { ...vendor, spec: { ...vendor.spec, azureBlob } },
    })
    assert.deepEqual(claims.at(-1)?.documents, ['RoleAssignments', 'Cors'])
  })

  const lost: readonly (readonly [string, string])[] = [
    ['in another subscription', `${ACCOUNT_ID.replace(SUBSCRIPTION, TENANT)} at azure`],
    ['in another tenant', `${SUBSCRIPTION}/${APPLICATION} at azure`],
    ['at another endpoint', `${ACCOUNT_ID} at https://management.example`],
    ['in another cloud', 's3://streetscenes at aws'],
  ]
  for (const [where, place] of lost) {
    it(`${where} are out of reach, and that is said`, () => {
      const { fault, claims } = resolvedOnAzure(at({ [place]: ['RoleAssignments'] }))
      assert.equal(fault?.reason, 'TargetOutOfReach')
      assert.ok(fault?.message.includes(place))
      assert.deepEqual(namesOf({ claims } as never), [PRINCIPAL_NAME, ACCOUNT_ID])
    })
  }
})
