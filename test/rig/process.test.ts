import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { launch } from './process.ts'
import { makeRunFolder } from './run-folder.ts'
import { eventually } from './wait.ts'

const folder = makeRunFolder('process-test')

const shell = (name: string, script: string) =>
  launch({
    name,
    command: '/bin/sh',
    args: ['-c', script],
    env: process.env,
    logFile: join(folder, `${name}.log`),
  })

/** A zombie, which only waits for its new parent to take notice, is dead. */
function isAlive(pid: number): boolean {
  const status = `/proc/${pid}/status`
  try {
    process.kill(pid, 0)
    return !existsSync(status) || !readFileSync(status, 'utf8').includes('State:\tZ')
  } catch {
    return false
  }
}

test('a child that ignores SIGTERM is killed, with everything that it started', async () => {
  const child = await shell('stubborn', 'trap "" TERM; sleep 1000 & echo $!; while :; do sleep 0.1; done')
  const grandchild = await eventually(() => {
    const pid = Number(child.lastWords())
    assert.ok(pid > 0)
    return pid
  })
  assert.equal((await child.stop(100)).signal, 'SIGKILL')
  await eventually(() => assert.ok(!isAlive(grandchild)))
})

test('a command that does not exist is an error', async () => {
  const options = { name: 'none', args: [], env: {}, logFile: join(folder, 'none.log') }
  await assert.rejects(launch({ ...options, command: join(folder, 'no-such-command') }), { code: 'ENOENT' })
})

const endings = ['SIGKILL', 'SIGTERM', 'SIGINT', 'a crash', 'its normal end'] as const

for (const ending of endings) {
  test(`a child does not outlive its parent: ${ending}`, async () => {
    const name = ending.replaceAll(' ', '-')
    const file = join(folder, `${name}.pid`)
    const parent = spawn(process.execPath, [
      join(import.meta.dirname, 'process-test-parent.ts'),
      folder,
      name,
    ])
    const exited = once(parent, 'exit')
    const child = await eventually(() => {
      assert.ok(existsSync(file))
      const pid = Number(readFileSync(file, 'utf8'))
      assert.ok(isAlive(pid))
      return pid
    })
    if (ending.startsWith('SIG')) parent.kill(ending as NodeJS.Signals)
    else parent.stdin.end(ending)
    await exited
    await eventually(() => assert.ok(!isAlive(child)))
  })
}
