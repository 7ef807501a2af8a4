/**
 * What the API server answers on a bad day, and an etcd that goes away. The table of all faults of a cluster is in
 * cluster-faults-watch.test.ts.
 */
import { strict as assert } from 'node:assert'
import { after, afterEach, before, describe, it } from 'node:test'
import { type ApiProxy, apiRequestOf, isCalled, refusal, startApiProxy, type Verb } from '../rig/api-proxy.ts'
import { installOperatorRights } from '../rig/install.ts'
import { readKubeconfig, writeKubeconfig } from '../rig/kubeconfig.ts'
import { type Meddling, type MeddlingProxy, type Seen, startMeddlingProxy } from '../rig/meddling-proxy.ts'
import type { LogEntry, Operator } from '../rig/operator.ts'
import { eventually } from '../rig/wait.ts'
import { allCame, holdRequest, isOfBucket } from './held-back.ts'
import {
  account,
  corsOf,
  oursIn,
  policyOf,
  putPolicy,
  type Stage,
  setStage,
  strangersPolicy,
} from './stage.ts'

const LONG = { timeoutMs: 90_000, everyMs: 100 }
const SECRET = { namespace: 'mooring-system', name: 'keys' }

/** One after the other. Retry-After is in seconds. */
const FAULTS: readonly Meddling[] = [
  refusal(429, 'TooManyRequests', { 'retry-after': '1' }),
  refusal(500, 'InternalError'),
  refusal(429, 'TooManyRequests'),
  { kind: 'Answer', status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway</h1>' },
  refusal(503, 'ServiceUnavailable', { 'retry-after': '1' }),
  refusal(504, 'Timeout'),
]

describe('an operator whose API server has a bad day', () => {
  let stage: Stage
  let api: ApiProxy
  let cloud: MeddlingProxy
  let rights: string
  let kubeconfig: string
  const running = new Set<Operator>()

  before(async () => {
    stage = await setStage()
    const { rig } = stage
    rights = await installOperatorRights(rig)
    api = await startApiProxy(rig)
    cloud = await startMeddlingProxy(rig.aws.endpoint)
    kubeconfig = await api.kubeconfig({ from: rights })
    const { accountId, region, credentials } = rig.aws
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = credentials
    const stringData = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY }
    const aws = { accountId, region, endpoint: cloud.url, credentialsSecretRef: SECRET }
    await rig.kubectl.apply([
      { apiVersion: 'v1', kind: 'Secret', metadata: SECRET, stringData },
      account(rig, { aws, requestsPerSecond: 1_000 }),
    ])
  })
  afterEach(async () => {
    const stopped = [...running]
    running.clear()
    await Promise.all(stopped.map((operator) => operator.stop()))
    const odd = stopped.flatMap((operator) => operator.logs()).filter(isOdd)
    assert.deepEqual(odd, [])
  })
  after(async () => {
    await api?.stop()
    await cloud?.stop()
    await stage?.rig.stop()
  })

  /** With the rights of `deploy/` and no others. */
  async function start(env: NodeJS.ProcessEnv = {}): Promise<Operator> {
    const operator = await stage.launch({ KUBECONFIG: kubeconfig, MOORING_RESYNC: '1h', ...env })
    running.add(operator)
    await operator.ready(60_000)
    return operator
  }

  async function bucketOfStrangers(): Promise<string> {
    const bucket = await stage.bucket()
    await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    return bucket
  }

  async function assertServed(name: string, bucket: string): Promise<void> {
    await stage.untilReady(name, 'True', 'Verified')
    assert.deepEqual(
      (await policyOf(stage.s3, bucket))?.Statement.slice(0, 2),
      strangersPolicy(bucket).Statement,
    )
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    assert.equal((await corsOf(stage.s3, bucket)).length, 1)
  }

  async function assertRevoked(bucket: string): Promise<void> {
    assert.deepEqual(await policyOf(stage.s3, bucket), strangersPolicy(bucket))
    assert.deepEqual(await corsOf(stage.s3, bucket), [])
  }

  /** Also where the deletion has begun. */
  async function forceAway(name: string): Promise<void> {
    await stage.rig.kubectl.delete('si', name, '-n', stage.namespace, '--wait=false')
    const patch = JSON.stringify({ metadata: { finalizers: null } })
    await stage.rig.kubectl.must('patch', 'si', name, '-n', stage.namespace, '--type=merge', '-p', patch)
    await stage.untilGone(name)
  }

  it('gets there although every second request of each kind is answered with 429 or 5xx', async (t) => {
    const met = new Map<Verb, number[]>()
    const came = new Map<string, number>()
    const stopMeddling = api.meddle((seen) => {
      const { verb, resource, name } = apiRequestOf(seen)
      const called = `${verb} ${resource} ${name}` // by name, or what is tried at the same time would take turns in failing
      const nth = came.get(called) ?? 0
      came.set(called, nth + 1)
      if (nth % 2 === 1) return undefined
      const before = met.get(verb) ?? []
      const fault = FAULTS[before.length % FAULTS.length] ?? assert.fail()
      met.set(verb, [...before, fault.kind === 'Answer' ? fault.status : 0])
      return fault
    })
    t.after(stopMeddling)
    const operator = await start()
    const buckets = new Map<string, string>()
    for (const name of ['a', 'b', 'c']) buckets.set(name, await bucketOfStrangers())
    await stage.rig.kubectl.apply([...buckets].map(([name, bucket]) => stage.integration(name, bucket)))
    await Promise.all([...buckets].map(([name, bucket]) => assertServed(name, bucket)))
    await stage.leave(...buckets.keys())
    for (const bucket of buckets.values()) await assertRevoked(bucket)
    await eventually(() => {
      for (const verb of ['get', 'list', 'watch', 'create', 'update', 'patch'] as const) {
        const statuses = met.get(verb) ?? []
        assert.ok(statuses.includes(429) && statuses.includes(500), `${verb} met ${statuses}`)
      }
    }, LONG)
    stopMeddling()
    t.diagnostic([...met].map(([verb, statuses]) => `${verb}: ${statuses.join(' ')}`).join('; '))
    assert.ok(api.seen.length < 1_000, `it asked ${api.seen.length} times`)
    assert.ok(operator.logs().every(({ msg }) => msg !== 'leadership lost'))
  })

  it('reads its token again when the old one is refused, and again until there is a new one', async (t) => {
    const operator = await start()
    const refused = new Set<string>()
    const stopMeddling = api.meddle((seen) => {
      const isRefused = refused.has(seen.headers.authorization ?? '')
      return isRefused ? refusal(401, 'Unauthorized') : undefined
    })
    t.after(stopMeddling)
    const token = async () => (await readKubeconfig(kubeconfig)).token
    const rotate = async () => {
      const { namespace } = SECRET
      const fresh = await stage.rig.kubectl.must('create', 'token', 'mooring', '-n', namespace)
      await writeKubeconfig(kubeconfig, { ...(await readKubeconfig(kubeconfig)), token: fresh.trim() })
    }

    const first = await token()
    await rotate()
    refused.add(`Bearer ${first}`)
    api.endStreams()
    const bucket = await bucketOfStrangers()
    await stage.rig.kubectl.apply(stage.integration('rotated', bucket))
    await assertServed('rotated', bucket)

    // Without its Lease it would end, as it should; so that is spared.
    const second = await token()
    const stopRefusing = api.meddle((seen) =>
      seen.headers.authorization === `Bearer ${second}` && apiRequestOf(seen).resource !== 'leases'
        ? refusal(401, 'Unauthorized')
        : undefined,
    )
    t.after(stopRefusing)
    const from = api.seen.length
    api.endStreams()
    await stage.delete('rotated')
    await eventually(() => {
      const turnedAway = api.seen.slice(from).filter((seen) => seen.status() === 401)
      assert.ok(turnedAway.length >= 4, `${turnedAway.length} were refused`)
    }, LONG)
    assert.ok((await stage.si('rotated')).metadata.deletionTimestamp)
    await rotate()
    await stage.untilGone('rotated')
    await assertRevoked(bucket)
    assert.ok(operator.logs().every(({ msg }) => msg !== 'leadership lost'))
    assert.ok(
      !JSON.stringify(operator.logs()).includes(first) && !JSON.stringify(operator.logs()).includes(second),
    )
  })

  it('writes nothing to a namesake of a new UID that came between its reading and its writing', async () => {
    await start()
    const [told, kept, held] = (await Promise.all([1, 2, 3].map(bucketOfStrangers))) as [
      string,
      string,
      string,
    ]
    const elsewhere = await bucketOfStrangers()
    const ofObject = (called: string, name: string) => (seen: Seen) =>
      isCalled(seen, called) && apiRequestOf(seen).name === name
    const status = holdRequest(
      api,
      (seen) => ofObject('patch storageintegrations/status', 'told')(seen) && seen.body.includes('Verified'),
    )
    await stage.rig.kubectl.apply([
      stage.integration('told', told),
      stage.integration('kept', kept),
      stage.integration('held', held),
    ])
    await Promise.all([assertServed('kept', kept), assertServed('held', held)])
    const finalizer = holdRequest(api, ofObject('patch storageintegrations', 'kept'))
    const revocation = holdRequest(cloud, isOfBucket(held, 'PUT', 'policy'))
    await stage.delete('kept', 'held')
    await allCame({ status, finalizer, revocation })

    for (const name of ['told', 'kept', 'held']) await forceAway(name)
    const again = [
      stage.integration('told', elsewhere),
      stage.integration('kept', kept),
      stage.integration('held', held),
    ]
    await stage.rig.kubectl.apply(again)
    for (const { release } of [status, finalizer, revocation]) release()

    await Promise.all([
      assertServed('told', elsewhere),
      assertServed('kept', kept),
      assertServed('held', held),
    ])
    for (const { came } of [status, finalizer]) assert.equal((await came).status(), 422)
    for (const name of ['told', 'kept', 'held'])
      assert.deepEqual((await stage.si(name)).metadata.finalizers, ['mooring.dev/revoke'])
    assert.equal((await oursIn(stage.s3, told)).length, 1, 'what nobody asked to take away is kept')
    await eventually(async () => {
      const { status: said } = await stage.rig.kubectl.get('cloudaccount', 'aws-test')
      assert.ok(JSON.stringify(said.orphans ?? {}).includes(told))
    }, LONG)
    await stage.leave('told', 'kept', 'held')
    for (const bucket of [elsewhere, kept, held]) await assertRevoked(bucket)
  })

  it('outlives an etcd that is killed and comes back', async () => {
    const operator = await start({ MOORING_LEADER_ELECTION: 'false' })
    const [before, later] = [await bucketOfStrangers(), await bucketOfStrangers()]
    await stage.rig.kubectl.apply(stage.integration('before', before))
    await assertServed('before', before)
    await stage.rig.controlPlane.stopEtcd('SIGKILL')
    assert.equal((await fetch(`${operator.url}/livez`)).status, 200)
    await stage.rig.controlPlane.startEtcd()
    await stage.rig.kubectl.apply(stage.integration('later', later))
    await assertServed('later', later)
    await stage.leave('before')
    await assertRevoked(before)
  })

  it('ends when etcd stays away for longer than it may lead, and the next one goes on', async () => {
    const operator = await start()
    const bucket = await stage.bucket()
    await eventually(
      () => assert.ok(operator.logs().some(({ msg, lease }) => msg === 'leading' && lease)),
      LONG,
    )
    await stage.delete('later')
    await stage.untilGone('later')
    const [ending] = await Promise.all([operator.exited, stage.rig.controlPlane.stopEtcd('SIGTERM')])
    assert.deepEqual(ending, { code: 1, signal: null })
    running.delete(operator)
    assert.ok(operator.logs().some(({ msg }) => msg === 'leadership lost, exiting'))
    await stage.rig.controlPlane.startEtcd()
    await stage.rig.kubectl.apply(stage.integration('after', bucket))
    await start({ MOORING_LEADER_ELECTION: 'false' }) // without waiting for the Lease to expire
    await stage.untilReady('after', 'True', 'Verified')
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
  })
})

/** A crash, or an error that is called one of Mooring’s own. */
function isOdd({ level, msg }: LogEntry): boolean {
  return level === 'raw' || msg === 'internal error'
}
