/** Cloudglue's page, step by step: one role of a fixed name for all buckets of the account. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { Operator } from '../rig/operator.ts'
import { eventually } from '../rig/wait.ts'
import { aRole, type RoleNow, rolesOf } from './roles.ts'
import { readyOf, type Stage, setStage } from './stage.ts'

const ROLE = 'cloudglue-external-s3-access-role'
const POLICY = 'CloudglueExternalS3AccessPolicy'

describe('Cloudglue', () => {
  let stage: Stage
  let operator: Operator
  let roles: ReturnType<typeof rolesOf>

  before(async () => {
    stage = await setStage()
    roles = rolesOf(stage.rig.aws)
    operator = await stage.operator()
  })
  after(async () => {
    await operator?.stop()
    await stage?.rig.stop()
  })

  const connect = async (name: string, bucket: string, spec: object = {}) => {
    await stage.rig.kubectl.apply(stage.integration(name, bucket, { vendor: 'cloudglue', ...spec }))
  }
  const role = async (): Promise<RoleNow> => {
    const found = await roles.read(ROLE)
    assert.ok(found, 'the role is not there')
    return found
  }
  const page = (...buckets: string[]) => [
    {
      Sid: 'AllowCrossAccountRoleReadAccess',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:ListBucket', 's3:GetBucketLocation'],
      Resource: buckets.flatMap((bucket) => [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`]),
    },
    {
      Sid: 'AllowCrossAccountRoleWriteAccess',
      Effect: 'Allow',
      Action: ['s3:PutObject'],
      Resource: ['arn:aws:s3:::cloudglue-external-transfer', 'arn:aws:s3:::cloudglue-external-transfer/*'],
    },
  ]

  it('gets the role of its page, with an external ID that nobody had to think of', async () => {
    const bucket = await stage.bucket()
    await connect('one', bucket)
    const { status } = await stage.untilReady('one', 'True', 'Verified')
    const { inline, trust, arn, description } = await role()
    assert.deepEqual(inline, { [POLICY]: page(bucket) })
    assert.equal(description, 'IAM role for Cloudglue external S3 access with cross-account permissions')
    assert.equal(trust.length, 1)
    const { Sid: _, ...statement } = trust[0] ?? {}
    const { externalId } = status?.outputs ?? {}
    assert.match(externalId, /^[0-9a-f]{32}$/)
    assert.deepEqual(statement, {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::992382634011:root' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'sts:ExternalId': externalId } },
    })
    assert.equal(status?.outputs.roleArn, arn)
    assert.equal(status?.outputs.roleName, ROLE)
    assert.match(status?.nextStep, /app\.cloudglue\.dev/)
  })

  it('reads a second bucket by the same role and external ID', async () => {
    const before = await stage.si('one')
    const bucket = await stage.bucket()
    await connect('two', bucket)
    const { status } = await stage.untilReady('two', 'True', 'Verified')
    assert.equal(status?.outputs.externalId, before.status?.outputs.externalId)
    const { inline } = await role()
    assert.deepEqual(inline[POLICY], page(before.spec.s3.bucket, bucket))
  })

  it('loses a bucket when its integration goes, and keeps the other', async () => {
    const other = (await stage.si('two')).spec.s3.bucket
    await stage.delete('one')
    await stage.untilGone('one')
    assert.deepEqual((await role()).inline[POLICY], page(other))
  })

  it('gets back what somebody took away or widened', async () => {
    const bucket = (await stage.si('two')).spec.s3.bucket
    const { externalId } = (await stage.si('two')).status?.outputs ?? {}
    await roles.putInline(ROLE, POLICY, [{ ...page(bucket)[0], Action: ['s3:*'] }])
    await roles.putTrust(ROLE, [
      {
        Sid: 'MooringVendor',
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::992382634011:root' },
        Action: 'sts:AssumeRole',
      },
    ])
    await eventually(async () => {
      const { inline, trust } = await role()
      assert.deepEqual(inline[POLICY], page(bucket))
      assert.deepEqual(trust[0]?.Condition, { StringEquals: { 'sts:ExternalId': externalId } })
    })
  })

  it('a bucket that a person added to the statement, as the page says, stays', async () => {
    const bucket = (await stage.si('two')).spec.s3.bucket
    await roles.putInline(ROLE, POLICY, page(bucket, 'added-by-hand'))
    const third = await stage.bucket()
    await connect('three', third)
    await stage.untilReady('three', 'True', 'Verified')
    assert.deepEqual((await role()).inline[POLICY], page(bucket, 'added-by-hand', third))
    await stage.delete('three')
    await stage.untilGone('three')
    assert.deepEqual((await role()).inline[POLICY], page(bucket, 'added-by-hand'))
    await roles.putInline(ROLE, POLICY, page(bucket))
  })

  it('with another external ID waits for the older integration, which is named', async () => {
    await connect('other-id', await stage.bucket(), { parameters: { externalId: 'chosen-by-us' } })
    const refused = await stage.untilReady('other-id', 'False', 'Conflict')
    assert.match(
      readyOf(refused)?.message ?? '',
      /StorageIntegration perception\/two has the role trust the vendor with another external ID/,
    )
    assert.equal((await role()).trust.length, 1)
    await stage.delete('other-id')
    await stage.untilGone('other-id')
  })

  it('goes with the last integration, role and all', async () => {
    await stage.delete('two')
    await stage.untilGone('two')
    assert.equal(await roles.read(ROLE), undefined)
  })

  it('a role of that name that somebody else made is a conflict, and not touched', async () => {
    await roles.create(aRole(ROLE, { description: 'made by hand' }))
    await connect('late', await stage.bucket())
    const refused = await stage.untilReady('late', 'False', 'Conflict')
    assert.match(readyOf(refused)?.message ?? '', /somebody else made a role of this name/)
    assert.deepEqual(await roles.read(ROLE), {
      ...(await role()),
      description: 'made by hand',
      inline: {},
      tags: {},
    })
    await stage.delete('late')
    await stage.untilGone('late')
    await roles.remove(ROLE)
  })
})
