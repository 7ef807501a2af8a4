/** The conditions that the Google Cloud for tests can evaluate. */
import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { conditionHolds } from './gcp-condition.ts'

const facts = {
  resourceName: 'projects/_/buckets/b/objects/clips/a.mp4',
  resourceType: 'storage.googleapis.com/Object',
  attributes: { 'storage.googleapis.com/objectListPrefix': 'clips/' },
}

describe('a condition', () => {
  for (const [expression, holds] of [
    ['true', true],
    ['false || true', true],
    ['true && false', false],
    ['!false && (false || true)', true],
    ['resource.name == "projects/_/buckets/b/objects/clips/a.mp4"', true],
    ["resource.name.startsWith('projects/_/buckets/b/objects/clips/')", true],
    ['resource.name.startsWith("projects/_/buckets/b/objects/cups/")', false],
    ['!resource.name.startsWith("projects/_/buckets/b/objects/cups/")', true],
    ['resource.name.endsWith(".mp4")', true],
    ['resource.type != "storage.googleapis.com/Bucket"', true],
    ['resource.service == "storage.googleapis.com"', true],
    ['api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("clips/")', true],
    ['api.getAttribute("storage.googleapis.com/other", "none") == "none"', true],
    ['resource.name.startsWith("a\\"b")', false],
  ] as const) {
    it(`${expression} is ${holds}`, () => assert.equal(conditionHolds(expression, facts), holds))
  }

  for (const expression of [
    '',
    'true true',
    'true ||',
    'request.time < timestamp("2030-01-01T00:00:00Z")',
    '(true',
    '"true"',
  ])
    it(`that cannot be evaluated does not hold: ${expression}`, () =>
      assert.equal(conditionHolds(expression, facts), false))
})
