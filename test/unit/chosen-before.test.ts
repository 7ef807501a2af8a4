/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolve } from '../../src/vendors/resolve.ts'
import { anInput, anIntegration, aVendor } from './things.ts'

const OUTPUTS = [{ name: 'externalId', label: 'External ID', value: '${parameters.id}' }]
const ID = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'

/** What the claim on the role says of the ID that status tells. */
function chosenBefore(told: string | undefined, outputs = OUTPUTS): string | undefined {
  const role = {
    trust: {
      statements: [
        { name: 'vendor', principal: { aws: ['111122223333'] }, externalIds: ['${parameters.id}'] },
      ],
    },
    inlinePolicies: [
      {
        name: 'access',
        statements: [
          {
            name: 'read',
            actions: ['s3:GetObject'],
            resources: ['arn:${partition}:s3:::${bucket}/${prefix}*'],
          },
        ],
      },
    ],
  }
  const parameters = [{ name: 'id', description: 'd', source: 'Generated', required: true } as const]
  const vendor = aVendor({ parameters, s3: { role, outputs } })
  const status = told === undefined ? {} : { status: { outputs: { externalId: told } } }
  const { claims, fault } = resolve(anInput({ vendor, integration: { ...anIntegration(), ...status } }))
  assert.equal(fault, undefined)
  return claims.find(({ target }) => target.kind === 'IamRole')?.chosenBefore
}

describe('an external ID that Mooring chose', () => {
  it('is known from status, for a role that was lost', () => assert.equal(chosenBefore(ID), ID))
  it('is chosen anew when status is wiped', () => assert.equal(chosenBefore(undefined), undefined))
  it('is not taken from a status that somebody wrote', () =>
    assert.equal(chosenBefore('anything'), undefined))
  it('is not taken from an output that holds more', () => {
    const value = 'id: ${parameters.id}'
    assert.equal(chosenBefore(ID, [{ name: 'externalId', label: 'l', value }]), undefined)
  })
})
