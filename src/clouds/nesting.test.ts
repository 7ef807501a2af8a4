import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertShallow } from './nesting.ts'

const nested = (depth: number, open: string, close: string): string =>
  `${open.repeat(depth)}1${close.repeat(depth)}`

describe('a JSON text', () => {
  for (const [name, text] of [
    ['of a few levels is taken', '{"a":[{"b":{"c":[1]}}]}'],
    ['may have many brackets beside each other', `[${'[],{},'.repeat(10_000)}1]`],
    ['may have brackets in its texts', JSON.stringify('{['.repeat(1_000))],
    [
      'may have quotes and backslashes before them',
      JSON.stringify({ a: `"${'\\"{['.repeat(1_000)}`, b: '\\' }),
    ],
    ['may have texts of millions of escapes', JSON.stringify('\n"'.repeat(3_000_000))],
    ['that ends in the middle of a text is left to the parser', `{"a":"${'['.repeat(300)}\\`],
  ] as const) {
    it(name, () => assertShallow(text))
  }

  for (const [name, text] of [
    ['of lists', nested(2_000, '[', ']')],
    ['of objects', nested(2_000, '{"a":', '}')],
    ['of so many levels that nothing recursive comes to its end', nested(1_000_000, '[', ']')],
  ] as const) {
    it(`nested too deeply is refused: ${name}`, () =>
      assert.throws(() => assertShallow(text), { name: 'SyntaxError', message: /deeper than 200/ }))
  }
})
