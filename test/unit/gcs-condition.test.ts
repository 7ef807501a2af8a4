/** The IAM condition that keeps a grant below a prefix. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { prefixCondition } from '../../src/vendors/gcs-condition.ts'
import { gcsBucketTarget } from '../../src/vendors/places.ts'
import type { GcsLocation } from '../../src/vendors/spec.ts'
import { PROJECT } from './gcs-things.ts'

function at(prefix: string, bucket = 'clips'): GcsLocation {
  const reach = { cloud: 'gcp', store: 'gcp', projectId: PROJECT } as const
  return { ...reach, target: gcsBucketTarget(reach, bucket), bucket, prefix }
}

describe('the condition for a prefix', () => {
  it('is none for the whole bucket, so that a bucket without uniform access can be used', () => {
    assert.equal(prefixCondition(at(''), true), undefined)
  })

  const objects = 'resource.name.startsWith("projects/_/buckets/clips/objects/raw/")'
  const listing = 'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("raw/")'
  const cases: readonly (readonly [string, boolean, string])[] = [
    ['asks for the object’s name', false, objects],
    ['asks for the prefix of a listing as well, where the role lists', true, `${objects} || ${listing}`],
  ]
  for (const [sentence, lists, expression] of cases)
    it(sentence, () => assert.equal(prefixCondition(at('raw/'), lists)?.expression, expression))

  const titles: readonly (readonly [string, string, string])[] = [
    ['is titled by the prefix', 'raw/', 'Mooring: raw/'],
    ['has a title of at most 100 bytes', `${'a'.repeat(90)}/`, `Mooring: ${'a'.repeat(90)}/`],
    ['has a short title for a longer prefix', `${'a'.repeat(91)}/`, 'Mooring: prefix'],
    ['counts bytes, not letters', `${'ü'.repeat(50)}/`, 'Mooring: prefix'],
  ]
  for (const [sentence, prefix, title] of titles)
    it(sentence, () => assert.equal(prefixCondition(at(prefix), false)?.title, title))

  it('has the prefix in its expression alone, and nothing cut in its description', () => {
    const prefix = `${'🚗'.repeat(200)}/`
    const { description = '', expression = '' } = prefixCondition(at(prefix), false) ?? {}
    assert.equal(description, 'Only objects under the prefix')
    assert.ok(expression.includes(prefix))
  })
})
