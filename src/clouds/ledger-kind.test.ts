import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { partsToWrite } from './ledger-kind.ts'

/** `a` is a stranger's part, `a:x` one of owner x; letter case is spelling. */
const written = (entries: string, before: string): string => {
  const parsed = entries
    .split(' ')
    .filter(Boolean)
    .map((text) => {
      const [part = '', mark] = text.split(':')
      return mark === undefined ? { part } : { mark, part }
    })
  return partsToWrite({ entries: parsed }, before.split(' ').filter(Boolean), (part) =>
    part.toLowerCase(),
  ).join(' ')
}

describe('the parts that are written', () => {
  const cases: readonly (readonly [string, entries: string, before: string, after: string])[] = [
    ['are none for none', '', '', ''],
    ['keep strangers’ order and doubles', 'b a a', 'b a a', 'b a a'],
    ['have once what two owners have', 'a:x a:y', 'a', 'a'],
    ['have once what two owners want', 'b a:x a:y', 'b', 'b a'],
    ['have it as it stands in the cloud', 'A:x a:y', 'A', 'A'],
    ['leave a stranger’s double beside ours', 'a:x a', 'a a', 'a a'],
    ['leave a stranger’s double when ours goes', 'a', 'a a', 'a'],
    ['have no double of a stranger’s when ours becomes the same', 'a:x a', 'b a', 'a'],
    ['keep ours in its place', 'c a:x b', 'c a b', 'c a b'],
  ]
  for (const [name, entries, before, after] of cases)
    it(name, () => assert.equal(written(entries, before), after))
})
