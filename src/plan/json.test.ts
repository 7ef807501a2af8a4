import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { canonicalJson, isJsonObject, parseLosslessly } from './json.ts'

const NEW_YEAR = '2030-01-01T00:00:00.000Z'

describe('canonical JSON', () => {
  const same: readonly (readonly [string, unknown, unknown])[] = [
    ['objects whose keys come in another order', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
    ['a missing and an undefined field', { a: 1 }, { a: 1, b: undefined }],
    ['a number in two spellings', parseLosslessly('[1.0]'), parseLosslessly('[1]')],
    [
      'the same instant in two time zones',
      { Date: new Date(NEW_YEAR) },
      { Date: new Date('2030-01-01T01:00:00+01:00') },
    ],
  ]
  for (const [name, one, other] of same) {
    it(`is the same for ${name}`, () => assert.equal(canonicalJson(one), canonicalJson(other)))
  }

  const different: readonly (readonly [string, unknown, unknown])[] = [
    ['two days', { Date: new Date(NEW_YEAR) }, { Date: new Date('2030-01-02') }],
    ['a day and nothing', { Date: new Date(NEW_YEAR) }, { Date: {} }],
    ['lists in another order', [1, 2], [2, 1]],
    ['numbers beyond a double’s reach', parseLosslessly('[9007199254740993]'), [9007199254740992]],
  ]
  for (const [name, one, other] of different) {
    it(`differs for ${name}`, () => assert.notEqual(canonicalJson(one), canonicalJson(other)))
  }

  it('is JSON, dates included', () => {
    const value = { Days: 1, Date: new Date(NEW_YEAR), List: [new Date(NEW_YEAR)] }
    assert.deepEqual(JSON.parse(canonicalJson(value)), { Days: 1, Date: NEW_YEAR, List: [NEW_YEAR] })
  })
})

describe('a JSON object', () => {
  it('is neither a date, a list, null nor a raw number', () => {
    const others = [new Date(NEW_YEAR), [], null, 'text', parseLosslessly('1.0')]
    assert.deepEqual([{}, ...others].map(isJsonObject), [true, false, false, false, false, false])
  })
})
