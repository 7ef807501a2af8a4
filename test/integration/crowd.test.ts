/**
 * One namespace with thousands of integrations that get nothing: each takes the operator some tens of kilobytes and no more, and
 * other namespaces are served meanwhile. MOORING_CROWD=5000 makes it a real crowd; the flag is one of the image's own.
 */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Operator } from '../rig/operator.ts'
import { eventually } from '../rig/wait.ts'
import { oursIn, readyOf, type Stage, setStage } from './stage.ts'

const COUNT = Number(process.env.MOORING_CROWD ?? 300)
const CROWD = 'crowd'
/** Objects in one kubectl. */
const BATCH = 500

describe(`a crowd of ${COUNT} integrations in one namespace`, () => {
  let stage: Stage
  let operator: Operator

  before(async () => {
    stage = await setStage()
    await stage.rig.kubectl.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: CROWD } })
    operator = await stage.operator({
      MOORING_LEADER_ELECTION: 'false',
      MOORING_LOG_LEVEL: 'info',
      NODE_OPTIONS: '--max-semi-space-size=4',
    })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  /** Bytes. https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
  const memory = (field: 'VmRSS' | 'VmHWM'): number => {
    const status = readFileSync(`/proc/${operator.pid}/status`, 'utf8')
    return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1_024
  }

  const member = (n: number, bucket: string): KubernetesObject => ({
    ...stage.integration(`c${n}`, bucket),
    metadata: { name: `c${n}`, namespace: CROWD },
  })

  it('gets nothing, and takes neither memory nor time from others', async () => {
    const bucket = await stage.bucket()
    await stage.rig.kubectl.apply(stage.integration('first', bucket))
    await stage.untilReady('first', 'True', 'Verified')
    const before = { rss: memory('VmRSS'), statements: await oursIn(stage.s3, bucket) }

    for (let n = 0; n < COUNT; n += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, COUNT - n) }, (_, i) =>
        member(n + i, `${bucket}-${n + i}`),
      )
      await create(batch)
    }
    const other = await stage.bucket()
    await stage.rig.kubectl.apply(stage.integration('second', other))
    await eventually(async () => assert.equal(readyOf(await stage.si('second'))?.status, 'True'), {
      timeoutMs: 60_000 + 40 * COUNT,
      everyMs: 500,
    })
    console.log(`# ${await refused()} of ${COUNT} had been looked at when another team was served`)
    await eventually(async () => assert.equal(await waiting(), 0), {
      timeoutMs: 60_000 + 100 * COUNT,
      everyMs: 1_000,
    })
    await eventually(async () => assert.equal(await refused(), COUNT), { timeoutMs: 60_000, everyMs: 5_000 })
    assert.deepEqual(await oursIn(stage.s3, bucket), before.statements)
    const most = memory('VmHWM')
    console.log(
      `# ${COUNT} integrations: ${mebibytes(before.rss)} MiB before, at most ${mebibytes(most)} MiB`,
    )
    const allowed = 64 * 1_048_576 + COUNT * 65_536
    assert.ok(
      most - before.rss < allowed,
      `${mebibytes(most - before.rss)} MiB more for ${COUNT} integrations`,
    )
    assert.equal((await fetch(`${operator.url}/readyz`)).status, 200)
  })

  async function create(batch: readonly KubernetesObject[]): Promise<void> {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: batch })
    const { code, stderr } = await stage.rig.kubectl.run(['create', '-f', '-'], list)
    assert.equal(code, 0, stderr)
  }

  /** Integrations that the operator has yet to look at; asked of itself, since listing thousands keeps the API server busy. */
  async function waiting(): Promise<number> {
    const text = await (await fetch(`${operator.url}/metrics`)).text()
    return Number(/^workqueue_depth\{[^}]*name="integration"[^}]*\} (\d+)/m.exec(text)?.[1])
  }

  /** How many of the crowd were told that they are not allowed. */
  async function refused(): Promise<number> {
    const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].reason}{"\\n"}{end}'
    const reasons = await stage.rig.kubectl.must('get', 'si', '-n', CROWD, '-o', `jsonpath=${path}`)
    return reasons.split('\n').filter((reason) => reason === 'NotAllowed').length
  }
})

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1_048_576)
}
