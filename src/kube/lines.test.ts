import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { KubeError } from './kube-error.ts'
import { linesOf } from './lines.ts'

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const size of [...sizes, bytes.length]) {
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function collect(text: string, sizes: readonly number[], limit?: number): Promise<readonly string[]> {
  const lines: string[] = []
  for await (const line of linesOf(cut(Buffer.from(text), sizes), limit)) lines.push(line)
  return lines
}

describe('linesOf', () => {
  it('gives the same lines wherever the stream is cut, also amid a character', async () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((s) => !s.includes('\n'))
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.integer({ min: 1, max: 7 })), async (lines, sizes) => {
        assert.deepEqual(await collect(lines.map((l) => `${l}\n`).join(''), sizes), lines)
      }),
    )
  })

  it('drops a last line that was cut off', async () => {
    assert.deepEqual(await collect('whole\nhal', []), ['whole'])
  })

  it('takes a line of five megabytes and refuses one beyond the limit', async () => {
    const long = 'x'.repeat(5 * 1024 * 1024)
    assert.equal((await collect(`${long}\n`, new Array(80).fill(65_536)))[0]?.length, long.length)
    await assert.rejects(collect('x'.repeat(100), [30, 30], 50), (error) => error instanceof KubeError)
  })
})
