/**
 * The operator's view of the cluster when watches break. Where the faults of a cluster are tested, each with the whole
 * operator on a real API server and etcd, and clouds that keep what is written:
 *
 * | fault                                                | test                                                    |
 * |------------------------------------------------------|---------------------------------------------------------|
 * | API server killed and started again                  | scenarios-replicas                                      |
 * | etcd killed and started again; away for long         | cluster-faults-answers                                  |
 * | watch dropped without FIN                            | here                                                    |
 * | watch closed every second                            | here                                                    |
 * | 410 as a status, as an event, in mid-paging          | here                                                    |
 * | deletes missed in an outage, with and without finalizer | here                                                 |
 * | same name with a new UID                             | here (missed), cluster-faults-answers (amid a write)    |
 * | token rotated, the old one refused                   | cluster-faults-answers                                  |
 * | 429 with and without Retry-After, 5xx, on every verb | cluster-faults-answers (the operator deletes nothing)   |
 * | clocks an hour apart                                 | cluster-faults-leaders                                  |
 * | two replicas, the leader killed                      | scenarios-replicas                                      |
 * | leader stopped beyond its lease and woken            | cluster-faults-leaders                                  |
 * | SIGTERM in mid-reconcile                             | cluster-faults-stop                                     |
 *
 * The parts of src/kube alone: kube-rest, kube-reflector, kube-lease, kube-process and the tests beside their sources.
 */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { type ApiProxy, errorEvent, isCalled, refusal, startApiProxy } from '../rig/api-proxy.ts'
import { bentTime } from '../rig/bent-time-environment.ts'
import type { Meddler, Seen } from '../rig/meddling-proxy.ts'
import type { Operator } from '../rig/operator.ts'
import { startTcpProxy, type TcpProxy } from '../rig/tcp-proxy.ts'
import { eventually } from '../rig/wait.ts'
import { oursIn, policyOf, putPolicy, type Stage, setStage, strangersPolicy } from './stage.ts'

const LONG = { timeoutMs: 90_000, everyMs: 100 }
const KIND = 'storageintegrations'

