/** CloudAccount.spec.allow: nothing is granted that no rule matches whole. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { Operator } from '../rig/operator.ts'
import { consistently } from '../rig/wait.ts'
import { reading, vendorOf, withStatements } from './recipe.ts'
import {
  account,
  conditionOf,
  corsOf,
  deletePolicy,
  oursIn,
  policyOf,
  readyOf,
  type Stage,
  setStage,
} from './stage.ts'

const NAME = 'guarded'

describe('the guardrail of an account', () => {
  let stage: Stage
  let operator: Operator

  before(async () => {
    stage = await setStage()
    await stage.rig.kubectl.apply(
      vendorOf('reader', {
        access: [
          { name: 'Read', description: 'Reads.' },
          { name: 'Write', description: 'Writes.' },
        ],
        ...withStatements(reading, {
          ...reading,
          name: 'write',
          access: ['Write'],
          actions: ['s3:PutObject'],
        }),
      }),
    )
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '1s' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  const allow = (...rules: object[]) => stage.rig.kubectl.apply(account(stage.rig, { allow: rules }))
  const everything = { namespaces: ['*'] }
  const label = (text: string) =>
    stage.rig.kubectl.must('label', 'namespace', stage.namespace, '--overwrite', text)
  const leave = () => stage.rig.kubectl.delete('si', NAME, '-n', stage.namespace, '--timeout=30s')

  async function integrate(spec: object = {}): Promise<string> {
    const bucket = await stage.bucket()
    const integration = stage.integration(NAME, bucket, {
      vendor: 'reader',
      s3: { bucket, prefix: 'raw/2026/' },
      ...spec,
    })
    await stage.rig.kubectl.apply(integration)
    return bucket
  }

  async function assertRefused(bucket: string): Promise<void> {
    await stage.untilReady(NAME, 'False', 'NotAllowed')
    assert.equal(await policyOf(stage.s3, bucket), undefined)
    assert.deepEqual(await corsOf(stage.s3, bucket), [])
  }

  it('without rules nothing is allowed; the message has a rule that helps, and it does', async () => {
    await allow()
    const bucket = await integrate()
    await assertRefused(bucket)
    const refused = await stage.si(NAME)
    assert.equal(conditionOf(refused, 'Stalled')?.reason, 'NotAllowed')
    const message = readyOf(refused)?.message ?? ''
    assert.match(message, /^CloudAccount "aws-test" does not allow this\./)
    const rule = `{namespaces: [${stage.namespace}], vendors: [reader], storage: ["${bucket}/raw/2026/"], access: [Read]}`
    assert.ok(message.includes(rule), message)

    const spec = JSON.stringify(account(stage.rig, { allow: ['RULE'] })).replace('"RULE"', rule)
    await stage.rig.kubectl.apply(spec)
    await stage.untilReady(NAME, 'True', 'Verified')
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    await leave()
  })

  it('an absent allow is no rule either', async () => {
    await allow(everything)
    const path = JSON.stringify([{ op: 'remove', path: '/spec/allow' }])
    await stage.rig.kubectl.must('patch', 'cloudaccount', 'aws-test', '--type=json', '-p', path)
    await assertRefused(await integrate())
    await leave()
  })

  const nearMisses: Readonly<Record<string, object>> = {
    'another namespace': { namespaces: ['perception-dev', 'per'] },
    'a namespace that begins alike': { namespaces: ['perceptio', '*-perception'] },
    'another vendor': { ...everything, vendors: ['segments-ai', 'read'] },
    'another bucket': { ...everything, storage: ['clips-*'] },
    'a prefix beside it': { ...everything, storage: ['street-*/raw/2025/'] },
    'only what lies deeper': { ...everything, storage: ['street-*/raw/2026/lidar/'] },
    'another level of access': { ...everything, access: ['Write'] },
    'a label that the namespace lacks': { namespaceSelector: { matchLabels: { team: 'lidar' } } },
  }

  it('two rules that each match a half do not make a whole', async () => {
    await allow({ ...everything, vendors: ['other'] }, { namespaces: ['other'], vendors: ['reader'] })
    await assertRefused(await integrate())
    await leave()
  })

  it('a rule that misses in one dimension refuses', async () => {
    await allow()
    const bucket = await integrate()
    for (const [what, rule] of Object.entries(nearMisses)) {
      await allow(rule)
      await consistently(
        async () => {
          assert.notEqual(readyOf(await stage.si(NAME))?.status, 'True', what)
          assert.equal(await policyOf(stage.s3, bucket), undefined, what)
        },
        { forMs: 300, everyMs: 100 },
      )
    }
    await assertRefused(bucket)
    await leave()
  })

  const hits: Readonly<Record<string, object>> = {
    'globs in every dimension': {
      namespaces: ['per*'],
      vendors: ['re*'],
      storage: ['street-*/raw/*'],
      access: ['Read'],
    },
    'the prefix above': { ...everything, storage: ['street-*/raw/'] },
  }
  for (const [what, rule] of Object.entries(hits)) {
    it(`a rule with ${what} allows`, async () => {
      await allow(rule)
      await integrate()
      await stage.untilReady(NAME, 'True', 'Verified')
      await leave()
    })
  }

  it('a level of access that was not asked for before needs a rule of its own', async () => {
    await allow({ ...everything, access: ['Read'] })
    const bucket = await integrate()
    await stage.untilReady(NAME, 'True', 'Verified')
    const before = await policyOf(stage.s3, bucket)
    await stage.change(NAME, { access: 'Write' })
    await stage.untilReady(NAME, 'False', 'NotAllowed')
    assert.deepEqual(await policyOf(stage.s3, bucket), before)
    await allow(everything)
    await stage.untilReady(NAME, 'True', 'Verified')
    assert.equal((await oursIn(stage.s3, bucket)).length, 2)
    await stage.change(NAME, { access: 'Read' })
    await stage.untilReady(NAME, 'True', 'Verified')
    assert.deepEqual(await policyOf(stage.s3, bucket), before)
    await leave()
  })

  it('a label put on the namespace later lets it in, and taken off again leaves what it has', async () => {
    await allow({
      namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['lidar'] }] },
    })
    const bucket = await integrate()
    await assertRefused(bucket)
    await label('team=lidar')
    await stage.untilReady(NAME, 'True', 'Verified')
    await label('team-')
    const refused = await stage.untilReady(NAME, 'False', 'NotAllowed')
    assert.match(readyOf(refused)?.message ?? '', /applied .*stays as it is/)
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    await leave()
    assert.equal(await policyOf(stage.s3, bucket), undefined)
  })

  it('a rule withdrawn later takes nothing away and repairs nothing; deletion still revokes', async () => {
    await allow(everything)
    const bucket = await integrate()
    await stage.untilReady(NAME, 'True', 'Verified')
    await allow()
    await stage.untilReady(NAME, 'False', 'NotAllowed')
    await consistently(async () => assert.equal((await oursIn(stage.s3, bucket)).length, 1), { forMs: 1_500 })
    await leave()
    assert.equal(await policyOf(stage.s3, bucket), undefined)

    await allow(everything)
    const second = await integrate()
    await stage.untilReady(NAME, 'True', 'Verified')
    await allow()
    await stage.untilReady(NAME, 'False', 'NotAllowed')
    await deletePolicy(stage.s3, second)
    await consistently(async () => assert.equal(await policyOf(stage.s3, second), undefined), {
      forMs: 1_500,
    })
    await leave()
  })
})
