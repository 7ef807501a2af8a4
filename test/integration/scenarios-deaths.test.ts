/** The operator dies at every step of its work, without a goodbye; the next one brings it to its end. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { Operator } from '../rig/operator.ts'
import { consistently, eventually } from '../rig/wait.ts'
import { type CloudGate, type Moment, openCloudGate } from './cloud-gate.ts'
import { cloudCalls, cloudWrites } from './metrics.ts'
import {
  account,
  corsOf,
  isMark,
  policyOf,
  putCors,
  putPolicy,
  type Stage,
  setStage,
  strangersPolicy,
  strangersRule,
} from './stage.ts'

type Step = Omit<Moment, 'bucket'>

/** When it dies while it applies, and when the next one dies while it revokes. */
const deaths: readonly (readonly [Step, Step])[] = [
  [
    { when: 'before', request: 'GET policy' },
    { when: 'before', request: 'PUT policy' },
  ],
  [
    { when: 'after', request: 'PUT policy' },
    { when: 'after', request: 'PUT policy' },
  ],
  [
    { when: 'after', request: 'PUT cors' },
    { when: 'before', request: 'PUT cors' },
  ],
  [
    { when: 'after', request: 'OPTIONS object' },
    { when: 'after', request: 'PUT cors' },
  ],
]
const applyingAgain: readonly Step[] = [
  { when: 'before', request: 'PUT policy' },
  { when: 'after', request: 'PUT policy' },
  { when: 'before', request: 'GET cors', nth: 2 },
]
const revokingAgain: readonly Step[] = [
  { when: 'before', request: 'GET cors' },
  { when: 'after', request: 'PUT policy' },
  { when: 'before', request: 'GET cors', nth: 2 },
]

describe('an operator that is killed in the middle', () => {
  let stage: Stage
  let gate: CloudGate
  let operator: Operator

  /** Drift is not looked for here: what is repaired is repaired because of the restart. */
  const settings = { MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '1h' }
  const start = () => stage.operator(settings)

  before(async () => {
    stage = await setStage()
    gate = await openCloudGate(stage.rig.aws.endpoint)
    const throughTheGate = { ...stage.rig, aws: { ...stage.rig.aws, endpoint: gate.endpoint } }
    await stage.rig.kubectl.apply(account(throughTheGate))
    operator = await start()
  })
  after(async () => {
    await operator?.stop()
    await gate?.stop()
    await stage?.rig.stop()
  })

  async function die(): Promise<void> {
    operator.kill('SIGKILL')
    await operator.exited
  }

  async function withStrangers(): Promise<string> {
    const bucket = await stage.bucket()
    await putPolicy(stage.s3, bucket, strangersPolicy(bucket))
    await putCors(stage.s3, bucket, [strangersRule])
    return bucket
  }

  const couple = (bucket: string) =>
    ['one', 'two'].map((name) => stage.integration(name, bucket, { s3: { bucket, prefix: `${name}/` } }))

  async function assertBothServed(bucket: string): Promise<void> {
    await Promise.all([stage.untilReady('one', 'True', 'Verified'), stage.untilReady('two', 'True')])
    const policy = await policyOf(stage.s3, bucket)
    assert.deepEqual(policy?.Statement.slice(0, 2), strangersPolicy(bucket).Statement)
    assert.equal(policy?.Id, strangersPolicy(bucket).Id)
    const ours = policy?.Statement.slice(2) ?? []
    assert.ok(ours.every(({ Sid }) => isMark(Sid)))
    assert.deepEqual(ours.map(({ Resource }) => String(Resource)).sort(), [
      `arn:aws:s3:::${bucket}/one/*`,
      `arn:aws:s3:::${bucket}/two/*`,
    ])
    const [theirs, ...rules] = await corsOf(stage.s3, bucket)
    assert.deepEqual(theirs, strangersRule)
    assert.equal(new Set(rules.map(({ ID }) => ID)).size, rules.length, 'no rule is there twice')
    assert.equal(rules.length, 2)
  }

  async function assertOnlyStrangersLeft(bucket: string): Promise<void> {
    await Promise.all([stage.untilGone('one'), stage.untilGone('two')])
    assert.deepEqual(await policyOf(stage.s3, bucket), strangersPolicy(bucket))
    assert.deepEqual(await corsOf(stage.s3, bucket), [strangersRule])
  }

  const nameOf = ({ when, request, nth = 1 }: Step) => `${when} ${request}${nth > 1 ? ` number ${nth}` : ''}`

  for (const [applying, revoking] of deaths) {
    it(`killed ${nameOf(applying)} when applying and ${nameOf(revoking)} when revoking, the next ones end both`, async () => {
      const bucket = await withStrangers()
      const died = gate.at({ bucket, ...applying }, die)
      await stage.rig.kubectl.apply(couple(bucket))
      await died
      operator = await start()
      await assertBothServed(bucket)

      const diedAgain = gate.at({ bucket, ...revoking }, die)
      await stage.delete('one', 'two')
      await diedAgain
      operator = await start()
      await assertOnlyStrangersLeft(bucket)
    })
  }

  it('killed again and again, it still gets there, and leaves no entry twice and none behind', async () => {
    const bucket = await withStrangers()
    await dieAt(bucket, applyingAgain, () => stage.rig.kubectl.apply(couple(bucket)))
    await assertBothServed(bucket)
    await dieAt(bucket, revokingAgain, () => stage.delete('one', 'two'))
    await assertOnlyStrangersLeft(bucket)
  })

  /** Dies at every step, one operator after the other; the last one lives. */
  async function dieAt(bucket: string, steps: readonly Step[], begin: () => Promise<unknown>): Promise<void> {
    for (const [index, step] of steps.entries()) {
      const died = gate.at({ bucket, ...step }, die)
      if (index === 0) await begin()
      else operator = await stage.launch(settings)
      await died
    }
    operator = await start()
  }

  it('killed as soon as it is Ready, the next one has nothing to say or to write', async () => {
    const bucket = await withStrangers()
    await stage.rig.kubectl.apply(couple(bucket))
    const [one, two] = await Promise.all([stage.untilReady('one', 'True'), stage.untilReady('two', 'True')])
    await die()
    operator = await start()
    await eventually(async () =>
      assert.ok((await cloudCalls(operator, { operation: 'GetBucketPolicy' })) > 0, 'it has not looked'),
    )
    await consistently(
      async () => {
        assert.equal((await stage.si('one')).metadata.resourceVersion, one.metadata.resourceVersion)
        assert.equal((await stage.si('two')).metadata.resourceVersion, two.metadata.resourceVersion)
        assert.equal(await cloudWrites(operator), 0)
      },
      { forMs: 1_000 },
    )
    await stage.delete('one', 'two')
    await assertOnlyStrangersLeft(bucket)
  })
})