describe('an operator whose watches break', () => {
  let stage: Stage
  let api: ApiProxy
  let wire: TcpProxy
  let operator: Operator

  before(async () => {
    stage = await setStage()
    api = await startApiProxy(stage.rig)
    wire = await startTcpProxy(api.port)
    operator = await stage.operator({
      KUBECONFIG: await api.kubeconfig({ port: wire.port }),
      MOORING_LEADER_ELECTION: 'false',
      MOORING_RESYNC: '1h', // what is noticed here is noticed by a watch or a list
      ...bentTime({ patience: 0.1 }),
    })
  })
  after(async () => {
    await operator?.stop()
    await wire?.stop()
    await api?.stop()
    await stage?.rig.stop()
  })

  const lists = () =>
    operator.logs().filter(({ msg, kind }) => msg === 'listed' && kind === 'StorageIntegration').length
  const isWatch = (seen: Seen) => isCalled(seen, `watch ${KIND}`)
  const apply = (name: string, bucket: string) => stage.rig.kubectl.apply(stage.integration(name, bucket))

  async function applied(name: string): Promise<string> {
    const bucket = await stage.bucket()
    await apply(name, bucket)
    await stage.untilReady(name, 'True', 'Verified')
    return bucket
  }

  async function assertWell(): Promise<void> {
    assert.equal((await fetch(`${operator.url}/readyz`)).status, 200)
    assert.deepEqual(
      operator.logs().filter(({ level, msg }) => level === 'raw' || msg === 'internal error'),
      [],
    )
  }

  it('closed every second, it misses nothing and lists nothing again', async () => {
    const before = lists()
    const closed = { times: 0 }
    const closing = setInterval(() => {
      if (api.endStreams((seen) => seen.query.get('watch') === 'true') > 0) closed.times += 1
    }, 1_000)
    try {
      for (let round = 0; round < 3 || closed.times < 4; round += 1) {
        const bucket = await applied(`round-${round}`)
        assert.equal((await oursIn(stage.s3, bucket)).length, 1)
        await stage.delete(`round-${round}`)
        await eventually(async () => assert.equal(await policyOf(stage.s3, bucket), undefined), LONG)
        await stage.untilGone(`round-${round}`)
      }
    } finally {
      clearInterval(closing)
    }
    assert.equal(lists(), before)
    await assertWell()
  })

  it('fallen silent without a word, they are given up and resumed where they were', async () => {
    const [before, kept] = [lists(), await applied('kept')]
    wire.abandon()
    await stage.delete('kept')
    const bucket = await applied('unheard')
    await stage.untilGone('kept')
    assert.equal(await policyOf(stage.s3, kept), undefined)
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    assert.equal(lists(), before)
    await stage.leave('unheard')
    await assertWell()
  })

  /** What makes the operator list again after an outage, and how the test knows that it happened. */
  const expiries: Readonly<Record<string, () => { readonly meddler: Meddler; readonly met: () => boolean }>> =
    {
      'as the status of an answer': () => once(isWatch, () => refusal(410, 'Expired')),
      'as an event in the stream': () => once(isWatch, () => errorEvent(410, 'Expired')),
      'in the middle of a list in pages': () => {
        const watch = once(isWatch, () => refusal(410, 'Expired'))
        const page = once(isLaterPage, () => refusal(410, 'Expired'))
        const meddler: Meddler = (seen) => watch.meddler(seen) ?? page.meddler(seen) ?? smallPage(seen)
        return { meddler, met: () => watch.met() && page.met() }
      },
    }
  const isLaterPage = (seen: Seen) => isCalled(seen, `list ${KIND}`) && seen.query.has('continue')
  const smallPage: Meddler = (seen) =>
    isCalled(seen, `list ${KIND}`) && seen.query.has('limit')
      ? { kind: 'Ask', query: { limit: '2' } }
      : undefined

  for (const [how, expire] of Object.entries(expiries)) {
    it(`with 410 ${how}, it finds out what came, went and was replaced during an outage`, async () => {
      const prefix = how.split(' ').at(-1)
      const [leaves, vanishes, returns, moves, comes] = [
        'leaves',
        'vanishes',
        'returns',
        'moves',
        'comes',
      ].map((word) => `${word}-${prefix}`) as [string, string, string, string, string]
      const was = await Promise.all([leaves, vanishes, returns, moves].map(applied))
      const [left, vanished, kept, moved] = was as [string, string, string, string]
      const [fresh, elsewhere] = [await stage.bucket(), await stage.bucket()]
      const old = await stage.si(returns)
      const before = lists()

      await wire.refuse()
      await stage.delete(leaves)
      for (const name of [vanishes, returns, moves]) await stage.forceAway(name)
      await apply(returns, kept)
      await apply(moves, elsewhere)
      await apply(comes, fresh)
      await putPolicy(stage.s3, left, withStranger(left, await policyOf(stage.s3, left)))
      const { meddler, met } = expire()
      const stopMeddling = api.meddle(meddler)
      await wire.pass()

      await stage.untilGone(leaves)
      assert.deepEqual(await policyOf(stage.s3, left), strangersPolicy(left))
      const [returned] = await Promise.all(
        [returns, moves, comes].map((name) => stage.untilReady(name, 'True', 'Verified')),
      )
      assert.notEqual(returned?.metadata.uid, old.metadata.uid)
      for (const bucket of [kept, elsewhere, fresh])
        assert.equal((await oursIn(stage.s3, bucket)).length, 1, 'served, and only once')
      stopMeddling()
      assert.ok(met(), 'nothing has expired')
      assert.equal(lists(), before + 1)

      // Nobody asked for these to be taken away: they are kept and named.
      const orphaned = [vanished, moved]
      await eventually(async () => {
        const { status } = await stage.rig.kubectl.get('cloudaccount', 'aws-test')
        const named = JSON.stringify(status.orphans ?? {})
        for (const bucket of orphaned) assert.ok(named.includes(bucket), `${bucket} is not among ${named}`)
      }, LONG)
      for (const bucket of orphaned) assert.equal((await oursIn(stage.s3, bucket)).length, 1)
      await stage.leave(returns, moves, comes)
      await assertWell()
    })
  }
})

/** Meddles with the first request that `isIt`. */
function once(
  isIt: (seen: Seen) => boolean,
  meddling: () => ReturnType<Meddler>,
): { readonly meddler: Meddler; readonly met: () => boolean } {
  const state = { met: false }
  const meddler: Meddler = (seen) => {
    if (state.met || !isIt(seen)) return undefined
    state.met = true
    return meddling()
  }
  return { meddler, met: () => state.met }
}

/** A stranger's statements before what is there. */
function withStranger(bucket: string, policy: Awaited<ReturnType<typeof policyOf>>): object {
  const theirs = strangersPolicy(bucket)
  return { ...theirs, Statement: [...theirs.Statement, ...(policy?.Statement ?? [])] }
}
