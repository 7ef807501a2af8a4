import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FaultError } from '../../api/fault.ts'
import { decodeBucketPolicy } from './bucket-policy.ts'
import { duplicateKey } from './duplicate-keys.ts'

describe('a key that an object has twice', () => {
  const cases: readonly (readonly [string, string | undefined, string])[] = [
    ['{"a":1,"a":2}', 'a', 'is found'],
    ['{"a":1,"\\u0061":2}', 'a', 'is found in another spelling'],
    ['{"a":{"b":1},"c":{"b":1}}', undefined, 'is none in two objects'],
    ['{"a":["x","x"],"b":"a"}', undefined, 'is none where values are alike'],
    ['{"a":"{\\"a\\":1,\\"a\\":2}"}', undefined, 'is none inside a text'],
    ['{"S":[{},{"C":{"k":1,"l":[1,{"m":1}],"k":2}}]}', 'S/1/C/k', 'is found deep down, with its path'],
    ['{"a":{"x":1},"b":2,"a":3}', 'a', 'is found behind a nested object'],
    ['[{"a":1},{"a":1}]', undefined, 'is none in two items'],
    ['{"":1,"":2}', '', 'may be empty'],
  ]
  for (const [json, expected, name] of cases)
    it(`${name}: ${json}`, () => assert.equal(duplicateKey(json), expected))

  it('is never seen in what JSON.stringify wrote', () => {
    fc.assert(fc.property(fc.json(), (json) => duplicateKey(json) === undefined))
  })

  it('is always seen when an object is given one of its keys again', () => {
    const objects = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), { minKeys: 1 })
    fc.assert(
      fc.property(objects, fc.nat(), fc.jsonValue(), (object, pick, value) => {
        const keys = Object.keys(object)
        const key = keys[pick % keys.length] ?? ''
        const twice = `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(value)}}`
        assert.equal(duplicateKey(`[0,${twice}]`), `1/${key}`)
      }),
    )
  })

  it('makes a bucket policy unreadable, so that nothing of it is lost', () => {
    const text = '{"Statement":[{"Effect":"Allow","Condition":{"StringLike":{},"StringLike":{}}}]}'
    assert.throws(
      () => decodeBucketPolicy(text),
      (error) =>
        error instanceof FaultError &&
        error.fault.reason === 'UnreadableDocument' &&
        /key Statement\/0\/Condition\/StringLike twice/.test(error.message),
    )
  })
})
