/** What strangers made: under a name that we need, or inside a role of ours. It is never touched. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { Operator } from '../rig/operator.ts'
import { uniqueAccountId } from '../rig/shared.ts'
import { fullVendor } from './full-role.ts'
import { managedPoliciesOf } from './managed-policies.ts'
import { aRole, type RoleNow, rolesOf } from './roles.ts'
import { readyOf, type Stage, setStage } from './stage.ts'

const ROLE = 'exact-role'
const POLICY = 'exact-policy'
const AWS_OWN = 'arn:aws:iam::aws:policy/AWSBillingReadOnlyAccess'
// biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of a recipe
const BUCKET = 'arn:${partition}:s3:::${bucket}'
const theirs = { Sid: 'Theirs', Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: ['*'] }

describe('what strangers made', () => {
  let stage: Stage
  let operator: Operator
  let roles: ReturnType<typeof rolesOf>
  let policies: ReturnType<typeof managedPoliciesOf>

  before(async () => {
    stage = await setStage({ accountId: uniqueAccountId() })
    roles = rolesOf(stage.rig.aws)
    policies = managedPoliciesOf(stage.rig.aws)
    const statements = [{ name: 'list', actions: ['s3:ListBucket'], resources: [BUCKET] }]
    const customerPolicies = [{ name: 'access', policyName: POLICY, statements }]
    await stage.rig.kubectl.apply(fullVendor('exact', { name: { exact: ROLE }, customerPolicies }))
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '1s' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  const connect = async (name: string) =>
    stage.rig.kubectl.apply(stage.integration(name, await stage.bucket(), { vendor: 'exact' }))
  const message = async (name: string) => readyOf(await stage.si(name))?.message ?? ''
  async function role(): Promise<RoleNow> {
    const found = await roles.read(ROLE)
    assert.ok(found, 'the role is not there')
    return found
  }
  const assertNothingLeft = async () =>
    assert.deepEqual([await roles.names(), await policies.arns()], [[], []])

  it('a role of that name is a conflict until its owner takes it away', async () => {
    await roles.create(aRole(ROLE, { description: 'theirs', tags: { team: 'maps' } }))
    const before = await role()
    await connect('waits')
    await stage.untilReady('waits', 'False', 'Conflict')
    assert.match(await message('waits'), /somebody else made a role of this name, so it is not touched/)
    assert.deepEqual([await role(), await policies.arns()], [before, []])
    await roles.remove(ROLE)
    await stage.untilReady('waits', 'True', 'Verified')
    await stage.leave('waits')
    await assertNothingLeft()
  })

  it('a policy of that name is a conflict; what was made without it goes with the integration', async () => {
    const arn = await policies.create(POLICY, [theirs])
    const before = await policies.read(arn)
    await connect('half')
    await stage.untilReady('half', 'False', 'Conflict')
    assert.match(
      await message('half'),
      /somebody else made the managed policy .*exact-policy, so it is not touched/,
    )
    assert.deepEqual((await role()).attached, {})
    await stage.leave('half')
    assert.deepEqual([await roles.names(), await policies.read(arn)], [[], before])
    await connect('half')
    await stage.untilReady('half', 'False', 'Conflict')
    await policies.remove(arn)
    await stage.untilReady('half', 'True', 'Verified')
    assert.deepEqual(Object.keys((await role()).attached), [arn])
    await stage.leave('half')
    await assertNothingLeft()
  })

  describe('in a role of ours', () => {
    before(async () => {
      await connect('host')
      await stage.untilReady('host', 'True', 'Verified')
      const { trust } = await role()
      await roles.tag(ROLE, { team: 'maps' })
      await roles.putInline(ROLE, 'theirs', [theirs])
      await policies.attach(ROLE, AWS_OWN)
      await roles.putTrust(ROLE, [...trust, { ...trust[0], Sid: 'Theirs', Condition: undefined }])
    })

    it('that denies what is granted is told, and stands', async () => {
      const { trust } = await role()
      const denial = { Sid: 'Stop', Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole' }
      await roles.putTrust(ROLE, [...trust, denial])
      await stage.untilReady('host', 'False', 'GrantDefeated')
      assert.match(
        await message('host'),
        /statement "Stop" of the role’s trust policy denies .* all that is granted/,
      )
      await roles.putTrust(ROLE, trust)
      await stage.untilReady('host', 'True', 'Verified')
      await roles.putInline(ROLE, 'stop', [{ Sid: 'Stop', Effect: 'Deny', Action: 's3:*', Resource: '*' }])
      await stage.untilReady('host', 'False', 'GrantDefeated')
      assert.match(await message('host'), /statement "Stop" of the role’s own policies denies/)
      await roles.removeInline(ROLE, 'stop')
      await stage.untilReady('host', 'True', 'Verified')
      const { checks } = (await stage.si('host')).status ?? {}
      const told = JSON.stringify(checks)
      assert.match(told, /somebody else’s statement lets others assume the role: .*Theirs/)
    })

    it('stays through changes of ours', async () => {
      await connect('second')
      await stage.untilReady('second', 'True', 'Verified')
      await stage.leave('second')
      await assertTheirs()
    })

    it('stays when the last integration goes, in a role that is ours no more', async () => {
      await stage.leave('host')
      const { trust, attached, inline } = await role()
      assert.deepEqual(
        trust.map(({ Sid }) => Sid),
        ['Theirs'],
      )
      assert.deepEqual([attached, inline], [{ [AWS_OWN]: undefined }, { theirs: [theirs] }])
      assert.deepEqual((await role()).tags, { team: 'maps' })
      assert.deepEqual(await policies.arns(), [])
    })

    it('is ours again by the tag that the conflict names, and their parts stay theirs', async () => {
      const before = await role()
      await connect('heir')
      await stage.untilReady('heir', 'False', 'Conflict')
      const [, tag = '', value = ''] =
        /tag it (mooring\.dev\/installation)=([0-9a-f]{8})/.exec(await message('heir')) ?? []
      assert.deepEqual(await role(), before)
      await roles.tag(ROLE, { [tag]: value })
      await stage.untilReady('heir', 'True')
      await assertTheirs()
      assert.deepEqual(
        (await role()).trust.map(({ Sid }) => Sid),
        ['Theirs', 'MooringVendor'],
      )
      await stage.leave('heir')
      assert.deepEqual(await role(), before)
    })

    it('without a trust of theirs leaves the role closed', async () => {
      await roles.tag(ROLE, { 'mooring.dev/installation': await installation() })
      await connect('last')
      await stage.untilReady('last', 'True')
      const { trust } = await role()
      await roles.putTrust(ROLE, trust.slice(1))
      await stage.leave('last')
      const left = await role()
      assert.deepEqual(
        left.trust.map(({ Sid, Effect }) => [Sid, Effect]),
        [['MooringClosed', 'Deny']],
      )
      assert.deepEqual([left.inline, left.tags], [{ theirs: [theirs] }, { team: 'maps' }])
    })

    async function assertTheirs(): Promise<void> {
      const { trust, attached, inline, tags } = await role()
      assert.ok(trust.some(({ Sid, Condition }) => Sid === 'Theirs' && Condition === undefined))
      assert.ok(AWS_OWN in attached)
      assert.deepEqual(inline.theirs, [theirs])
      assert.equal(tags.team, 'maps')
    }

    /** The digits of this installation, as a conflict names them. */
    async function installation(): Promise<string> {
      await connect('asks')
      await stage.untilReady('asks', 'False', 'Conflict')
      const digits = /installation=([0-9a-f]{8})/.exec(await message('asks'))?.[1] ?? ''
      await stage.leave('asks')
      return digits
    }
  })
})
