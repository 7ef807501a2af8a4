/** How Mooring comes into an account: by a role of it, not at all where it is the wrong one, and by keys that change. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import type { Operator } from '../rig/operator.ts'
import { ministackAccount } from '../rig/rig.ts'
import { ministack, uniqueAccountId } from '../rig/shared.ts'
import { consistently, eventually, Hopeless } from '../rig/wait.ts'
import { type Customer, filledBucket, newCustomer } from './customer.ts'
import { cloudCalls } from './metrics.ts'
import { pageAssumeRole, pagePermissions } from './page-permissions.ts'
import { rolesOf } from './roles.ts'
import { allow, documentOf, type Keys, type Somebody, somebody } from './somebody.ts'
import { policyOf, readyOf, type Stage, setStage } from './stage.ts'

describe('an account of the cloud', () => {
  let stage: Stage
  let operator: Operator

  before(async () => {
    const { endpoint } = await ministack()
    stage = await setStage(ministackAccount(endpoint, uniqueAccountId()))
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '1s' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  const root = (accountId: string) => somebody(ministackAccount(stage.rig.aws.endpoint, accountId))
  const page = (accountId: string) => pagePermissions(accountId, 'street-*')
  const namesOfRoles = (who: Somebody) => rolesOf(who.aws).names()
  const message = async (name: string) => readyOf(await stage.si(name))?.message ?? ''
  const accountNow = (name: string) => stage.rig.kubectl.get('cloudaccount', name)
  const untilAccount = (name: string, reason: string) =>
    eventually(async () => {
      const now = await accountNow(name)
      const { reason: found, observedGeneration } = readyOf(now) ?? {}
      assert.deepEqual([found, observedGeneration], [reason, now.metadata.generation])
    })

  async function connect(name: string, bucket: string, account: string, vendor = 'cloudglue'): Promise<void> {
    await stage.rig.kubectl.apply(stage.integration(name, bucket, { account, vendor }))
  }
  async function vendorReads(name: string, bucket: string): Promise<void> {
    const { status } = await stage.untilReady(name, 'True', 'Verified')
    const { roleArn, externalId } = status?.outputs ?? {}
    const session = await root('992382634011').assume(roleArn, externalId)
    assert.equal(await session.read(bucket, 'team/a.txt'), 'team/a.txt')
  }

  describe('that is reached by a role of it', () => {
    const externalId = 'between-us'
    const sessionName = 'mooring-prod'
    let home: Customer
    let away: Somebody
    let roleArn: string
    let bucket: string

    /** The role `mooring` with the page's policies, for the user of another account. */
    before(async () => {
      home = await newCustomer(stage, 'away')
      away = root(uniqueAccountId())
      const { accountId } = away.aws
      roleArn = `arn:aws:iam::${accountId}:role/mooring`
      const trust = {
        Effect: 'Allow',
        Principal: { AWS: await home.user.somebody.whoAmI() },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': externalId, 'sts:RoleSessionName': sessionName } },
      }
      const RoleName = 'mooring'
      await away.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: documentOf([trust]) }))
      const PolicyDocument = documentOf(page(accountId))
      await away.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'page', PolicyDocument }))
      bucket = await filledBucket(away)
      await connect('remote', bucket, 'away')
    })

    const through = (assumeRole: object) =>
      home.apply({
        accountId: away.aws.accountId,
        assumeRole: { roleArn, externalId, sessionName, ...assumeRole },
      })
    const asThePageSays = () => home.user.may(...pageAssumeRole(roleArn))

    for (const [what, assumeRole, prepare] of [
      ['no permission to take it on', {}, async () => undefined],
      ['a wrong external ID', { externalId: 'guessed' }, asThePageSays],
      ['no external ID', { externalId: undefined }, asThePageSays],
      ['another session name', { sessionName: 'mooring-test' }, asThePageSays],
      ['a role that is not there', { roleArn: 'arn:aws:iam::123456789012:role/none' }, asThePageSays],
    ] as const) {
      it(`does nothing with ${what}, and says what to look at`, async () => {
        const iam = await cloudCalls(operator, { service: 'iam' })
        const refusals = () => cloudCalls(operator, { operation: 'AssumeRole', result: 'AccessDenied' })
        await through(assumeRole)
        await untilAccount('away', 'AccessDenied')
        await stage.untilReady('remote', 'False', 'AccessDenied')
        await prepare() // not earlier: the account as it was before would do with it
        const before = await refusals()
        await eventually(async () => assert.ok((await refusals()) > before + 1))
        await untilAccount('away', 'AccessDenied')
        await stage.untilReady('remote', 'False', 'AccessDenied')
        assert.match(
          await message('remote'),
          /may not take on role arn:aws:iam::\d+:role\/\w+ \(sts:AssumeRole\).* Allow sts:AssumeRole for it, and see that the role's trust policy names it and the same external ID/,
        )
        assert.equal(await cloudCalls(operator, { service: 'iam' }), iam)
        assert.deepEqual(await namesOfRoles(away), ['mooring'])
      })
    }

    it('does everything with the role, the external ID and the session name of its trust', async () => {
      await asThePageSays()
      await through({})
      await vendorReads('remote', bucket)
      await untilAccount('away', 'AccountReady')
      const { status } = await accountNow('away')
      assert.equal(status?.identity, `arn:aws:sts::${away.aws.accountId}:assumed-role/mooring/${sessionName}`)
      assert.deepEqual(await namesOfRoles(home.root), [])
      await stage.leave('remote')
      assert.deepEqual(await namesOfRoles(away), ['mooring'])
    })
  })

  describe('that is not the one of spec.aws.accountId', () => {
    it('is not touched, nor is the right one', async () => {
      const wrong = await newCustomer(stage, 'mixed-up', () => [allow('*')])
      const right = root(uniqueAccountId())
      await wrong.apply({ accountId: right.aws.accountId })
      const buckets = [await wrong.bucket(), await filledBucket(right)] as const
      const iam = await cloudCalls(operator, { service: 'iam' })
      const s3 = await cloudCalls(operator, { service: 's3' })
      await connect('wrong-role', buckets[0], 'mixed-up')
      await connect('wrong-policy', buckets[1], 'mixed-up', 'segments-ai')
      for (const name of ['wrong-role', 'wrong-policy']) {
        await stage.untilReady(name, 'False', 'WrongAccount')
        assert.match(
          await message(name),
          new RegExp(`belong to account ${wrong.accountId} .*spec.aws.accountId says ${right.aws.accountId}`),
        )
      }
      await untilAccount('mixed-up', 'WrongAccount')
      await consistently(async () => assert.equal(await cloudCalls(operator, { service: 'iam' }), iam), {
        forMs: 1_500,
      })
      assert.equal(await cloudCalls(operator, { service: 's3' }), s3)
      assert.deepEqual([await namesOfRoles(wrong.root), await namesOfRoles(right)], [[], []])
      assert.equal(await policyOf(wrong.root.s3, buckets[0]), undefined)
      assert.equal(await policyOf(right.s3, buckets[1]), undefined)
      await stage.delete('wrong-role', 'wrong-policy')
      await stage.untilReady('wrong-role', 'False', 'WrongAccount')
      await stage.change('wrong-role', { deletionPolicy: 'Retain' })
      await stage.change('wrong-policy', { deletionPolicy: 'Retain' })
      await stage.untilGone('wrong-role')
      await stage.untilGone('wrong-policy')
    })
  })

  describe('whose keys are changed', () => {
    let customer: Customer
    let bucket: string
    let keys: Keys

    before(async () => {
      customer = await newCustomer(stage, 'rotating', page)
      keys = customer.user.keys
      await customer.apply()
      bucket = await customer.bucket()
      await connect('rotated', bucket, 'rotating')
      await stage.untilReady('rotated', 'True', 'Verified')
    })

    it('is said to reject keys that are switched off, and served again with new ones by the same process', async () => {
      await customer.user.switchOff(keys)
      await stage.untilReady('rotated', 'False', 'CredentialsRejected')
      assert.match(await message('rotated'), /the access key is unknown, disabled/)
      keys = await customer.user.moreKeys()
      await customer.useKeys(keys)
      await vendorReads('rotated', bucket)
    })

    it('is served all the time when the new keys are there before the old ones end', async () => {
      const old = keys
      await customer.useKeys(await customer.user.moreKeys())
      await customer.user.switchOff(old)
      const looks = () => cloudCalls(operator, { operation: 'GetRole', result: 'ok' })
      const before = await looks()
      await eventually(async () => {
        const ready = readyOf(await stage.si('rotated'))
        if (ready?.status !== 'True') throw new Hopeless(`it is ${ready?.reason}: ${ready?.message}`)
        assert.ok((await looks()) > before + 2)
      })
      await stage.leave('rotated')
      assert.deepEqual(await namesOfRoles(customer.root), [])
    })
  })
})
