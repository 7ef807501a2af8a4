/**
 * Replicas whose clocks are an hour apart, and a leader that is stopped amid its work. The table of all faults of a cluster is in cluster-faults-watch.test.ts.
 */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { type ApiProxy, apiRequestOf, isCalled, startApiProxy } from '../rig/api-proxy.ts'
import { bentTime } from '../rig/bent-time-environment.ts'
import { type MeddlingProxy, type Seen, startMeddlingProxy } from '../rig/meddling-proxy.ts'
import type { Operator } from '../rig/operator.ts'
import { runCommand } from '../rig/run-command.ts'
import { eventually } from '../rig/wait.ts'
import { allCame, holdAnswer, isOfBucket } from './held-back.ts'
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
const HOUR_MS = 3_600_000

interface Replica {
  readonly operator: Operator
  /** What it asks of the API server. */
  readonly api: ApiProxy
  /** The access key by which its requests to the cloud are told from the others'. */
  readonly key: string
}

describe('replicas whose clocks are an hour apart', () => {
  let stage: Stage
  let cloud: MeddlingProxy
  const running = new Set<Replica>()
  const buckets = new Map<string, string>()
  let first: Replica
  let second: Replica

  before(async () => {
    stage = await setStage()
    cloud = await startMeddlingProxy(stage.rig.aws.endpoint)
    const watched = { ...stage.rig, aws: { ...stage.rig.aws, endpoint: cloud.url } }
    await stage.rig.kubectl.apply(account(watched, { requestsPerSecond: 1_000 }))
  })
  after(async () => {
    await Promise.all([...running].map(({ operator }) => operator.stop()))
    await Promise.all([...running].map(({ api }) => api.stop()))
    await cloud?.stop()
    await stage?.rig.stop()
  })

  async function start(key: string, time: Parameters<typeof bentTime>[0]): Promise<Replica> {
    const api = await startApiProxy(stage.rig)
    const operator = await stage.operator({
      KUBECONFIG: await api.kubeconfig(),
      MOORING_RESYNC: '1h', // what is repaired here is repaired because of the change of leaders
      AWS_ACCESS_KEY_ID: key,
      ...bentTime(time),
    })
    const replica = { operator, api, key }
    running.add(replica)
    return replica
  }

  const lease = () => stage.rig.kubectl.get('lease', 'mooring', '-n', stage.rig.leaseNamespace)
  const leads = ({ operator }: Replica) =>
    operator.logs().some(({ msg, lease }) => msg === 'leading' && lease)
  const untilLeads = (replica: Replica) =>
    eventually(() => assert.ok(leads(replica), `${replica.key} does not lead`), LONG)
  const cloudWrites = ({ key }: Replica, from = 0) =>
    cloud.seen
      .slice(from)
      .filter(({ method, headers }) => isWrite(method) && headers.authorization?.includes(key))
  const looksAtLease = ({ api }: Replica) => api.seen.filter((seen) => isCalled(seen, 'get leases')).length
  const bucketOf = (name: string) => buckets.get(name) ?? assert.fail(name)

  async function makeBuckets(...names: string[]): Promise<void> {
    for (const name of names) {
      const bucket = await stage.bucket()
      buckets.set(name, bucket)
      await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    }
  }

  async function apply(...names: string[]): Promise<void> {
    await stage.rig.kubectl.apply(names.map((name) => stage.integration(name, bucketOf(name))))
  }

  /** The vendor has what it needs, once, beside what strangers have. */
  async function assertServed(name: string): Promise<void> {
    await stage.untilReady(name, 'True', 'Verified')
    const policy = await policyOf(stage.s3, bucketOf(name))
    assert.deepEqual(policy?.Statement.slice(0, 2), strangersPolicy(bucketOf(name)).Statement)
    assert.equal((await oursIn(stage.s3, bucketOf(name))).length, 1)
    assert.equal((await corsOf(stage.s3, bucketOf(name))).length, 1)
  }

  async function assertGone(name: string): Promise<void> {
    await stage.untilGone(name)
    assert.deepEqual(await policyOf(stage.s3, bucketOf(name)), strangersPolicy(bucketOf(name)))
    assert.deepEqual(await corsOf(stage.s3, bucketOf(name)), [])
  }

  it('the one ahead does not take the lease of another for old, and only the leader writes', async () => {
    await makeBuckets('signed', 'revoked', 'taken')
    first = await start('replica-right', { stopAt: `arn:aws:s3:::${bucketOf('signed')}/` })
    await untilLeads(first)
    const ahead = await start('replica-ahead', { shiftMs: HOUR_MS })
    second = await start('replica-behind', { shiftMs: -HOUR_MS })
    await apply('revoked', 'taken')
    await Promise.all(['revoked', 'taken'].map(assertServed))
    for (const follower of [ahead, second]) {
      await eventually(
        () => assert.ok(looksAtLease(follower) >= 3, 'it has hardly looked at the lease'),
        LONG,
      )
      assert.equal(leads(follower), false)
      assert.deepEqual(cloudWrites(follower), [])
      assert.deepEqual(writesIn(follower.api.seen), [])
    }
    const { holderIdentity } = (await lease()).spec
    assert.deepEqual(await ahead.operator.stop(20_000), { code: 0, signal: null })
    const { spec } = await lease()
    assert.deepEqual([spec.leaseTransitions, spec.holderIdentity], [0, holderIdentity])
  })

  it('a leader that stops in the middle of a write, beyond its lease, writes nothing when it is woken', async () => {
    const wanted = ['read', 'half-written', 'noted', 'told']
    await makeBuckets(...wanted)
    const ofObject = (called: string, name: string) => (seen: Seen) =>
      isCalled(seen, called) && apiRequestOf(seen).name === name
    const held = {
      'before the first write to a bucket': holdAnswer(cloud, isOfBucket(bucketOf('read'), 'GET', 'cors')),
      'between two documents': holdAnswer(cloud, isOfBucket(bucketOf('half-written'), 'PUT', 'policy')),
      'before an entry is taken away': holdAnswer(cloud, isOfBucket(bucketOf('revoked'), 'GET', 'policy')),
      'before the finalizer goes': holdAnswer(cloud, isOfBucket(bucketOf('taken'), 'DELETE', 'cors')),
      'before the places are noted': holdAnswer(first.api, ofObject('patch storageintegrations', 'noted')),
      'before an Event': holdAnswer(first.api, ofObject('patch storageintegrations/status', 'told')),
    }
    await apply(...wanted)
    await stage.delete('revoked', 'taken')
    await allCame(held)
    await apply('signed')
    await eventually(async () => assert.equal(await stateOf(first), 'T', 'it has not stopped itself'), LONG)
    const before = (await lease()).spec

    // The successor waits for so long from when it saw the lease change last, and looks again when it expires.
    assert.equal(before.leaseDurationSeconds, 15)
    assert.ok(
      Date.parse(before.renewTime) > Date.now() - HOUR_MS / 2,
      'an hour ahead of the successor’s clock',
    )
    await untilLeads(second)
    assert.equal((await lease()).spec.leaseTransitions, before.leaseTransitions + 1)
    await Promise.all([...wanted, 'signed'].map(assertServed))
    await Promise.all(['revoked', 'taken'].map(assertGone))

    const [inCloud, inCluster] = [cloud.seen.length, first.api.seen.length]
    for (const { release } of Object.values(held)) release()
    await eventually(() => assert.equal(cloud.unanswered, 0))
    first.operator.kill('SIGCONT')
    assert.deepEqual(await first.operator.exited, { code: 1, signal: null })
    assert.ok(first.operator.logs().some(({ msg }) => msg === 'leadership lost, exiting'))
    assert.deepEqual(cloudWrites(first, inCloud), [])
    assert.deepEqual(writesIn(first.api.seen.slice(inCluster)), [])
    await Promise.all([...wanted, 'signed'].map(assertServed))
  })
})

/** The state of a process as ps tells it; T is a stopped one. */
async function stateOf({ operator }: Replica): Promise<string> {
  return (await runCommand('ps', ['-o', 'state=', '-p', String(operator.pid)])).stdout.trim()
}

function isWrite(method: string): boolean {
  return !['GET', 'HEAD', 'OPTIONS'].includes(method)
}

/** Everything that changes the cluster but the Lease, which a candidate may ask for. */
function writesIn(seen: readonly Seen[]): string[] {
  const writes = seen.filter((one) => isWrite(one.method) && apiRequestOf(one).resource !== 'leases')
  return writes.map(({ method, path }) => `${method} ${path}`)
}
