/**
 * A replica that waits to lead goes by what it has seen, and its watches may have fallen silent without its knowing. When it leads, it
 * must not give back what the leader before it has taken away.
 */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { startApiProxy } from '../rig/api-proxy.ts'
import type { Operator } from '../rig/operator.ts'
import { startTcpProxy } from '../rig/tcp-proxy.ts'
import { eventually } from '../rig/wait.ts'
import { corsOf, oursIn, readyOf, type Stage, setStage } from './stage.ts'

const LONG = { timeoutMs: 180_000, everyMs: 300 }

describe('a successor whose watches fell silent before the integration was revoked', () => {
  let stage: Stage
  before(async () => {
    stage = await setStage()
  })
  after(() => stage?.rig.stop())

  const leads = (operator: Operator): boolean =>
    operator.logs().some(({ msg, lease }) => msg === 'leading' && lease !== undefined)

  it('lists anew before its first pass, and writes nothing for an object that is gone', async () => {
    const env = { MOORING_RESYNC: '10m' }
    const first = await stage.operator(env)
    await eventually(() => assert.ok(leads(first)), LONG)
    const bucket = await stage.bucket()
    await stage.rig.kubectl.apply(stage.integration('gone', bucket))
    await stage.untilReady('gone', 'True', 'Verified')

    const api = await startApiProxy(stage.rig)
    const wire = await startTcpProxy(api.port)
    const second = await stage.operator({ ...env, KUBECONFIG: await api.kubeconfig({ port: wire.port }) })
    wire.abandon()
    await stage.leave('gone')
    assert.deepEqual(await oursIn(stage.s3, bucket), [])
    first.kill('SIGKILL')
    await first.exited

    await eventually(() => assert.ok(leads(second)), LONG)
    await stage.rig.kubectl.apply(stage.integration('next', await stage.bucket()))
    await eventually(async () => assert.equal(readyOf(await stage.si('next'))?.status, 'True'), LONG)
    assert.deepEqual(await oursIn(stage.s3, bucket), [])
    assert.deepEqual(await corsOf(stage.s3, bucket), [])
    await stage.leave('next')
    await second.stop()
    await wire.stop()
    await api.stop()
  })
})
