/** Roles that somebody else changes or takes apart: each part comes back as it was. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { DeleteRolePermissionsBoundaryCommand, UpdateRoleCommand } from '@aws-sdk/client-iam'
import type { KubernetesObject } from '../rig/kubectl.ts'
import type { Operator } from '../rig/operator.ts'
import { uniqueAccountId } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { fullVendor } from './full-role.ts'
import { managedPoliciesOf } from './managed-policies.ts'
import { type RoleNow, rolesOf } from './roles.ts'
import { account, conditionOf, type Stage, setStage } from './stage.ts'

const INLINE = 'mooring-objects'
const BOUNDARY = 'arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess'

describe('a role that somebody else changes', () => {
  let stage: Stage
  let operator: Operator
  let roles: ReturnType<typeof rolesOf>
  let policies: ReturnType<typeof managedPoliciesOf>

  /** What happens to the role of this name, whose managed policy is `arn`. */
  type Deed = (role: string, arn: string, now: RoleNow) => Promise<unknown>
  const deeds: Readonly<Record<string, Deed>> = {
    'an inline policy is deleted': (role) => roles.removeInline(role, INLINE),
    'an inline policy is widened': (role, _, { inline }) =>
      roles.putInline(role, INLINE, [{ ...inline[INLINE]?.[0], Action: ['s3:*'] }]),
    'the managed policy is detached': (role, arn) => policies.detach(role, arn),
    'the managed policy is detached and deleted': async (role, arn) => {
      await policies.detach(role, arn)
      await policies.remove(arn)
    },
    'the managed policy gets a narrower version': (_, arn, { attached }) =>
      policies.replace(arn, attached[arn]?.slice(0, 1) ?? []),
    'the managed policy has had five versions since': async (_, arn, { attached }) => {
      for (let version = 2; version <= 5; version++)
        await policies.replace(arn, attached[arn]?.slice(1) ?? [])
    },
    'the trust loses its condition': (role, _, { trust }) => {
      const { Condition: __, ...open } = trust[0] ?? {}
      return roles.putTrust(role, [open])
    },
    'the trust is closed': (role, _, { trust }) => roles.putTrust(role, [{ ...trust[0], Effect: 'Deny' }]),
    'description and session duration are changed': (RoleName) =>
      roles.iam.send(new UpdateRoleCommand({ RoleName, Description: 'theirs', MaxSessionDuration: 3_600 })),
    'the boundary is taken off': (RoleName) =>
      roles.iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName })),
    'the tag with its external ID is removed': (role) => roles.untag(role, 'mooring.dev/external-id'),
    'the tag with its policies is removed': (role) => roles.untag(role, 'mooring.dev/policies'),
    'it is deleted whole': async (role, arn) => {
      await roles.removeInline(role, INLINE)
      await policies.detach(role, arn)
      await roles.remove(role)
    },
  }
  const grantedOf = (object: KubernetesObject) => conditionOf(object, 'AccessGranted')?.reason
  const nameOf = (deed: string) => deed.replaceAll(/[^a-z]+/g, '-')

  before(async () => {
    stage = await setStage({ accountId: uniqueAccountId() })
    roles = rolesOf(stage.rig.aws)
    policies = managedPoliciesOf(stage.rig.aws)
    const { aws } = account(stage.rig).spec
    const inAccount = { ...aws, rolePath: '/vendors/', permissionsBoundaryArn: BOUNDARY }
    const integrations = Object.keys(deeds).map(async (deed) =>
      stage.integration(nameOf(deed), await stage.bucket(), { vendor: 'full' }),
    )
    await stage.rig.kubectl.apply([
      account(stage.rig, { aws: inAccount, requestsPerSecond: 200 }),
      fullVendor(),
      ...(await Promise.all(integrations)),
    ])
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '1s' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  const roleNameOf = async (integration: string): Promise<string> =>
    (await stage.si(integration)).status?.outputs?.roleArn.replace(/.*\//, '')

  it('has path, boundary, description and session duration as account and vendor say', async () => {
    const [deed = ''] = Object.keys(deeds)
    await stage.untilReady(nameOf(deed), 'True', 'Verified')
    const found = await roles.read(await roleNameOf(nameOf(deed)))
    assert.ok(found)
    const { path, boundary, description, maxSessionDuration, attached } = found
    assert.deepEqual([path, boundary], ['/vendors/', BOUNDARY])
    assert.deepEqual([description, maxSessionDuration], ['For tests', 7_200])
    const [arn = ''] = Object.keys(attached)
    const policy = await policies.read(arn)
    assert.deepEqual([policy.path, policy.description], ['/vendors/', 'Made for tests'])
  })

  for (const [deed, act] of Object.entries(deeds)) {
    it(`is as before after ${deed}`, async () => {
      await stage.untilReady(nameOf(deed), 'True', 'Verified')
      const name = await roleNameOf(nameOf(deed))
      const whole = await roles.read(name)
      assert.ok(whole)
      await act(name, Object.keys(whole.attached)[0] ?? '', whole)
      await eventually(async () => assert.deepEqual(await roles.read(name), whole))
      await stage.untilReady(nameOf(deed), 'True', 'Verified')
      const { externalId } = (await stage.si(nameOf(deed))).status?.outputs ?? {}
      assert.deepEqual(whole.trust[0]?.Condition, { StringEquals: { 'sts:ExternalId': externalId } })
    })
  }

  it('goes whole, with its policy, when the integration goes', async () => {
    await stage.leave(...Object.keys(deeds).map(nameOf))
    assert.deepEqual([await roles.names(), await policies.arns()], [[], []])
  })

  it('and that has lost the tag of its integration keeps its external ID, and lets nobody in when that goes', async () => {
    await stage.rig.kubectl.apply(stage.integration('cut-off', await stage.bucket(), { vendor: 'full' }))
    const { status } = await stage.untilReady('cut-off', 'True', 'Verified')
    const name = await roleNameOf('cut-off')
    const { tags, trust } = (await roles.read(name)) ?? {}
    await roles.untag(name, ...Object.keys(tags ?? {}).filter((tag) => /\/[0-9a-f]{16}$/.test(tag)))
    await eventually(async () => assert.equal(grantedOf(await stage.si('cut-off')), 'Adopted'))
    assert.deepEqual((await roles.read(name))?.trust, trust)
    assert.deepEqual((await stage.si('cut-off')).status?.outputs, status?.outputs)
    await stage.leave('cut-off')
    const left = await roles.read(name)
    assert.ok(left?.trust.every(({ Effect }) => Effect === 'Deny'))
  })
})
