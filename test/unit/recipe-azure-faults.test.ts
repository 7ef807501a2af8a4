/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
/** Recipes for Azure Blob Storage from which nothing may be made. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { VendorAzureBlob } from '../../src/api/generated/storage-vendor.ts'
import { azureFaults } from '../../src/vendors/recipe-azure-faults.ts'
import { recipeFaults } from '../../src/vendors/recipe-faults.ts'
import { AZURE_RECIPE, anAzureVendor, CONTRIBUTOR, DELEGATOR, READER } from './azure-things.ts'

const granting = (roleDefinitionId: string, roleName: string): VendorAzureBlob => ({
  ...AZURE_RECIPE,
  roleAssignments: [{ name: 'it', roleDefinitionId, roleName, scope: 'Container' }],
})

describe('a recipe for Azure Blob Storage is refused', () => {
  /** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
  const managing: readonly (readonly [string, string])[] = [
    ['Owner', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635'],
    ['Contributor', 'b24988ac-6180-42a0-ab88-20f7382dd24c'],
    ['User Access Administrator', '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9'],
    ['Storage Account Contributor', '17d1049b-9a84-46fb-8f53-869881c3d3ab'],
    ['Storage Account Key Operator Service Role', '81a9662b-bebf-436f-a333-f67b29880f12'],
    ['Storage Blob Data Owner', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'],
    ['a role of the customer', '99999999-0000-4000-8000-000000000009'],
  ]
  for (const [name, id] of managing) {
    it(`for ${name}, which may manage more than blobs`, () => {
      const faults = azureFaults(granting(id, name))
      assert.equal(faults.length, 1)
      assert.match(
        faults[0] ?? '',
        /azureBlob\.roleAssignments\[it\]\.roleDefinitionId: .* may let the vendor manage/,
      )
    })
  }

  it('for a role under the name of another, by which people would be misled', () => {
    assert.deepEqual(azureFaults(granting(CONTRIBUTOR, 'Storage Blob Data Reader')), [
      `spec.azureBlob.roleAssignments[it].roleName: ${CONTRIBUTOR} is called Storage Blob Data Contributor, not Storage Blob Data Reader`,
    ])
  })

  it('for a role that a parameter would choose', () => {
    assert.match(azureFaults(granting('${parameters.role}', 'Reader')).join(), /may let the vendor manage/)
  })

  for (const name of ['bucket', 'prefix', 'region', 'partition', 'accountId'])
    it(`for \${${name}}, which has no value on Azure`, () => {
      const outputs = [{ name: 'x', label: 'X', value: `\${${name}}` }]
      const vendor = anAzureVendor({ ...AZURE_RECIPE, outputs })
      assert.match(recipeFaults(vendor.spec).join(), new RegExp(`azureBlob.*${name}.* is not a placeholder`))
    })

  it('by the operator, too, and not by this function alone', () => {
    const vendor = anAzureVendor(granting('8e3af657-a8ff-443c-a75c-2fe8c4bcb635', 'Owner'))
    assert.match(recipeFaults(vendor.spec).join(), /may let the vendor manage/)
  })

  const placeholders: readonly (readonly [string, Partial<VendorAzureBlob>, RegExp])[] = [
    ['of a role on AWS', { nextStep: 'Use ${role.arn}.' }, /azureBlob\.nextStep: \$\{role\.arn\} is not/],
    ['of a project', { nextStep: 'Use ${projectId}.' }, /azureBlob\.nextStep: \$\{projectId\} is not/],
    ['that nobody knows', { nextStep: 'Use ${tenant}.' }, /azureBlob\.nextStep: \$\{tenant\} is not/],
  ]
  for (const [sentence, azure, message] of placeholders)
    it(`for a placeholder ${sentence}`, () =>
      assert.match(recipeFaults(anAzureVendor(azure).spec).join(), message))
})

describe('a recipe for Azure Blob Storage is sound', () => {
  const cases: readonly (readonly [string, VendorAzureBlob | undefined])[] = [
    ['when there is none', undefined],
    ['with everything that one may hold', AZURE_RECIPE],
    ['with a role that reads', granting(READER, 'Storage Blob Data Reader')],
    ['with a role that writes', granting(CONTRIBUTOR, 'Storage Blob Data Contributor')],
    ['with a role that signs', granting(DELEGATOR, 'Storage Blob Delegator')],
    ['with an id in capitals', granting(READER.toUpperCase(), 'Storage Blob Data Reader')],
  ]
  for (const [sentence, recipe] of cases) it(sentence, () => assert.deepEqual(azureFaults(recipe), []))

  it('with every placeholder of Azure', () => {
    const names = [
      'tenantId',
      'subscriptionId',
      'resourceGroup',
      'storageAccount',
      'container',
      'blobEndpoint',
    ]
    const nextStep = names.map((name) => `\${${name}}`).join(' ')
    assert.deepEqual(recipeFaults(anAzureVendor({ nextStep }).spec), [])
  })
})
