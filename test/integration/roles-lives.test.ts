/** The life of a role: planned, suspended, retained, expired, moved, and gone although what it hung on went before. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { Operator } from '../rig/operator.ts'
import { uniqueAccountId } from '../rig/shared.ts'
import { consistently, eventually } from '../rig/wait.ts'
import { fullVendor } from './full-role.ts'
import { managedPoliciesOf } from './managed-policies.ts'
import { OBJECTS, reading, trusting, vendorOf, withRole } from './recipe.ts'
import { type RoleNow, rolesOf } from './roles.ts'
import { account, oursIn, policyOf, type Stage, setStage } from './stage.ts'

/** Longer than a resync. */
const A_WHILE = { forMs: 2_500, everyMs: 200 }

describe('the life of a role', () => {
  let stage: Stage
  let operator: Operator
  let roles: ReturnType<typeof rolesOf>
  let policies: ReturnType<typeof managedPoliciesOf>

  const settings = { MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '1s' }
  before(async () => {
    stage = await setStage({ accountId: uniqueAccountId() })
    roles = rolesOf(stage.rig.aws)
    policies = managedPoliciesOf(stage.rig.aws)
    await stage.rig.kubectl.apply(fullVendor())
    operator = await stage.operator(settings)
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  async function connect(name: string, spec: object = {}): Promise<string> {
    const bucket = await stage.bucket()
    await stage.rig.kubectl.apply(stage.integration(name, bucket, { vendor: 'full', ...spec }))
    return bucket
  }
  async function connected(name: string, spec?: object): Promise<string> {
    const bucket = await connect(name, spec)
    await stage.untilReady(name, 'True', 'Verified')
    return bucket
  }
  /** The one role of the account. */
  async function role(): Promise<RoleNow> {
    const [name = '', ...more] = await roles.names()
    assert.deepEqual(more, [])
    const found = await roles.read(name)
    assert.ok(found, 'there is no role')
    return found
  }
  const nameOf = ({ arn }: RoleNow) => arn.replace(/.*\//, '')
  const assertNothingLeft = async () =>
    assert.deepEqual([await roles.names(), await policies.arns()], [[], []])
  const inSeconds = (seconds: number) =>
    new Date(Date.now() + seconds * 1_000).toISOString().replace(/\.\d+Z/, 'Z')

  it('in mode Plan shows its parts and makes nothing, until Enforce', async () => {
    const bucket = await connect('planned', { mode: 'Plan' })
    const { status } = await stage.untilReady('planned', 'False', 'Planned')
    const changes: { action: string; document: string; target: string; summary: string }[] =
      status?.plan.changes
    assert.ok(changes.every(({ action, document }) => action === 'Add' && document === 'IAM role'))
    const summaries = changes.map(({ summary }) => summary)
    for (const part of [
      /^role with path \/ and sessions of at most 7200 seconds$/,
      /^trust: Allow sts:AssumeRole to arn:aws:iam::111122223333:root$/,
      new RegExp(`^mooring-objects: Allow s3:GetObject on arn:aws:s3:::${bucket}/\\*$`),
      new RegExp(`-access: Allow s3:ListBucket on arn:aws:s3:::${bucket}$`),
      /^attached arn:aws:iam::\d+:policy\/mooring-perception-planned-[0-9a-f]{8}-access$/,
    ])
      assert.ok(
        summaries.some((summary) => part.test(summary)),
        `${part} in ${summaries.join('\n')}`,
      )
    assert.match(status?.outputs.roleArn, /:role\/mooring-perception-planned-[0-9a-f]{8}$/)
    await consistently(assertNothingLeft, A_WHILE)
    await stage.change('planned', { mode: 'Enforce' })
    const ready = await stage.untilReady('planned', 'True', 'Verified')
    assert.equal(ready.status?.outputs.roleArn, status?.outputs.roleArn)
    assert.equal((await role()).arn, status?.outputs.roleArn)
  })

  it('back in mode Plan shows drift and repairs nothing', async () => {
    const whole = await role()
    await stage.change('planned', { mode: 'Plan' })
    await stage.untilReady('planned', 'False', 'Planned')
    await roles.removeInline(nameOf(whole), 'mooring-objects')
    await eventually(async () => assert.equal((await stage.si('planned')).status?.plan.changes.length, 1))
    assert.deepEqual((await role()).inline, {})
    await stage.change('planned', { mode: 'Enforce' })
    await stage.untilReady('planned', 'True', 'Verified')
    assert.deepEqual(await role(), whole)
    await stage.leave('planned')
    await assertNothingLeft()
  })

  it('suspended stays as it is, and goes when the suspended integration is deleted', async () => {
    await connected('asleep')
    const { inline: _, ...rest } = await role()
    await stage.change('asleep', { suspend: true })
    await stage.untilReady('asleep', 'Unknown', 'Suspended')
    await roles.removeInline(nameOf(await role()), 'mooring-objects')
    await consistently(async () => assert.deepEqual(await role(), { ...rest, inline: {} }), A_WHILE)
    await stage.leave('asleep')
    await assertNothingLeft()
  })

  it('expired goes; renewed it is there again under the same name', async () => {
    await connected('guest', { expiresAt: inSeconds(3_600) })
    const before = await role()
    await stage.change('guest', { expiresAt: inSeconds(-1) })
    await stage.untilReady('guest', 'False', 'Expired')
    await assertNothingLeft()
    await stage.change('guest', { expiresAt: inSeconds(3_600) })
    await stage.untilReady('guest', 'True', 'Verified')
    assert.equal((await role()).arn, before.arn)
    const { externalId } = (await stage.si('guest')).status?.outputs ?? {}
    assert.deepEqual((await role()).trust[0]?.Condition, { StringEquals: { 'sts:ExternalId': externalId } })
    await stage.leave('guest')
    await assertNothingLeft()
  })

  it('retained stays when its integration goes, is counted, and is taken on again with its external ID', async () => {
    await connected('kept', { deletionPolicy: 'Retain' })
    const before = await role()
    await stage.leave('kept')
    assert.deepEqual(await role(), before)
    await eventually(async () => {
      const { status } = await stage.rig.kubectl.get('cloudaccount', 'aws-test')
      assert.ok(status.orphans?.count > 0, JSON.stringify(status.orphans))
      assert.match(status.orphans.entries[0], /:role\/mooring-perception-kept-/)
    })
    await connected('kept')
    assert.equal((await role()).arn, before.arn)
    assert.deepEqual((await role()).trust, before.trust)
    await stage.leave('kept')
    await assertNothingLeft()
  })

  it('goes although its vendor went before', async () => {
    const { spec } = fullVendor('brief')
    await stage.rig.kubectl.apply({ ...fullVendor('brief'), spec })
    await connected('widow', { vendor: 'brief' })
    await stage.rig.kubectl.delete('storagevendor', 'brief')
    await stage.untilReady('widow', 'False', 'VendorNotFound')
    const before = await role()
    await consistently(async () => assert.deepEqual(await role(), before), A_WHILE)
    await stage.leave('widow')
    await assertNothingLeft()
  })

  it('goes although its bucket went before', async () => {
    const bucket = await connected('homeless')
    await stage.removeBucket(bucket)
    await stage.untilReady('homeless', 'False', 'BucketNotFound')
    await stage.leave('homeless')
    await assertNothingLeft()
  })

  it('goes although the operator was not there when the vendor went and the integration was deleted', async () => {
    await stage.rig.kubectl.apply(fullVendor('brief'))
    await connected('late', { vendor: 'brief' })
    await operator.stop()
    await stage.rig.kubectl.delete('storagevendor', 'brief')
    await stage.delete('late')
    await stage.wipeStatus('late')
    operator = await stage.operator(settings)
    await stage.untilGone('late')
    await assertNothingLeft()
  })

  it('gives way to a bucket policy when a parameter says so, and comes back', async () => {
    const how = {
      name: 'how',
      description: 'Role or policy.',
      source: 'CustomerGiven',
      required: true,
      allowedValues: ['Role', 'Policy'],
    }
    const byRole = { when: { parameter: 'how', values: ['Role'] } }
    const vendor = vendorOf('either', {
      parameters: [how],
      s3: {
        ...withRole({ ...byRole, trust: { statements: [{ ...trusting, externalIds: ['fixed-one'] }] } }).s3,
        bucketPolicy: { statements: [{ ...reading, when: { parameter: 'how', values: ['Policy'] } }] },
      },
    })
    await stage.rig.kubectl.apply(vendor)
    const bucket = await connected('either', { vendor: 'either', parameters: { how: 'Role' } })
    assert.deepEqual([await policyOf(stage.s3, bucket), (await role()).trust.length], [undefined, 1])
    await stage.change('either', { parameters: { how: 'Policy' } })
    await stage.untilReady('either', 'True', 'Verified')
    assert.equal((await oursIn(stage.s3, bucket)).length, 1)
    await assertNothingLeft()
    await stage.change('either', { parameters: { how: 'Role' } })
    await stage.untilReady('either', 'True', 'Verified')
    assert.equal(await policyOf(stage.s3, bucket), undefined)
    await stage.leave('either')
    await assertNothingLeft()
  })

  it('moves with its vendor’s recipe from an inline to a managed policy, and to another name', async () => {
    const statements = [{ name: 'read', actions: ['s3:GetObject'], resources: [OBJECTS] }]
    await stage.rig.kubectl.apply(fullVendor('moving', { customerPolicies: undefined }))
    await connected('mover', { vendor: 'moving' })
    const before = await role()
    assert.deepEqual(Object.keys(before.inline), ['mooring-objects'])
    const managed = { customerPolicies: [{ name: 'access', statements }], inlinePolicies: undefined }
    await stage.rig.kubectl.apply(fullVendor('moving', managed))
    await eventually(async () => {
      const { arn, inline, attached, trust } = await role()
      assert.deepEqual([arn, inline, trust], [before.arn, {}, before.trust])
      assert.deepEqual(
        Object.values(attached).map((list) => list?.length),
        [1],
      )
    })
    await stage.untilReady('mover', 'True', 'Verified')
    await stage.rig.kubectl.apply(fullVendor('moving', { ...managed, name: { exact: 'moved-role' } }))
    await eventually(async () => assert.deepEqual(await roles.names(), ['moved-role']))
    await stage.untilReady('mover', 'True', 'Verified')
    assert.equal((await policies.arns()).length, 1)
    await stage.leave('mover')
    await assertNothingLeft()
  })

  it('stays where it is when its account wants roles elsewhere, and takes on a new boundary', async () => {
    await connected('settled')
    const before = await role()
    const { aws } = account(stage.rig).spec
    const permissionsBoundaryArn = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'
    await stage.rig.kubectl.apply(
      account(stage.rig, { aws: { ...aws, rolePath: '/vendors/', permissionsBoundaryArn } }),
    )
    await eventually(async () =>
      assert.deepEqual(await role(), { ...before, boundary: permissionsBoundaryArn }),
    )
    const { status } = await stage.untilReady('settled', 'True', 'Verified')
    assert.equal(status?.outputs.roleArn, before.arn)
    await stage.leave('settled')
    await assertNothingLeft()
  })
})
