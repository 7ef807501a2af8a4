import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { fileTimes } from './file-times.ts'

test('the slowest files are named, slowest first, and quick ones are not', () => {
  const clock = { now: 0 }
  const times = fileTimes(() => clock.now)
  for (const [at, file] of [
    [0, '/a/slow.test.ts'],
    [1_000, '/a/quick.test.ts'],
    [2_000, '/a/quick.test.ts'],
    [3_000, '/a/slower.test.ts'],
    [20_000, '/a/slow.test.ts'],
    [60_000, '/a/slower.test.ts'],
  ] as const) {
    clock.now = at
    times.heard(file)
  }
  assert.equal(times.slowest(5), 'slower 57 s, slow 20 s')
  assert.equal(times.slowest(1), 'slower 57 s')
})
