/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolve } from '../../src/vendors/resolve.ts'
import { anInput, anIntegration, aVendor } from './things.ts'

const ID = '0f1e2d3c4b5a69788796a5b4c3d2e1f0'

/** What the claim on the role says of the ID that the annotation tells. */
function chosenBefore(told: string | undefined): string | undefined {
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
  const vendor = aVendor({ parameters, s3: { role } })
  const integration = anIntegration()
  const annotations = told === undefined ? {} : { 'mooring.dev/external-id': told }
  const annotated = { ...integration, metadata: { ...integration.metadata, annotations } }
  const { claims, fault } = resolve(anInput({ vendor, integration: annotated }))
  assert.equal(fault, undefined)
  return claims.find(({ target }) => target.kind === 'IamRole')?.chosenBefore
}

describe('an external ID that Mooring chose', () => {
  it('is known from the annotation, for a role that was lost', () =>
    assert.equal(chosenBefore(`perception/street-scenes ${ID}`), ID))
  it('is chosen anew without one', () => assert.equal(chosenBefore(undefined), undefined))
  it('is not taken from what somebody wrote', () =>
    assert.equal(chosenBefore('perception/street-scenes anything'), undefined))
  it('is not inherited by a copy of the object', () =>
    assert.equal(chosenBefore(`perception/clips ${ID}`), undefined))
})
