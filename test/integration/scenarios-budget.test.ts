/** How often the cloud is asked, what happens where it has no room, and how quiet the status is. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Operator } from '../rig/operator.ts'
import { eventually } from '../rig/wait.ts'
import { type CloudGate, openCloudGate } from './cloud-gate.ts'
import { cloudCalls, cloudWrites, samplesOf } from './metrics.ts'
import {
  account,
  conditionOf,
  corsOf,
  oursIn,
  policyOf,
  putPolicy,
  readyOf,
  type Stage,
  setStage,
  strangersPolicy,
} from './stage.ts'

/** https://docs.aws.amazon.com/general/latest/gr/s3.html */
const POLICY_LIMIT = 20_480

describe('budgets, limits and quiet', () => {
  let stage: Stage
  let gate: CloudGate
  let operator: Operator

  async function start(resync: string): Promise<void> {
    await operator?.stop()
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: resync })
  }

  before(async () => {
    stage = await setStage()
    gate = await openCloudGate(stage.rig.aws.endpoint)
    const throughTheGate = { ...stage.rig, aws: { ...stage.rig.aws, endpoint: gate.endpoint } }
    await stage.rig.kubectl.apply(account(throughTheGate, { requestsPerSecond: 1_000 }))
  })
  after(async () => {
    await operator?.stop()
    await gate?.stop()
    await stage?.rig.stop()
  })

  const looks = () => cloudCalls(operator, { operation: 'GetBucketPolicy' })

  /** Lets the operator look at the bucket a few more times. */
  async function afterLooks(count: number): Promise<void> {
    const before = await looks()
    await eventually(async () => assert.ok((await looks()) >= before + count, 'it has not looked again'))
  }

  /** What an idle operator asks for in each look at its one bucket: `GetBucketPolicy 1`. */
  async function callsPerLook(): Promise<string[]> {
    await afterLooks(1)
    const before = await settledCalls()
    await afterLooks(3)
    const after = await settledCalls()
    const looked = (after.get('GetBucketPolicy') ?? 0) - (before.get('GetBucketPolicy') ?? 0)
    return [...after]
      .map(
        ([operation, count]) => `${operation} ${Math.round((count - (before.get(operation) ?? 0)) / looked)}`,
      )
      .filter((line) => !line.endsWith(' 0'))
      .sort()
  }

  /** The calls by operation at a moment when no look is going on. */
  const settledCalls = () =>
    eventually(async () => {
      const samples = await samplesOf(operator, 'mooring_cloud_calls_total')
      const calls = Map.groupBy(samples, ({ labels }) => labels.operation ?? '')
      const counts = new Map(
        [...calls].map(([operation, list]) => [operation, list.reduce((sum, { value }) => sum + value, 0)]),
      )
      assert.equal(counts.get('GetBucketPolicy'), counts.get('GetBucketCors'), 'a look is going on')
      return counts
    })

  describe('the budget of calls', () => {
    const names = Array.from({ length: 20 }, (_, index) => `many-${index}`)
    const versions = () =>
      stage.rig.kubectl.must(
        'get',
        'si',
        '-n',
        stage.namespace,
        '-o=jsonpath={.items[*].metadata.resourceVersion}',
      )
    let bucket: string

    before(() => start('10m'))

    it('one integration costs at most 8 requests from apply to Ready, the first one of a process too', async () => {
      bucket = await stage.bucket()
      await stage.rig.kubectl.must('wait', '--for=condition=Ready', 'cloudaccount/aws-test', '--timeout=30s')
      const [atTheDoor, counted] = [gate.requests, await cloudCalls(operator)]
      await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
      await stage.rig.kubectl.apply(stage.integration('single', bucket))
      await stage.untilReady('single', 'True', 'Verified')
      assert.ok(gate.requests - atTheDoor <= 8, `${gate.requests - atTheDoor} requests`)
      assert.ok((await cloudCalls(operator)) - counted <= 8)
    })

    it('who we are is asked once a process, before any of them', async () => {
      assert.equal(await cloudCalls(operator, { service: 'sts' }), 1)
    })

    it('one more on another bucket costs at most 8 as well', async () => {
      const [atTheDoor, counted] = [gate.requests, await cloudCalls(operator)]
      const other = await stage.bucket()
      await stage.rig.kubectl.apply(stage.integration('other', other))
      await stage.untilReady('other', 'True', 'Verified')
      assert.ok(gate.requests - atTheDoor <= 8, `${gate.requests - atTheDoor} requests`)
      assert.ok((await cloudCalls(operator)) - counted <= 8)
      await stage.rig.kubectl.delete('si', 'other', '-n', stage.namespace, '--timeout=30s')
    })

    it('20 more on the same bucket cost at most 60 in all, and are all Ready', async () => {
      const idle = await stillFor('single')
      const [atTheDoor, counted] = [gate.requests, await cloudCalls(operator)]
      const objects: KubernetesObject[] = names.map((name) =>
        stage.integration(name, bucket, { s3: { bucket, prefix: `${name}/` } }),
      )
      await stage.rig.kubectl.apply(objects)
      await Promise.all(names.map((name) => stage.untilReady(name, 'True', 'Verified')))
      assert.ok(gate.requests - atTheDoor <= 60, `${gate.requests - atTheDoor} requests`)
      assert.ok((await cloudCalls(operator)) - counted <= 60)
      assert.equal((await oursIn(stage.s3, bucket)).length, 21)
      assert.equal(
        (await stage.si('single')).metadata.resourceVersion,
        idle,
        'nobody else’s status is touched',
      )
    })

    const stillFor = async (name: string) => (await stage.si(name)).metadata.resourceVersion

    it('an idle bucket with 21 integrations costs what one with a single one costs, and no status is written', async () => {
      await start('1s')
      const before = await versions()
      const withMany = await callsPerLook()
      assert.equal(await versions(), before)
      assert.equal(await cloudWrites(operator), 0)

      await stage.rig.kubectl.delete('si', ...names, '-n', stage.namespace, '--timeout=60s')
      assert.equal((await oursIn(stage.s3, bucket)).length, 1)
      const writes = await cloudWrites(operator)
      const alone = await versions()
      const withOne = await callsPerLook()
      assert.deepEqual(withMany, [
        'GetBucketCors 1',
        'GetBucketEncryption 1',
        'GetBucketPolicy 1',
        'Preflight 1',
      ])
      assert.deepEqual(withOne, withMany)
      assert.equal(await versions(), alone)
      assert.equal(await cloudWrites(operator), writes)
      await stage.rig.kubectl.delete('si', 'single', '-n', stage.namespace, '--timeout=30s')
      assert.deepEqual(await policyOf(stage.s3, bucket), strangersPolicy(bucket))
    })
  })

  describe('limits and quiet', () => {
    before(() => start('1s'))

    it('a policy without room takes the older one, and nothing of the younger one until there is room', async () => {
      const bucket = await stage.bucket()
      await stage.rig.kubectl.apply(stage.integration('measure', bucket))
      await stage.untilReady('measure', 'True')
      const ours = JSON.stringify((await oursIn(stage.s3, bucket))[0]).length
      await stage.rig.kubectl.delete('si', 'measure', '-n', stage.namespace, '--timeout=30s')
      const strangers = crowded(bucket, POLICY_LIMIT - Math.round(1.5 * ours))
      await putPolicy(stage.s3, bucket, strangers)

      await stage.rig.kubectl.apply([
        stage.integration('a-older', bucket),
        stage.integration('b-younger', bucket),
      ])
      await stage.untilReady('a-older', 'True', 'Verified')
      const younger = await stage.untilReady('b-younger', 'False', 'PolicyTooLarge')
      assert.match(readyOf(younger)?.message ?? '', /\d+ of at most 20480 bytes, with \d+ statements/)
      assert.equal(conditionOf(younger, 'CorsConfigured')?.status, 'False')
      assert.equal(conditionOf(younger, 'Stalled')?.status, 'True')
      await afterLooks(2)
      const policy = await policyOf(stage.s3, bucket)
      assert.deepEqual(policy?.Statement.slice(0, -1), strangers.Statement)
      assert.equal((await oursIn(stage.s3, bucket)).length, 1)
      assert.equal((await corsOf(stage.s3, bucket)).length, 1)

      await stage.rig.kubectl.delete('si', 'a-older', '-n', stage.namespace, '--timeout=30s')
      await stage.untilReady('b-younger', 'True', 'Verified')
      await stage.rig.kubectl.delete('si', 'b-younger', '-n', stage.namespace, '--timeout=30s')
      assert.deepEqual(await policyOf(stage.s3, bucket), strangers)
    })

    it('a status is complete, for this generation, tells no time, and is not written again', async () => {
      const bucket = await stage.bucket()
      await stage.rig.kubectl.apply([
        stage.integration('well', bucket),
        stage.integration('lost', `${bucket}-none`),
        stage.integration('unknown-vendor', bucket, { vendor: 'nobody' }),
        stage.integration('planned', bucket, { mode: 'Plan' }),
      ])
      await stage.rig.kubectl.must(
        'wait',
        'si/well',
        '-n',
        stage.namespace,
        '--for=condition=Ready',
        '--timeout=30s',
      )
      await stage.untilReady('lost', 'False', 'BucketNotFound')
      await stage.untilReady('unknown-vendor', 'False', 'VendorNotFound')
      await stage.untilReady('planned', 'False', 'Planned')
      await stage.change('well', { expiresAt: '2099-01-01T00:00:00Z' })
      await stage.untilReady('well', 'True', 'Verified')

      const all = async (): Promise<KubernetesObject[]> =>
        (await stage.rig.kubectl.get<{ items: KubernetesObject[] }>('si', '-n', stage.namespace)).items
      const before = await all()
      for (const { metadata, status } of before) {
        assert.equal(status.observedGeneration, metadata.generation, metadata.name)
        assert.equal(status.conditions[0].type, 'Ready')
        for (const { type, observedGeneration, message } of status.conditions) {
          assert.equal(observedGeneration, metadata.generation, `${metadata.name} ${type}`)
          assert.ok(message.length > 0)
          assert.doesNotMatch(message, /\d{4}-\d\d-\d\d|\d\d:\d\d|\b\d+ ?m?s\b|request ?id/i)
        }
      }
      await afterLooks(4)
      assert.deepEqual(
        (await all()).map(({ metadata }) => metadata.resourceVersion),
        before.map(({ metadata }) => metadata.resourceVersion),
      )
      assert.deepEqual(
        operator.logs().filter(({ level }) => level === 'error' || level === 'raw'),
        [],
      )
    })
  })
})

/** A strangers’ policy of this many bytes, as written without spaces. */
function crowded(bucket: string, bytes: number): { Version: string; Statement: object[] } {
  const statement = (n: number, padding: string) => ({
    Sid: `stranger${n}`,
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111122223333:root' },
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${bucket}/shared/${n}/${padding}*`,
  })
  const policy = (padding: string) => ({
    Version: '2012-10-17',
    Statement: Array.from({ length: 90 }, (_, n) => statement(n, n === 0 ? padding : '')),
  })
  return policy('x'.repeat(bytes - JSON.stringify(policy('')).length))
}
