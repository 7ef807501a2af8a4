import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { Json, JsonObject } from '../../plan/json.ts'
import { decodeGcsCors, encodeGcsCors, gcsCorsKind } from './gcs-cors.ts'

const RULE: JsonObject = { origin: ['https://*.segments.ai'], method: ['GET'], responseHeader: ['*'] }
const isSame = (a: JsonObject, b: JsonObject): boolean =>
  gcsCorsKind.meaning({ part: a }) === gcsCorsKind.meaning({ part: b })

describe('the CORS configuration of a Google bucket', () => {
  const pairs: readonly (readonly [string, JsonObject, boolean])[] = [
    ['other origins', { ...RULE, origin: ['b', 'a'] }, false],
    ['a header twice', { ...RULE, responseHeader: ['*', '*'] }, true],
    ['a maximum age', { ...RULE, maxAgeSeconds: 3600 }, false],
    ['a field that is not known', { ...RULE, unknown: 1 }, false],
    ['another method', { ...RULE, method: ['GET', 'PUT'] }, false],
  ]
  for (const [name, other, same] of pairs)
    it(`takes a rule with ${name} for ${same ? 'the same' : 'another'} one`, () =>
      assert.equal(isSame(RULE, other), same))

  it('takes lists in any order and headers in any letters for the same', () => {
    const rule = { ...RULE, origin: ['a', 'b'], responseHeader: ['Content-Type', 'Range'] }
    assert.ok(isSame(rule, { ...RULE, origin: ['b', 'a'], responseHeader: ['range', 'content-type'] }))
    assert.ok(!isSame({ ...RULE, method: ['get'] }, RULE))
  })

  it('is guarded by the metageneration that was read, if there is one', () => {
    assert.deepEqual(decodeGcsCors([RULE], '7').envelope, { metageneration: '7', read: [RULE] })
    assert.deepEqual(decodeGcsCors(undefined, undefined).envelope, { metageneration: null, read: [] })
  })

  it('is written behind strangers’ rules, with theirs as they were', () => {
    const theirs = { origin: ['*'], method: ['GET'], unknown: { a: [1] } }
    const document = decodeGcsCors([theirs], '7')
    const entries = [...document.entries, { mark: 'm', part: RULE }]
    assert.deepEqual(encodeGcsCors({ ...document, entries }), [theirs, RULE])
    assert.equal(encodeGcsCors(document), undefined)
    assert.deepEqual(encodeGcsCors({ ...document, entries: [] }), [])
  })

  for (const cors of [{}, 'x', ['x'], [[]], [null]] as readonly Json[]) {
    it(`is not touched when it is ${JSON.stringify(cors)}`, () => {
      assert.throws(() => decodeGcsCors(cors, '7'), { message: /CORS configuration cannot be taken apart/ })
    })
  }

  it('is told in one line', () => {
    assert.equal(gcsCorsKind.summary({ part: RULE }), 'GET from https://*.segments.ai')
  })
})
