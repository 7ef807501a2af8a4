import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { VendorWhen } from '../api/generated/storage-vendor.ts'
import { applies, type Selectable } from './when.ts'

const given = (feature?: string) => ({
  partition: 'aws',
  ...(feature === undefined ? {} : { 'parameters.feature': feature }),
})

describe('an entry applies', () => {
  const cases: readonly (readonly [string, Selectable, boolean])[] = [
    ['at every level when it lists none', {}, true],
    ['at a level that it lists', { access: ['Write', 'Read'] }, true],
    ['at no level that it does not list', { access: ['Write'] }, false],
    ['in a partition that it lists', { when: { partitions: ['aws', 'aws-cn'] } }, true],
    ['in no partition that it does not list', { when: { partitions: ['aws-cn'] } }, false],
    ['only where level and partition both fit', { access: ['Write'], when: { partitions: ['aws'] } }, false],
  ]
  for (const [name, entry, expected] of cases)
    it(name, () => assert.equal(applies(entry, 'Read', given()), expected))
})

describe('a parameter decides', () => {
  const rows: readonly (readonly [
    Omit<VendorWhen, 'parameter'>,
    Record<'On' | 'Off' | 'absent', boolean>,
  ])[] = [
    [{ values: ['On'] }, { On: true, Off: false, absent: false }],
    [{ values: ['On', 'Off'] }, { On: true, Off: true, absent: false }],
    [{ exceptValues: ['Off'] }, { On: true, Off: false, absent: true }],
    [{ exceptValues: ['On', 'Off'] }, { On: false, Off: false, absent: true }],
    [{ given: true }, { On: true, Off: true, absent: false }],
    [{ given: false }, { On: false, Off: false, absent: true }],
    [
      { exceptValues: ['Off'], partitions: ['aws-cn'] },
      { On: false, Off: false, absent: false },
    ],
  ]
  for (const [when, expected] of rows)
    it(`by ${JSON.stringify(when)}`, () => {
      const answer = (value?: string) =>
        applies({ when: { parameter: 'feature', ...when } }, 'Read', given(value))
      assert.deepEqual({ On: answer('On'), Off: answer('Off'), absent: answer() }, expected)
    })
})
