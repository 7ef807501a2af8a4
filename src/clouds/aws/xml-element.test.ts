import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseXml } from './xml-element.ts'

/** So often that an expression which begins its search anew from every `<` would take minutes, and stop the operator meanwhile. */
const MANY = 200_000

describe('an XML text of a store that means harm', () => {
  for (const [name, text] of [
    ['comments that never end', '<!--'.repeat(MANY)],
    ['declarations that never end', '<!DOCTYPE '.repeat(MANY)],
    ['sections that never end', `<a>${'<![CDATA['.repeat(MANY)}`],
    ['instructions that never end', '<?x '.repeat(MANY)],
    ['elements that never end', '<a '.repeat(MANY)],
    ['attributes that never end', `<a ${'b="c" '.repeat(MANY)}`],
    ['attributes without values', `<a${' b = '.repeat(MANY)}>`],
    ['quotes of two kinds', `<a ${`b="'" c='"' `.repeat(MANY)}`],
    ['elements that nobody closes', '<a>'.repeat(MANY)],
    ['elements that nobody opened', '</a>'.repeat(MANY)],
  ] as const) {
    it(`is none, and that is known at once: ${name}`, () => assert.equal(parseXml(text), undefined))
  }

  it('is read, however deep and long it is', () => {
    const text = `<a>${'<b><!-- <x> --><![CDATA[<y>]]><?z?>'.repeat(MANY)}${'</b>'.repeat(MANY)}</a>`
    assert.equal(parseXml(text)?.children[0]?.children.length, 1)
  })
})
