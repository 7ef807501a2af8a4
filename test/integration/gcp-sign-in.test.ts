/** The ways in which the operator signs in to Google Cloud, against a token service that checks what it is given. */
import { strict as assert } from 'node:assert'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it, type TestContext } from 'node:test'
import { FaultError } from '../../src/api/fault.ts'
import type { CloudSession } from '../../src/clouds/cloud.ts'
import type { GcpAccountSpec } from '../../src/clouds/gcp/account.ts'
import { openSession } from '../../src/clouds/index.ts'
import { type GcpAccount, gcpAccount } from '../rig/gcp.ts'
import { ask } from '../rig/gcp-clients.ts'
import type { GcpFacade } from '../rig/gcp-facade.ts'
import { makeRunFolder } from '../rig/run-folder.ts'
import { gcp, uniqueName } from '../rig/shared.ts'
import { never } from './ledger-pass.ts'

const world = {} as { cloud: GcpFacade }
before(async () => {
  world.cloud = await gcp()
})

interface Stage extends GcpAccount {
  readonly bucket: string
}

async function newStage(): Promise<Stage> {
  const account = gcpAccount(world.cloud, uniqueName('project'))
  const bucket = uniqueName('clips')
  await ask(account, 'POST', `/storage/v1/b?project=${account.projectId}`, { name: bucket })
  return { ...account, bucket }
}

type Secret = Readonly<Record<string, string>> | undefined

async function open(
  test: TestContext,
  { endpoint, projectId }: Stage,
  secret: Secret,
  more: Partial<GcpAccountSpec> = {},
): Promise<CloudSession> {
  const endpoints = { storage: endpoint, iam: endpoint, iamCredentials: endpoint }
  const hooks = { fence: () => undefined, onCall: () => undefined }
  const session = await openSession({ gcp: { projectId, endpoints, ...more } }, secret, hooks)
  test.after(() => session.close())
  return session
}

async function reads(session: CloudSession, { bucket }: Stage): Promise<void> {
  const target = { kind: 'GcsBucket', key: bucket, name: `gs://${bucket}`, bucket } as const
  const [cors] = await session.open(target).read(['Cors', 'BucketIam'], never)
  assert.deepEqual(cors?.document.entries, [])
}

function rejection(reason: string, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof FaultError, String(error))
    assert.equal(error.fault.reason, reason, error.message)
    assert.match(error.message, message)
    return true
  }
}

const keyOf = (email: string) => ({
  'credentials.json': JSON.stringify(world.cloud.serviceAccountKey(email)),
})

describe('a session with Google Cloud signs in', () => {
  it('with a key of a service account, and says when the account is gone', async (test) => {
    const stage = await newStage()
    const secret = keyOf(stage.principal)
    const session = await open(test, stage, secret)
    await reads(session, stage)
    assert.equal(await session.identity(never), stage.principal)
    world.cloud.deleteServiceAccount(stage.principal)
    await assert.rejects(
      (await open(test, stage, secret)).identity(never),
      rejection('CredentialsRejected', /invalid_grant/),
    )
  })

  it('as another service account, where it may', async (test) => {
    const stage = await newStage()
    const email = `helper@${stage.projectId}.iam.gserviceaccount.com`
    const account = { impersonateServiceAccount: stage.principal }
    const helper = await open(test, stage, keyOf(email), account)
    await assert.rejects(
      helper.identity(never),
      rejection('AccessDenied', /iam\.serviceAccounts\.getAccessToken/),
    )
    world.cloud.allowImpersonation(email, stage.principal)
    await reads(helper, stage)
    assert.equal(await helper.identity(never), stage.principal)
  })

  it('with a token of its cluster (workload identity federation)', async (test) => {
    const stage = await newStage()
    const pool = 'projects/123456789012/locations/global/workloadIdentityPools/pool'
    const subject = 'system:serviceaccount:mooring-system:mooring'
    const principal = `principal://iam.googleapis.com/${pool}/subject/${subject}`
    world.cloud.allow(principal, stage.projectId, 'everything')
    const file = join(makeRunFolder('workload'), 'token')
    await writeFile(file, `e30.${Buffer.from(JSON.stringify({ sub: subject })).toString('base64url')}.x`)
    const audience = `//iam.googleapis.com/${pool}/providers/cluster`
    const config = {
      type: 'external_account',
      audience,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${stage.endpoint}/v1/token`,
      credential_source: { file },
    }
    const secret = { 'credentials.json': JSON.stringify(config) }
    const session = await open(test, stage, secret)
    await reads(session, stage)
    assert.equal(await session.identity(never), `a workload of ${audience}`)

    const lost = { ...config, credential_source: { file: `${file}-gone` } }
    await assert.rejects(
      reads(await open(test, stage, { 'credentials.json': JSON.stringify(lost) }), stage),
      rejection('CredentialsRejected', /ENOENT|cannot be read/),
    )
  })

  it('with the ambient identity of its pod, from the metadata server', async (test) => {
    const stage = await newStage()
    const { GCE_METADATA_HOST, METADATA_SERVER_DETECTION } = process.env
    test.after(() => {
      world.cloud.setMetadataAccount(undefined)
      restore({ GCE_METADATA_HOST, METADATA_SERVER_DETECTION })
    })
    process.env.GCE_METADATA_HOST = new URL(stage.endpoint).host
    process.env.METADATA_SERVER_DETECTION = 'assume-present'
    world.cloud.setMetadataAccount(stage.principal)
    const session = await open(test, stage, undefined)
    await reads(session, stage)
    assert.equal(await session.identity(never), stage.principal)
  })

  it('with a token of the Secret, and says when it has ended', async (test) => {
    const stage = await newStage()
    await reads(await open(test, stage, { accessToken: stage.accessToken }), stage)
    const ended = world.cloud.token({ principal: stage.principal, seconds: -1 })
    await assert.rejects(
      reads(await open(test, stage, { accessToken: ended }), stage),
      rejection('CredentialsRejected', /rejects the credentials/),
    )
  })
})

function restore(before: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}
