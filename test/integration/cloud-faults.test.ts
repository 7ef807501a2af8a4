/**
 * Connections to a cloud that break, stall or are slow, for every kind of target: a driver reads the truth or says that it could
 * not read, a pass can be repeated until it is through, and nobody waits for ever.
 */
import { strict as assert } from 'node:assert'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { FaultError } from '../../src/api/fault.ts'
import type { CloudSession } from '../../src/clouds/cloud.ts'
import { claimedIn } from '../../src/plan/plan-target.ts'
import { type Fate, type HttpProxy, PASS, startHttpProxy } from '../rig/http-proxy.ts'
import { eventually } from '../rig/wait.ts'
import { awsScenes, type Scene } from './garbage-scenes.ts'
import { azureScenes } from './garbage-scenes-azure.ts'
import { gcpScenes } from './garbage-scenes-gcp.ts'
import { INSTALLATION, never } from './ledger-pass.ts'

const scenes = [...(await awsScenes()), ...(await gcpScenes()), ...(await azureScenes())]

/** A session through proxies that do what `fate` says; `nth` counts the requests from 1. */
async function through(
  test: TestContext,
  { upstreams, open }: Scene,
  fate: (nth: number) => Fate | Promise<Fate>,
): Promise<{ readonly session: CloudSession; readonly proxies: readonly HttpProxy[] }> {
  const came = { requests: 0 }
  const decide = () => {
    came.requests += 1
    return fate(came.requests)
  }
  const proxies = await Promise.all(upstreams.map((upstream) => startHttpProxy(upstream, { decide })))
  test.after(() => Promise.all(proxies.map((proxy) => proxy.stop())))
  const session = await open(
    proxies.map(({ endpoint }) => endpoint),
    { fence: () => undefined, onCall: () => undefined },
  )
  test.after(() => session.close())
  return { session, proxies }
}

async function read(session: CloudSession, { target, documents, entries }: Scene, signal = never) {
  await session.identity(signal)
  const participants = [{ owner: 'a/x', stance: 'Wants', entries }] as const
  const claims = claimedIn({ installation: INSTALLATION, target: target.name, participants })
  return session.open(target).read(documents, signal, claims)
}

function isUnavailable(error: unknown): true {
  assert.ok(error instanceof FaultError, String(error))
  assert.deepEqual([error.fault.reason, error.fault.retry], ['CloudUnavailable', 'Backoff'], error.message)
  return true
}

const BROKEN: readonly Fate[] = [{ do: 'cut' }, { do: 'reset' }, { do: 'resetInAnswer' }]

for (const scene of scenes) {
  describe(`a connection to ${scene.name}`, () => {
    for (const broken of BROKEN) {
      it(`that is broken at every third request (${broken.do}) is tried anew until all is read`, async (test) => {
        const { session } = await through(test, scene, (nth) => (nth % 3 === 0 ? broken : PASS))
        await eventually(() => read(session, scene), { everyMs: 5 })
      })

      it(`that is always broken (${broken.do}) is told as such`, async (test) => {
        const { session } = await through(test, scene, () => broken)
        await assert.rejects(read(session, scene), isUnavailable)
      })
    }

    for (const latency of [20, 200]) {
      it(`with ${latency} ms on the way reads all the same`, async (test) => {
        const { session } = await through(test, scene, async () => {
          await sleep(latency)
          return PASS
        })
        assert.equal((await read(session, scene)).length, scene.documents.length)
      })
    }

    for (const stalled of ['hang', 'hangInAnswer'] as const) {
      it(`that stalls (${stalled}) is given up at once when the operator shuts down`, async (test) => {
        const { session, proxies } = await through(test, scene, () => ({ do: stalled }))
        const shutdown = new AbortController()
        const reading = read(session, scene, shutdown.signal)
        const isUnderWay = () => assert.ok(proxies.some(({ underWay }) => underWay > 0))
        await Promise.race([eventually(isUnderWay), reading])
        shutdown.abort(new Error('shutting down'))
        await assert.rejects(reading, /shutting down/)
      })
    }
  })
}

/** Half a minute, which is the drivers' own limit; all of them wait at the same time. */
describe('a connection that stalls for ever', { concurrency: true }, () => {
  for (const scene of scenes)
    for (const stalled of ['hang', 'hangInAnswer'] as const)
      it(`is given up by itself: ${scene.name}, ${stalled}`, async (test) => {
        const { session } = await through(test, scene, () => ({ do: stalled }))
        await assert.rejects(read(session, scene), isUnavailable)
      })
})
