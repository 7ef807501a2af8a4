import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cutText } from './cut-text.ts'

describe('a text that must fit', () => {
  for (const [name, text, limit, expected] of [
    ['stays as it is when it does', 'abc', 3, 'abc'],
    ['is cut with a sign that it was', 'abcdef', 5, 'abc …'],
    ['is cut between characters, never within one', 'a😀😀', 4, 'a …'],
    ['has no half of a surrogate pair, which no API server keeps', 'a\uD83D', 9, 'a\uFFFD'],
  ] as const) {
    it(name, () => assert.equal(cutText(text, limit), expected))
  }
})
