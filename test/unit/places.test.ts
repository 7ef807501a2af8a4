/** What an integration's annotation says of where it was applied, forged by somebody who may edit the integration. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { APPLIED_AT_ANNOTATION } from '../../src/vendors/applied-at.ts'
import { type Reach, targetOfPlace } from '../../src/vendors/places.ts'
import { resolve } from '../../src/vendors/resolve.ts'
import { anInput, anIntegration } from './things.ts'

const UUID = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
const AWS: Reach = { cloud: 'aws', store: 'aws', partition: 'aws', accountId: '123456789012' }
const GCP: Reach = { cloud: 'gcp', store: 'gcp', projectId: 'p' }
const AZURE: Reach = { cloud: 'azure', store: 'azure', tenantId: UUID, subscriptionId: UUID }
const GROUP = `/subscriptions/${UUID}/resourcegroups/ml/providers/microsoft.storage/storageaccounts`

describe('a place that was written down', () => {
  for (const [reach, name] of [
    [AWS, 's3://street-scenes'],
    [AWS, 'arn:aws:iam::123456789012:role/mooring-a-b-0123abcd'],
    [AWS, 'arn:aws:kms:eu-west-1:123456789012:key/mrk-1'],
    [GCP, 'gs://street_scenes.example'],
    [GCP, 'projects/p/roles/mooring_reader.1'],
    [AZURE, `${GROUP}/clips`],
    [AZURE, `${UUID}/${UUID}`],
  ] as const) {
    it(`is known again: ${name}`, () => {
      assert.equal(targetOfPlace(reach, `${name} at ${reach.store}`)?.name, name)
    })
  }

  for (const [reach, name] of [
    [AWS, 's3://..'],
    [AWS, 's3://a?x#y'],
    [AWS, 's3://arn:aws:s3:us-east-1:999999999999:accesspoint:x'],
    [AWS, 's3://Upper'],
    [AWS, 's3://clips%2f..'],
    [AWS, 'arn:aws:iam::123456789012:role/a/../../b'],
    [AWS, 'arn:aws:iam::999999999999:role/theirs'],
    [AWS, 'arn:aws:kms:evil.example#:123456789012:key/x'],
    [AWS, 'arn:aws:kms:127.0.0.1/:123456789012:key/x'],
    [AWS, 'arn:aws:kms:eu-west-1:999999999999:key/x'],
    [AWS, 'arn:aws:kms:eu-west-1:123456789012:alias/x'],
    [AWS, 'arn:aws-cn:iam::123456789012:role/x'],
    [GCP, 'gs://..'],
    [GCP, 'gs://%2e%2e'],
    [GCP, 'projects/p/roles/..'],
    [GCP, 'projects/other/roles/reader'],
    [AZURE, `${GROUP}/..`],
    [AZURE, `/subscriptions/${UUID}/resourcegroups/../providers/microsoft.storage/storageaccounts/a?b`],
    [AZURE, `/subscriptions/00000000-0000-0000-0000-000000000000${GROUP.slice(50)}/clips`],
  ] as const) {
    it(`is none where the name is not one that the cloud takes, or of others: ${name}`, () => {
      assert.equal(targetOfPlace(reach, `${name} at ${reach.store}`), undefined)
    })
  }

  it('is one of at most 32 that are looked at, however many an annotation names', () => {
    const places = Array.from({ length: 8_000 }, (_, n) => [`s3://bucket-${n} at aws`, ['BucketPolicy']])
    const annotations = { [APPLIED_AT_ANNOTATION]: JSON.stringify(Object.fromEntries(places)) }
    const { claims, fault, stance } = resolve(anInput({ integration: anIntegration({}, { annotations }) }))
    assert.equal(claims.length, 33)
    assert.equal(fault?.reason, 'TargetOutOfReach')
    assert.equal(stance, 'Keeps')
  })
})
