import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { Operator } from '../rig/operator.ts'
import { eventually } from '../rig/wait.ts'
import { isMark, policyOf, putPolicy, readyOf, type Stage, setStage, strangersPolicy } from './stage.ts'

describe('another tool writes the whole policy, again and again', () => {
  let stage: Stage
  let operator: Operator

  before(async () => {
    stage = await setStage()
    operator = await stage.operator({ MOORING_RESYNC: '1s' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  it('is noticed and named; repairs slow down, and the integration is Ready again when it stops', async () => {
    const bucket = await stage.bucket()
    await stage.rig.kubectl.apply(stage.integration('fought', bucket))
    await stage.untilReady('fought', 'True')

    const undo = async (): Promise<void> => {
      const policy = await policyOf(stage.s3, bucket)
      if (policy?.Statement.some(({ Sid }) => isMark(Sid)))
        await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    }
    const contended = await eventually(
      async () => {
        await undo()
        const ready = readyOf(await stage.si('fought'))
        assert.equal(ready?.reason, 'Contended', ready?.message)
        return ready
      },
      { timeoutMs: 60_000, everyMs: 300 },
    )
    assert.equal(contended.status, 'False')
    assert.match(contended.message, /keeps removing what Mooring writes \(bucket policy: Allow s3:GetObject/)
    assert.deepEqual((await policyOf(stage.s3, bucket))?.Statement, strangersPolicy(bucket).Statement)

    await stage.untilReady('fought', 'True', 'Verified')
    const policy = await policyOf(stage.s3, bucket)
    assert.deepEqual(policy?.Statement.slice(0, 2), strangersPolicy(bucket).Statement)
    assert.equal(policy?.Statement.length, 3)
  })
})
