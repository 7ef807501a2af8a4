import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { checkCorsOrder } from './gcs-cors-order.ts'

const PROBE = {
  kind: 'CorsPreflight',
  origin: 'https://app.acme.example',
  method: 'GET',
  requestHeaders: [],
} as const
const OURS = {
  mark: 'm',
  part: { origin: ['https://*.acme.example'], method: ['GET'], responseHeader: ['ETag', 'Content-Type'] },
}
const theirs = (part: object) => ({
  part: { origin: ['*'], method: ['GET'], responseHeader: ['Content-Type'], ...part },
})

describe('the order of CORS rules on a Google bucket', () => {
  const rows: readonly (readonly [string, Parameters<typeof checkCorsOrder>[1], string | undefined])[] = [
    ['ours alone', [OURS], undefined],
    ['ours first', [OURS, theirs({})], undefined],
    ['an earlier one without a header of ours', [theirs({}), OURS], 'ETag'],
    [
      'an earlier one without any header',
      [theirs({ responseHeader: undefined }), OURS],
      'ETag, Content-Type',
    ],
    [
      'an earlier one with our headers in other letters',
      [theirs({ responseHeader: ['etag', 'content-type'] }), OURS],
      undefined,
    ],
    ['an earlier one with all headers', [theirs({ responseHeader: ['*'] }), OURS], undefined],
    ['an earlier one for another method', [theirs({ method: ['PUT'] }), OURS], undefined],
    [
      'an earlier one for another origin',
      [theirs({ origin: ['https://appXacme.example'] }), OURS],
      undefined,
    ],
    ['an earlier one whose origin has a star', [theirs({ origin: ['https://app.*.example'] }), OURS], 'ETag'],
  ]
  for (const [name, rules, headers] of rows) {
    it(`${name}: ${headers === undefined ? 'hides nothing' : `hides ${headers}`}`, () => {
      const [check] = checkCorsOrder(PROBE, rules)
      assert.equal(check?.result, headers === undefined ? undefined : 'Unknown')
      if (headers !== undefined) assert.ok(check?.message.includes(`response headers ${headers} of`))
    })
  }
})
