/** Several operators in one cluster, one that is asked to go, and an API server that goes and comes back. */
import { strict as assert } from 'node:assert'
import { after, afterEach, before, describe, it } from 'node:test'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Operator } from '../rig/operator.ts'
import { eventually } from '../rig/wait.ts'
import { cloudCalls, sumOf } from './metrics.ts'
import { deletePolicy, oursIn, policyOf, putPolicy, type Stage, setStage, strangersPolicy } from './stage.ts'

describe('replicas and restarts', () => {
  let stage: Stage
  const running = new Set<Operator>()

  before(async () => {
    stage = await setStage()
  })
  afterEach(async () => {
    await Promise.all([...running].map((operator) => operator.stop()))
    running.clear()
  })
  after(async () => {
    await stage?.rig.stop()
  })

  async function start(env?: NodeJS.ProcessEnv): Promise<Operator> {
    const operator = await stage.operator({ MOORING_RESYNC: '1s', ...env })
    running.add(operator)
    return operator
  }

  const leads = async (operator: Operator) => (await sumOf(operator, 'leader_election_master_status')) === 1
  const lease = () => stage.rig.kubectl.get('lease', 'mooring', '-n', stage.rig.leaseNamespace)
  const untilRepaired = (bucket: string) =>
    eventually(async () => assert.equal((await oursIn(stage.s3, bucket)).length, 1), { timeoutMs: 40_000 })

  async function pair(): Promise<{ leader: Operator; follower: Operator }> {
    const leader = await start()
    await eventually(async () => assert.ok(await leads(leader)))
    return { leader, follower: await start() }
  }

  async function applied(name: string): Promise<string> {
    const bucket = await stage.bucket()
    await stage.rig.kubectl.apply(stage.integration(name, bucket))
    await stage.untilReady(name, 'True', 'Verified')
    return bucket
  }

  it('of two only the leader asks the cloud; when it is asked to go, the other takes over at once', async () => {
    const { leader, follower } = await pair()
    const bucket = await applied('quiet')
    assert.equal(await leads(follower), false)
    assert.equal(await cloudCalls(follower), 0)

    assert.deepEqual(await leader.stop(20_000), { code: 0, signal: null })
    running.delete(leader)
    assert.ok(leader.logs().some(({ msg }) => msg === 'lease released'))
    await eventually(async () => assert.ok(await leads(follower)), { timeoutMs: 10_000 })
    await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    await untilRepaired(bucket)

    assert.deepEqual(await follower.stop(20_000), { code: 0, signal: null })
    running.delete(follower)
    assert.equal((await lease()).spec.holderIdentity ?? '', '', 'the lease is released')
  })

  it('a leader that is killed is followed by the other, which repairs and revokes', async () => {
    const { leader, follower } = await pair()
    const bucket = await applied('orphaned')
    leader.kill('SIGKILL')
    await leader.exited
    running.delete(leader)
    // 15 s from when the other saw it change last, which it does within 2.4 s: 18 s in all (lease.test.ts holds it to that).
    assert.equal((await lease()).spec.leaseDurationSeconds, 15)
    await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    await stage.delete('quiet')
    await eventually(async () => assert.ok(await leads(follower)), { timeoutMs: 40_000 })
    await untilRepaired(bucket)
    await stage.untilGone('quiet')
  })

  it('the API server goes and comes back: the operator goes on, and repairs even while it is away', async () => {
    const operator = await start({ MOORING_LEADER_ELECTION: 'false' })
    const bucket = await applied('enduring')
    await stage.rig.controlPlane.stopApiServer('SIGKILL')
    await deletePolicy(stage.s3, bucket)
    await untilRepaired(bucket)
    assert.equal((await fetch(`${operator.url}/livez`)).status, 200)
    await stage.rig.controlPlane.startApiServer()

    await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    await untilRepaired(bucket)
    const later = await applied('later')
    await stage.rig.kubectl.delete('si', 'enduring', 'later', '-n', stage.namespace, '--timeout=60s')
    assert.deepEqual(await policyOf(stage.s3, bucket), strangersPolicy(bucket))
    assert.equal(await policyOf(stage.s3, later), undefined)
  })

  it('tells of grants, repairs and revocations in Events, metrics and its log', async () => {
    const operator = await start({ MOORING_LEADER_ELECTION: 'false' })
    const bucket = await applied('told')
    await deletePolicy(stage.s3, bucket)
    await untilRepaired(bucket)
    await stage.rig.kubectl.delete('si', 'told', '-n', stage.namespace, '--timeout=30s')

    await eventually(async () => {
      const { items } = await stage.rig.kubectl.get<{ items: KubernetesObject[] }>(
        'events.events.k8s.io',
        '-n',
        stage.namespace,
      )
      const told = items
        .filter(({ regarding }) => regarding.name === 'told')
        .map(({ type, reason }) => `${type} ${reason}`)
      for (const event of ['Normal Granted', 'Warning DriftRepaired', 'Normal Revoked', 'Normal Verified'])
        assert.ok(told.includes(event), `${event} is not among ${told.join(', ')}`)
    })
    for (const action of ['granted', 'repaired', 'revoked'])
      assert.ok((await sumOf(operator, 'mooring_entry_changes_total', { action })) > 0, action)
    assert.ok((await sumOf(operator, 'mooring_reconcile_total', { controller: 'target' })) > 0)
    const page = await fetch(`${operator.url}/metrics`)
    assert.match(page.headers.get('content-type') ?? '', /^text\/plain/)
    for (const path of ['/livez', '/readyz'])
      assert.equal((await fetch(`${operator.url}${path}`)).status, 200, path)
    const deeds = operator.logs().filter(({ msg }) => msg === 'wrote to the cloud')
    assert.deepEqual([...new Set(deeds.map(({ deed }) => deed))], ['granted', 'repaired', 'revoked'])
  })
})
