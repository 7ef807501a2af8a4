import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runCommand } from '../rig/run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'mooring-runner-test-'))
after(() => rmSync(folder, { recursive: true }))

const testFile = join(folder, 'case.test.mjs')
const script = join(folder, 'run.mjs')
const marker = '\nTALLY '
writeFileSync(
  script,
  `import { runTests } from ${JSON.stringify(join(import.meta.dirname, 'run-tests.ts'))}
  const tally = await runTests('case', [${JSON.stringify(testFile)}], { concurrency: 1, timeoutMs: 1_000, graceMs: 1_000 })
  console.log(${JSON.stringify(marker)} + JSON.stringify(tally))`,
)

/** What `runTests` says of a test file with this content. (In a process of its own: node:test does not nest.) */
async function outcomeOf(content: string): Promise<{ tally: object; output: string }> {
  writeFileSync(testFile, `import { describe, test } from 'node:test'\n${content}`)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { stdout } = await runCommand(process.execPath, [script], { env })
  const [output, tally] = stdout.split(marker) as [string, string]
  return { tally: JSON.parse(tally), output }
}

const cases: Record<string, { file: string; tally: object }> = {
  'counts tests, not the suites around them': {
    file: `describe('suite', () => { test('a', () => {}); test('b', () => {}) })`,
    tally: { tests: 2, passed: 2, failed: 0 },
  },
  'a suite with a failing test is one failure': {
    file: `describe('suite', () => { test('a', () => { throw new Error('no') }) })`,
    tally: { tests: 1, passed: 0, failed: 1 },
  },
  'what is skipped was not executed': {
    file: `test.skip('a', () => {}); test.todo('b'); test('c', { skip: 'a reason' }, () => {})`,
    tally: { tests: 0, passed: 0, failed: 0 },
  },
  'a file without tests is a failure': { file: '', tally: { tests: 1, passed: 0, failed: 1 } },
  'a file that cannot be read is a failure': {
    file: 'not (a program',
    tally: { tests: 1, passed: 0, failed: 1 },
  },
  'a test that hangs does not hang the run': {
    file: `test('a', () => new Promise(() => setInterval(() => {}, 1_000)))`,
    tally: { tests: 2, passed: 0, failed: 2 }, // the test, and the file that does not end
  },
  'a file that does not end is a failure': {
    file: `test('a', () => { setInterval(() => {}, 1_000) })`,
    tally: { tests: 2, passed: 1, failed: 1 },
  },
  'a file that does not even hear SIGTERM holds nobody up': {
    file: `test('a', () => { process.on('SIGTERM', () => {}); setInterval(() => {}, 1_000) })`,
    tally: { tests: 2, passed: 1, failed: 1 },
  },
  'an error after the last test is a failure': {
    file: `test('a', () => {}); setTimeout(() => { throw new Error('late') }, 20)`,
    tally: { tests: 2, passed: 1, failed: 1 },
  },
}

for (const [sentence, { file, tally }] of Object.entries(cases)) {
  test(sentence, async () => {
    assert.deepEqual((await outcomeOf(file)).tally, tally)
  })
}

test('the output names what failed and why, and not what passed', async () => {
  const { output } = await outcomeOf(
    `test('good', () => {}); test('bad', () => { throw new Error('the reason') })`,
  )
  assert.match(output, /✖ bad[\s\S]*the reason/)
  assert.doesNotMatch(output, /good/)
})
