/**
 * The demo's second part: a role that a vendor takes on. It runs against ministack, an AWS that enforces policies, so that
 * the vendor's own account can try what it may do.
 */
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { rolesOf } from '../integration/roles.ts'
import type { Statement } from '../integration/stage.ts'
import { startMinistack } from '../rig/ministack.ts'
import { type Aws, ministackAccount } from '../rig/rig.ts'
import { makeRunFolder } from '../rig/run-folder.ts'
import { manifests } from './manifests.ts'
import type { Narrator } from './narrator.ts'

const OURS = '210987654321'
/** Cloudglue's, as its page says. */
const VENDORS = '992382634011'
const ROLE = 'cloudglue-external-s3-access-role'

interface RoleScene {
  readonly tell: Narrator
  readonly aws: Aws
  readonly vendor: Aws
  readonly roles: ReturnType<typeof rolesOf>
}

/** Grants two buckets to Cloudglue by its one role, lets Cloudglue's account try it, and takes it away. */
export async function showRole(tell: Narrator): Promise<void> {
  const ministack = await startMinistack(makeRunFolder('ministack'))
  try {
    const aws = ministackAccount(ministack.endpoint, OURS)
    const scene = { tell, aws, vendor: ministackAccount(ministack.endpoint, VENDORS), roles: rolesOf(aws) }
    await fill(aws)
    await grantRole(scene)
    await tryRole(scene)
    await shareRole(scene)
    await revokeRole(scene)
  } finally {
    await ministack.stop()
  }
}

async function fill(aws: Aws): Promise<void> {
  const s3 = new S3Client({ ...aws, forcePathStyle: true })
  for (const Bucket of ['clips', 'frames']) {
    await s3.send(new CreateBucketCommand({ Bucket }))
    await s3.send(new PutObjectCommand({ Bucket, Key: '1.mp4', Body: `the first of ${Bucket}` }))
  }
}

async function grantRole({ tell, aws, roles }: RoleScene): Promise<void> {
  tell.chapter(
    'A vendor that takes on a role',
    'Cloudglue demands one role of a fixed name for all buckets, and an external ID that the customer makes up.',
  )
  await tell.apply('roles-account.yaml', manifests.rolesAccount(aws))
  await tell.apply('clips.yaml', manifests.cloudglue('clips'))
  await ready(tell, 'clips')
  const role = await roles.read(ROLE)
  tell.show(`trust of ${ROLE}`, JSON.stringify(role?.trust, null, 2))
  tell.show('its inline policies', JSON.stringify(role?.inline, null, 2))
  tell.show('its tags: which integration wants which part', JSON.stringify(role?.tags, null, 2))
  await tell.kubectl(
    'get',
    'si/clips',
    '-n',
    'perception',
    '-o',
    'jsonpath={.status.outputs}{"\\n"}{.status.nextStep}{"\\n"}',
  )
}

async function tryRole({ tell, aws, vendor, roles }: RoleScene): Promise<void> {
  tell.chapter('Cloudglue tries it', `Requests of account ${VENDORS}, against an AWS that enforces IAM.`)
  const externalId = externalIdIn((await roles.read(ROLE))?.trust ?? [])
  const stranger = ministackAccount(aws.endpoint, '555566667777')
  tell.expect(
    'with the external ID it reads s3://clips/1.mp4',
    (await readAs(vendor, externalId, 'clips')) === 'the first of clips',
  )
  tell.expect(
    'with it, s3://frames/1.mp4 is refused',
    (await readAs(vendor, externalId, 'frames')) === 'AccessDenied',
  )
  tell.expect(
    'with another external ID it is refused',
    (await readAs(vendor, 'guessed', 'clips')) === 'AccessDenied',
  )
  tell.expect('without one it is refused', (await readAs(vendor, undefined, 'clips')) === 'AccessDenied')
  tell.expect(
    'another account is refused, external ID and all',
    (await readAs(stranger, externalId, 'clips')) === 'AccessDenied',
  )
}

async function shareRole({ tell, vendor, roles }: RoleScene): Promise<void> {
  tell.chapter(
    'A second bucket',
    'Another integration adds its bucket to the same role; the external ID stays.',
  )
  const before = externalIdIn((await roles.read(ROLE))?.trust ?? [])
  await tell.apply('frames.yaml', manifests.cloudglue('frames'))
  await ready(tell, 'frames')
  const role = await roles.read(ROLE)
  tell.show('its inline policies', JSON.stringify(role?.inline, null, 2))
  tell.expect('the external ID is the same', externalIdIn(role?.trust ?? []) === before)
  tell.expect(
    'Cloudglue reads s3://frames/1.mp4',
    (await readAs(vendor, before, 'frames')) === 'the first of frames',
  )
}

async function revokeRole({ tell, vendor, roles }: RoleScene): Promise<void> {
  tell.chapter(
    'One leaves, then the last',
    'The bucket of the one that goes is taken out; with the last one the role goes.',
  )
  const externalId = externalIdIn((await roles.read(ROLE))?.trust ?? [])
  await tell.kubectl('delete', 'si/clips', '-n', 'perception')
  tell.expect('s3://clips is refused now', (await readAs(vendor, externalId, 'clips')) === 'AccessDenied')
  tell.expect(
    's3://frames can still be read',
    (await readAs(vendor, externalId, 'frames')) === 'the first of frames',
  )
  await tell.kubectl('delete', 'si/frames', '-n', 'perception')
  tell.expect('the role is gone', (await roles.read(ROLE)) === undefined)
}

async function ready(tell: Narrator, name: string): Promise<void> {
  await tell.kubectl('wait', `si/${name}`, '-n', 'perception', '--for=condition=Ready', '--timeout=60s')
}

function externalIdIn([statement]: readonly Statement[]): string | undefined {
  const condition = statement?.Condition as { StringEquals?: Record<string, string> } | undefined
  return condition?.StringEquals?.['sts:ExternalId']
}

/** What an account that takes on the role reads; the error's name where it is refused. */
async function readAs(who: Aws, ExternalId: string | undefined, Bucket: string): Promise<string> {
  try {
    const { Credentials } = await new STSClient(who).send(
      new AssumeRoleCommand({
        RoleArn: `arn:aws:iam::${OURS}:role/${ROLE}`,
        RoleSessionName: 'cloudglue',
        ...(ExternalId === undefined ? {} : { ExternalId }),
      }),
    )
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
    const credentials = {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    }
    const s3 = new S3Client({ ...who, credentials, forcePathStyle: true })
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: '1.mp4' }))
    return (await Body?.transformToString()) ?? ''
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}
