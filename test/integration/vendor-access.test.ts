/** What vendors can do with what Mooring makes for them, tried with their own accounts in an AWS that enforces policies. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { Operator } from '../rig/operator.ts'
import { ministackAccount } from '../rig/rig.ts'
import { ministack, uniqueAccountId } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { externalIdParameter, reading, roleOutputs, vendorOf, withRole, withStatements } from './recipe.ts'
import { rolesOf } from './roles.ts'
import { allow, assertRefused, inRole, type Somebody, somebody } from './somebody.ts'
import { account, conditionOf, policyOf, readyOf, type Stage, setStage } from './stage.ts'

const CLOUDGLUE = '992382634011'
const DATASAUR = '682361690817'
const SCALE_AI = '307185671274'
const SEGMENT = '595280932656'
const TRANSFER = 'cloudglue-external-transfer'

/** An integration that is ready, and how its vendor comes in. */
interface Connected {
  readonly bucket: string
  readonly roleArn: string
  readonly externalId: string
}

describe('vendors at the cloud', () => {
  let stage: Stage
  let operator: Operator
  let endpoint: string
  let customer: Somebody
  let stranger: Somebody

  const root = (accountId: string) => somebody(ministackAccount(endpoint, accountId))

  before(async () => {
    endpoint = (await ministack()).endpoint
    stage = await setStage(ministackAccount(endpoint, uniqueAccountId()))
    customer = somebody(stage.rig.aws)
    stranger = root(uniqueAccountId())
    await stage.rig.kubectl.apply(account(stage.rig, { requestsPerSecond: 500 }))
    operator = await stage.operator({ MOORING_LEADER_ELECTION: 'false', MOORING_RESYNC: '1s' })
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  /** A bucket with an object in each of two folders. */
  async function filledBucket(): Promise<string> {
    const bucket = await stage.bucket()
    await Promise.all([customer.write(bucket, 'team/a.txt'), customer.write(bucket, 'other/b.txt')])
    return bucket
  }
  async function connect(name: string, vendor: string, spec: object = {}): Promise<Connected> {
    const bucket = await filledBucket()
    const { prefix, ...rest } = spec as { prefix?: string }
    const s3 = { bucket, ...(prefix && { prefix }) }
    await stage.rig.kubectl.apply(stage.integration(name, bucket, { vendor, s3, ...rest }))
    await stage.untilReady(name, 'True', 'Verified')
    return told(name)
  }
  /** What the vendor is told, as status has it. */
  async function told(name: string): Promise<Connected> {
    const { spec, status } = await stage.si(name)
    const { roleArn, accountId, externalId } = status?.outputs ?? {}
    const { parameters = {} } = spec
    return {
      bucket: spec.s3.bucket,
      roleArn: roleArn ?? `arn:aws:iam::${accountId}:role/ScaleAI-Integration`,
      externalId: externalId ?? parameters.externalId ?? parameters.workspaceId,
    }
  }
  /** Refuses everybody who is not the vendor, and the vendor where it does not know the external ID. */
  async function assertOpenTo(vendor: Somebody, { roleArn, externalId }: Connected): Promise<Somebody> {
    await assertRefused(
      vendor.assume(roleArn, `${externalId}-`),
      vendor.assume(roleArn),
      stranger.assume(roleArn, externalId),
      customer.assume(roleArn, externalId),
    )
    return vendor.assume(roleArn, externalId)
  }
  const assertClosedTo = (vendor: Somebody, { roleArn, externalId }: Connected) =>
    assertRefused(
      vendor.assume(roleArn, externalId),
      vendor.assume(roleArn),
      customer.assume(roleArn, externalId),
    )

  const expiringAt = (ms: number) => new Date(Date.now() + ms).toISOString().replace(/\.\d+Z$/, 'Z')

  describe('Cloudglue', () => {
    let vendor: Somebody
    let first: Connected
    let second: Connected

    before(async () => {
      vendor = root(CLOUDGLUE)
      first = await connect('videos', 'cloudglue')
      second = await connect('films', 'cloudglue')
    })

    it('reads and lists the buckets of its integrations, and no other', async () => {
      const session = await assertOpenTo(vendor, first)
      assert.deepEqual(second, { ...first, bucket: second.bucket })
      for (const { bucket } of [first, second]) {
        assert.equal(await session.read(bucket, 'team/a.txt'), 'team/a.txt')
        assert.deepEqual(await session.list(bucket), ['other/b.txt', 'team/a.txt'])
      }
      const other = await filledBucket()
      await assertRefused(session.read(other, 'team/a.txt'), session.list(other))
    })

    it('writes and deletes nothing there, and can do nothing without the role', async () => {
      const session = await vendor.assume(first.roleArn, first.externalId)
      await assertRefused(
        session.write(first.bucket, 'team/new.txt'),
        session.write(first.bucket, 'team/a.txt'),
        session.remove(first.bucket, 'team/a.txt'),
        session.putPolicy(first.bucket),
        vendor.read(first.bucket, 'team/a.txt'),
        vendor.list(first.bucket),
      )
    })

    it('writes to its own transfer bucket, where its own policy lets the role', async () => {
      await vendor.makeBucket(TRANSFER)
      const anybody = { AWS: customer.aws.accountId }
      const statement = { ...allow('s3:*', `arn:aws:s3:::${TRANSFER}/*`), Principal: anybody }
      await vendor.putPolicy(TRANSFER, statement)
      const session = await vendor.assume(first.roleArn, first.externalId)
      await session.write(TRANSFER, `${first.bucket}/frames.json`)
      await assertRefused(session.read(TRANSFER, `${first.bucket}/frames.json`))
    })

    it('needs its external ID again once a stranger had opened the trust to everybody', async () => {
      const roles = rolesOf(stage.rig.aws)
      const open = {
        Sid: 'MooringVendor',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: 'sts:AssumeRole',
      }
      await roles.putTrust('cloudglue-external-s3-access-role', [open])
      await eventually(() => assertOpenTo(vendor, first))
    })

    it('loses the bucket of the integration that leaves, and the role with the last one', async () => {
      await stage.leave('videos')
      const session = await assertOpenTo(vendor, second)
      await assertRefused(session.read(first.bucket, 'team/a.txt'), session.list(first.bucket))
      assert.equal(await session.read(second.bucket, 'team/a.txt'), 'team/a.txt')
      await stage.leave('films')
      await assertClosedTo(vendor, second)
      await assertRefused(session.read(second.bucket, 'team/a.txt'))
    })

    it('has access until spec.expiresAt', async () => {
      const lent = await connect('lent', 'cloudglue', { expiresAt: expiringAt(3_600_000) })
      const session = await vendor.assume(lent.roleArn, lent.externalId)
      assert.equal(await session.read(lent.bucket, 'team/a.txt'), 'team/a.txt')
      await stage.change('lent', { expiresAt: expiringAt(1_000) })
      await stage.untilReady('lent', 'False', 'Expired')
      await assertClosedTo(vendor, lent)
      await assertRefused(session.read(lent.bucket, 'team/a.txt'))
      await stage.leave('lent')
    })
  })

  describe('Datasaur', () => {
    it('reads, writes and deletes below the prefix and nowhere else, until the integration is deleted', async () => {
      const vendor = root(DATASAUR)
      const parameters = { externalId: 'from-the-dialog' }
      const labels = await connect('labels', 'datasaur', { parameters, prefix: 'team/' })
      const { bucket } = labels
      const session = await assertOpenTo(vendor, labels)
      assert.equal(await session.read(bucket, 'team/a.txt'), 'team/a.txt')
      await session.write(bucket, 'team/temp/new.txt')
      assert.deepEqual(await session.list(bucket, 'team/'), ['team/a.txt', 'team/temp/new.txt'])
      await session.remove(bucket, 'team/temp/new.txt')
      const other = await filledBucket()
      await assertRefused(
        session.read(bucket, 'other/b.txt'),
        session.write(bucket, 'other/new.txt'),
        session.remove(bucket, 'other/b.txt'),
        session.read(other, 'team/a.txt'),
        session.write(other, 'team/new.txt'),
        session.list(other),
        session.putPolicy(bucket),
      )
      await stage.leave('labels')
      await assertClosedTo(vendor, labels)
      await assertRefused(session.read(bucket, 'team/a.txt'), session.write(bucket, 'team/new.txt'))
    })

    it('needs the new external ID from the moment that it is given', async () => {
      const vendor = root(DATASAUR)
      const old = await connect('reopened', 'datasaur', { parameters: { externalId: 'first-dialog' } })
      await stage.change('reopened', { parameters: { externalId: 'second-dialog' } })
      await stage.untilReady('reopened', 'True', 'Verified')
      await assertRefused(vendor.assume(old.roleArn, 'first-dialog'))
      await assertOpenTo(vendor, { ...old, externalId: 'second-dialog' })
      await stage.leave('reopened')
    })
  })

  describe('Scale AI', () => {
    it('reads and lists by the role of its name, writes nothing, and is shut out at the end', async () => {
      const vendor = root(SCALE_AI)
      const tasks = await connect('tasks', 'scale-ai', { parameters: { externalId: 'dashboard:42' } })
      const { bucket } = tasks
      const session = await assertOpenTo(vendor, tasks)
      assert.equal(await session.read(bucket, 'other/b.txt'), 'other/b.txt')
      assert.deepEqual(await session.list(bucket), ['other/b.txt', 'team/a.txt'])
      const other = await filledBucket()
      await assertRefused(
        session.write(bucket, 'new.txt'),
        session.remove(bucket, 'other/b.txt'),
        session.read(other, 'other/b.txt'),
        session.list(other),
      )
      await stage.leave('tasks')
      await assertClosedTo(vendor, tasks)
    })
  })

  describe('Segment', () => {
    it('writes below segment-logs/ by its one role, reads nothing, and is shut out at the end', async () => {
      const account = root(SEGMENT)
      const mayAssume = allow('sts:AssumeRole')
      const vendor = await inRole(account, 'segment-s3-integration-production-access', mayAssume)
      const colleague = await inRole(account, 'another-role-of-segment', mayAssume)
      const logs = await connect('logs', 'segment', { parameters: { workspaceId: 'workspace-7' } })
      const { bucket } = logs
      const session = await assertOpenTo(vendor, logs)
      await assertRefused(
        account.assume(logs.roleArn, logs.externalId),
        colleague.assume(logs.roleArn, logs.externalId),
      )
      await session.write(bucket, 'segment-logs/2026-11-22/events.gz')
      const other = await filledBucket()
      await assertRefused(
        session.read(bucket, 'segment-logs/2026-11-22/events.gz'),
        session.remove(bucket, 'segment-logs/2026-11-22/events.gz'),
        session.list(bucket),
        session.write(bucket, 'team/a.txt'),
        session.write(bucket, 'segment-logs.txt'),
        session.write(other, 'segment-logs/2026-11-22/events.gz'),
      )
      await stage.leave('logs')
      await assertClosedTo(vendor, logs)
    })
  })

  describe('a vendor that hands out its external ID later', () => {
    it('cannot take on the closed role, nor can anybody else, until the ID is given', async () => {
      const vendor = root('111122223333')
      const user = await inRole(customer, 'an-admin', allow('*'))
      const later = {
        parameters: [externalIdParameter({ deferred: true })],
        s3: { ...withRole().s3, outputs: roleOutputs },
      }
      await stage.rig.kubectl.apply(vendorOf('later', later))
      const bucket = await filledBucket()
      await stage.rig.kubectl.apply(stage.integration('waiting', bucket, { vendor: 'later' }))
      const { status } = await stage.untilReady('waiting', 'False', 'AwaitingVendorInput')
      const { roleArn } = status?.outputs ?? {}
      for (const who of [vendor, customer, user, stranger])
        await assertRefused(who.assume(roleArn), who.assume(roleArn, 'guessed'))
      await stage.change('waiting', { parameters: { externalId: 'from-the-vendor' } })
      await stage.untilReady('waiting', 'True', 'Verified')
      const session = await assertOpenTo(vendor, await told('waiting'))
      assert.equal(await session.read(bucket, 'team/a.txt'), 'team/a.txt')
      await stage.leave('waiting')
      await assertRefused(vendor.assume(roleArn, 'from-the-vendor'))
    })
  })

  describe('a vendor of the bucket policy', () => {
    it('reads what is granted until the integration is deleted, and a stranger’s Deny is told by its name', async () => {
      const account = uniqueAccountId()
      const vendor = await inRole(root(account), 'crawler', allow('s3:*'))
      const colleague = await inRole(root(account), 'without-rights', allow('sts:*'))
      const principal = { aws: [account] }
      await stage.rig.kubectl.apply(vendorOf('crawl', withStatements({ ...reading, principal })))
      const { bucket } = await connect('crawled', 'crawl', { prefix: 'team/' })
      const ours = (await policyOf(stage.s3, bucket))?.Statement ?? []
      assert.equal(await vendor.read(bucket, 'team/a.txt'), 'team/a.txt')
      await assertRefused(
        vendor.read(bucket, 'other/b.txt'),
        vendor.write(bucket, 'team/new.txt'),
        vendor.list(bucket),
        colleague.read(bucket, 'team/a.txt'),
        stranger.read(bucket, 'team/a.txt'),
      )

      const deny = {
        Sid: 'NobodyReads',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:GetObject',
        Resource: `arn:aws:s3:::${bucket}/team/*`,
      }
      await customer.putPolicy(bucket, ...ours, deny)
      await assertRefused(vendor.read(bucket, 'team/a.txt'))
      const defeated = await stage.untilReady('crawled', 'False', 'GrantDefeated')
      assert.match(readyOf(defeated)?.message ?? '', /NobodyReads/)
      assert.equal(conditionOf(defeated, 'AccessGranted')?.status, 'True')
      await customer.putPolicy(bucket, ...ours)
      await stage.untilReady('crawled', 'True', 'Verified')
      assert.equal(await vendor.read(bucket, 'team/a.txt'), 'team/a.txt')

      await stage.leave('crawled')
      await assertRefused(vendor.read(bucket, 'team/a.txt'))
      assert.equal(await policyOf(stage.s3, bucket), undefined)
    })
  })
})
