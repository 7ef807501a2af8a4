import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { Json, JsonObject } from '../../plan/json.ts'
import { decodeGcsLifecycle, encodeGcsLifecycle, gcsLifecycleKind } from './gcs-lifecycle.ts'

const RULE: JsonObject = { action: { type: 'Delete' }, condition: { age: 7, matchesPrefix: ['raw/temp/'] } }
const THEIRS: JsonObject = { action: { type: 'Delete' }, condition: { age: 365 } }
const meaning = (part: JsonObject) => gcsLifecycleKind.meaning({ part })

describe('the lifecycle configuration of a Google bucket', () => {
  it('has lists of a condition in any order as the same', () => {
    const rule = (matchesPrefix: string[]) => meaning({ ...RULE, condition: { matchesPrefix } })
    assert.equal(rule(['a', 'b']), rule(['b', 'a', 'a']))
    assert.notEqual(rule(['a']), rule(['b']))
    assert.equal(
      meaning({ action: { type: 'Delete' } }),
      meaning({ action: { type: 'Delete' }, condition: {} }),
    )
  })

  const writes: readonly (readonly [string, Json | undefined, 'with ours' | 'empty', Json | undefined])[] = [
    ['is made where there was none', undefined, 'with ours', { rule: [RULE] }],
    ['goes with its last rule', { rule: [RULE] }, 'empty', null],
    ['stays while it has something that is not known', { rule: [RULE], x: 1 }, 'empty', { x: 1, rule: [] }],
    ['keeps strangers’ rules first', { rule: [THEIRS], x: 1 }, 'with ours', { x: 1, rule: [THEIRS, RULE] }],
    ['is not written for nothing', { rule: [] }, 'empty', undefined],
    ['is not written where there was none', null, 'empty', undefined],
  ]
  for (const [name, read, how, expected] of writes) {
    it(name, () => {
      const document = decodeGcsLifecycle(read, '7')
      const entries = how === 'empty' ? [] : [...document.entries, { mark: 'm', part: RULE }]
      assert.deepEqual(encodeGcsLifecycle({ ...document, entries }), expected)
    })
  }

  it('has room for 100 rules', () => {
    const rules = Array.from({ length: 100 }, (_, age) => ({ ...THEIRS, condition: { age } }))
    const breach = (count: number) => {
      const document = decodeGcsLifecycle({ rule: rules.slice(0, count) }, '7')
      const entries = [...document.entries, { mark: 'm', part: RULE }, { mark: 'n', part: RULE }]
      return gcsLifecycleKind.breach({ ...document, entries })?.detail
    }
    assert.equal(breach(99), undefined)
    assert.equal(breach(100), '101 of at most 100 rules')
  })

  for (const lifecycle of ['x', [], { rule: 'x' }, { rule: [1] }] as readonly Json[]) {
    it(`is not touched when it is ${JSON.stringify(lifecycle)}`, () => {
      assert.throws(() => decodeGcsLifecycle(lifecycle, '7'), { message: /cannot be taken apart/ })
    })
  }

  it('is told in one line', () => {
    assert.equal(
      gcsLifecycleKind.summary({ part: RULE }),
      'Delete where {"age":7,"matchesPrefix":["raw/temp/"]}',
    )
  })
})
