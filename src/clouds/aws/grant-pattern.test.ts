import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { covers, overlap } from './grant-pattern.ts'

describe('two patterns overlap', () => {
  for (const [a, b, expected] of [
    ['s3:*', 's3:getobject', true],
    ['s3:get*', 's3:*object', true],
    ['s3:get*', 's3:put*', false],
    ['a*c', 'ab*', true],
    ['a?', 'b*', false],
    ['*', '', true],
    ['?', '', false],
    ['a/raw/*', 'a/raw', false],
    ['a/*/x', 'a/raw/*', true],
  ] as const) {
    it(`${a} and ${b}: ${expected}`, () => {
      assert.equal(overlap(a, b), expected)
      assert.equal(overlap(b, a), expected)
    })
  }
})

describe('a pattern covers another', () => {
  for (const [outer, inner, expected] of [
    ['a*', 'ab*c', true],
    ['ab*', 'a*', false],
    ['*', '*', true],
    ['a?', 'a*', false],
    ['a?', 'a?', true],
    ['a?', 'ab', true],
    ['a', 'a*', false],
  ] as const) {
    it(`${outer} over ${inner}: ${expected}`, () => assert.equal(covers(outer, inner), expected))
  }
})

describe('patterns hold for every text', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 6 })
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 })
  const fits = (text: string, pattern: string): boolean =>
    new RegExp(`^${pattern.replaceAll('?', '.').replaceAll('*', '.*')}$`).test(text)

  it('a text that fits both is found, and what covers lets nothing out', () => {
    fc.assert(
      fc.property(pattern, pattern, text, (a, b, word) => {
        if (fits(word, a) && fits(word, b)) assert.ok(overlap(a, b), `${word} fits both ${a} and ${b}`)
        if (covers(a, b) && fits(word, b)) assert.ok(fits(word, a), `${a} covers ${b} but not ${word}`)
        assert.equal(overlap(word, a), fits(word, a))
        assert.equal(covers(a, word), fits(word, a))
      }),
      { numRuns: 2_000 },
    )
  })
})
