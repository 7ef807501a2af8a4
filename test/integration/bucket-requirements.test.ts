/** What vendors demand of the bucket itself: its region, versioning, Object Lock. Unmet, nothing is written anywhere. */
import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import { CreateBucketCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3'
import { uniqueName } from '../rig/shared.ts'
import { eventually } from '../rig/wait.ts'
import { reading, vendorOf, withRole } from './recipe.ts'
import { rolesOf } from './roles.ts'
import { oursIn, readyOf, setStage } from './stage.ts'

const stage = await setStage({ accountId: '300000000017' })
const { rig, s3, namespace } = stage
await stage.operator()
const iam = rolesOf(rig.aws)

/** A vendor that is granted something by bucket policy, and by a role; which demands this of the bucket. */
async function demanding(requirements: object): Promise<string> {
  const name = uniqueName('demanding')
  const { role } = withRole({
    trust: {
      statements: [{ name: 'vendor', principal: { aws: ['111122223333'] }, externalIds: ['demanding-1'] }],
    },
  }).s3
  const s3Part = { requirements, role, bucketPolicy: { statements: [reading] } }
  await rig.kubectl.apply(vendorOf(name, { s3: s3Part }))
  return name
}

async function asks(bucket: string, requirements: object, spec: object = {}): Promise<string> {
  const name = uniqueName('asks')
  const vendor = await demanding(requirements)
  await rig.kubectl.apply(stage.integration(name, bucket, { vendor, ...spec }))
  return name
}

async function rolesFor(name: string): Promise<string[]> {
  return (await iam.names()).filter((role) => role.startsWith(`mooring-${namespace}-${name}`))
}

describe('a vendor that demands something of the bucket', () => {
  it('is served when the region is one of its own, and refused, with nothing written, when it is not', async () => {
    const bucket = await stage.bucket()
    const elsewhere = ['eu-north-1', 'eu-south-1'].filter((region) => region !== rig.aws.region)
    const refused = await asks(bucket, { regions: elsewhere })
    const object = await stage.untilReady(refused, 'False', 'InvalidSpec')
    const said = `in region ${rig.aws.region}, and this vendor accepts only ${elsewhere.join(', ')}`
    assert.ok(readyOf(object)?.message.includes(said), readyOf(object)?.message)
    assert.deepEqual([await oursIn(s3, bucket), await rolesFor(refused)], [[], []])
    const served = await asks(bucket, { regions: [rig.aws.region], excludedRegions: elsewhere })
    await stage.untilReady(served, 'True')
    assert.deepEqual([(await oursIn(s3, bucket)).length, (await rolesFor(served)).length], [1, 1])
    await stage.leave(refused, served)
  })

  it('waits for versioning, gets its access when it is on, and keeps it when it is turned off again', async () => {
    const bucket = await stage.bucket()
    const name = await asks(bucket, { versioning: 'Enabled' })
    const object = await stage.untilReady(name, 'False', 'RequirementNotMet')
    assert.match(readyOf(object)?.message ?? '', /put-bucket-versioning/)
    assert.deepEqual([await oursIn(s3, bucket), await rolesFor(name)], [[], []])
    await turn('Enabled', bucket)
    await stage.untilReady(name, 'True')
    assert.equal((await oursIn(s3, bucket)).length, 1)
    await turn('Suspended', bucket)
    await stage.untilReady(name, 'False', 'RequirementNotMet')
    assert.deepEqual([(await oursIn(s3, bucket)).length, (await rolesFor(name)).length], [1, 1])
    await stage.leave(name)
    assert.deepEqual([await oursIn(s3, bucket), await rolesFor(name)], [[], []])
  })

  it('is refused on a bucket with Object Lock, in mode Plan, too', async () => {
    const bucket = uniqueName('locked')
    await s3.send(new CreateBucketCommand({ Bucket: bucket, ObjectLockEnabledForBucket: true }))
    const planned = await asks(bucket, { retention: 'Forbidden' }, { mode: 'Plan' })
    const object = await stage.untilReady(planned, 'False', 'RequirementNotMet')
    assert.match(readyOf(object)?.message ?? '', /has Object Lock/)
    await eventually(async () => assert.deepEqual((await stage.si(planned)).status?.plan?.changes, []))
    const open = await asks(await stage.bucket(), { retention: 'Forbidden', versioning: 'Disabled' })
    await stage.untilReady(open, 'True')
    await stage.leave(planned, open)
  })
})

async function turn(Status: 'Enabled' | 'Suspended', Bucket: string): Promise<void> {
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }))
}
