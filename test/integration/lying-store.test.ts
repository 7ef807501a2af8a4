/** A store or a proxy in between that answers wrongly: what it does not say must not be taken for "there is nothing". */
import { strict as assert } from 'node:assert'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Operator } from '../rig/operator.ts'
import { eventually } from '../rig/wait.ts'
import {
  account,
  oursIn,
  policyOf,
  putPolicy,
  readyOf,
  type Stage,
  setStage,
  strangersPolicy,
} from './stage.ts'

describe('a store answers a policy’s GET with 200 and nothing', () => {
  let stage: Stage
  let operator: Operator
  let liar: Liar

  before(async () => {
    stage = await setStage()
    liar = await startLiar(stage.rig.aws.endpoint)
    const { aws, ...rest } = account(stage.rig).spec
    const lying = {
      ...account(stage.rig),
      metadata: { name: 'lying' },
      spec: { ...rest, aws: { ...aws, endpoint: liar.endpoint } },
    }
    await stage.rig.kubectl.apply([lying])
    operator = await stage.operator({ MOORING_RESYNC: '1s' })
  })
  after(async () => {
    await operator?.stop()
    liar?.server.close()
    await stage?.rig.stop()
  })

  it('nothing is written over what is there, and it says that it cannot read it', async () => {
    const bucket = await stage.bucket()
    await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    liar.state.lies = true
    await stage.rig.kubectl.apply(stage.integration('blind', bucket, { account: 'lying' }))
    await stage.untilReady('blind', 'False', 'UnreadableDocument')
    assert.deepEqual(await policyOf(stage.s3, bucket), strangersPolicy(bucket))
    liar.state.lies = false
    await stage.untilReady('blind', 'True', 'Verified')
  })

  it('a deletion is held until it can be seen that the access is gone', async () => {
    const bucket = await stage.bucket()
    await stage.rig.kubectl.apply(stage.integration('held', bucket, { account: 'lying' }))
    await stage.untilReady('held', 'True', 'Verified')
    liar.state.lies = true
    await stage.delete('held')
    await eventually(async () => assert.equal(readyOf(await stage.si('held'))?.reason, 'UnreadableDocument'))
    assert.equal((await oursIn(stage.s3, bucket)).length > 0, true)
    liar.state.lies = false
    await stage.untilGone('held')
    assert.deepEqual(await oursIn(stage.s3, bucket), [])
  })
})

describe('a store takes a policy and does not keep it', () => {
  let stage: Stage
  let operator: Operator
  let liar: Liar

  before(async () => {
    stage = await setStage()
    liar = await startLiar(stage.rig.aws.endpoint)
    await stage.rig.kubectl.apply(
      account({ ...stage.rig, aws: { ...stage.rig.aws, endpoint: liar.endpoint } }),
    )
    operator = await stage.operator({ MOORING_RESYNC: '1s' })
  })
  after(async () => {
    await operator?.stop()
    liar?.server.close()
    await stage?.rig.stop()
  })

  it('it is not Ready, and says that what was written is not there; it is once the store keeps it', async () => {
    const bucket = await stage.bucket()
    liar.state.forgets = true
    await stage.rig.kubectl.apply(stage.integration('unkept', bucket))
    await stage.untilReady('unkept', 'False', 'LostRace')
    assert.deepEqual(await oursIn(stage.s3, bucket), [])
    liar.state.forgets = false
    await stage.untilReady('unkept', 'True', 'Verified')
    assert.equal((await oursIn(stage.s3, bucket)).length > 0, true)
  })
})

interface Liar {
  readonly endpoint: string
  readonly server: Server
  readonly state: { lies: boolean; forgets: boolean }
}

/** Passes everything on to the real store, but answers `GET ?policy` with an empty 200 while it lies, and drops PUTs while it forgets. */
async function startLiar(target: string): Promise<Liar> {
  const state = { lies: false, forgets: false }
  const server = createServer((incoming, outgoing) => {
    const isOfPolicy = /[?&]policy\b/.test(incoming.url ?? '')
    if (state.forgets && incoming.method === 'PUT' && isOfPolicy) {
      incoming.resume()
      outgoing.writeHead(204).end()
      return
    }
    if (state.lies && incoming.method === 'GET' && isOfPolicy) {
      incoming.resume()
      outgoing.writeHead(200, { 'content-type': 'application/json' }).end()
      return
    }
    const options = { method: incoming.method, headers: incoming.headers }
    const onward = request(new URL(incoming.url ?? '/', target), options, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  server.unref()
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, state }
}
