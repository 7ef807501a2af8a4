/** That the permissions of docs/gcp-permissions.md are what Mooring needs, all of it and no more. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, it, type TestContext } from 'node:test'
import { parse } from 'yaml'
import { FaultError } from '../../src/api/fault.ts'
import type { TargetDriver } from '../../src/clouds/cloud.ts'
import { type GcpOperation, OPERATIONS, permissionOf } from '../../src/clouds/gcp/gcp-operation.ts'
import { openSession } from '../../src/clouds/index.ts'
import type { DocumentName } from '../../src/plan/document.ts'
import { installationTag } from '../../src/plan/mark.ts'
import type { Participant } from '../../src/plan/plan-target.ts'
import { repository } from '../rig/cache.ts'
import { type GcpAccount, gcpAccount } from '../rig/gcp.ts'
import { ask } from '../rig/gcp-clients.ts'
import type { GcpFacade } from '../rig/gcp-facade.ts'
import { gcp, uniqueName } from '../rig/shared.ts'
import { INSTALLATION, LedgerPass } from './ledger-pass.ts'

const page = readFileSync(join(repository, 'docs/gcp-permissions.md'), 'utf8')
const permissions = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].flatMap(
  ([, text = '']): string[] => parse(text).includedPermissions,
)
/** Of signing in; the page has it in a table. */
const ELSEWHERE = ['iam.serviceAccounts.getAccessToken']

const world = {} as { cloud: GcpFacade }
before(async () => {
  world.cloud = await gcp()
})

/** Everything that Mooring does at a bucket and a role, by somebody who has these permissions. */
async function everything(test: TestContext, granted: readonly string[]): Promise<void> {
  const owner = gcpAccount(world.cloud, uniqueName('project'), { isUnpaced: true })
  const { endpoint, projectId } = owner
  const bucket = uniqueName('clips')
  await ask(owner, 'POST', `/storage/v1/b?project=${projectId}`, { name: bucket })
  const principal = `mooring@${projectId}.iam.gserviceaccount.com`
  world.cloud.allow(principal, projectId, [...granted])
  const accessToken = world.cloud.token({ principal })
  const endpoints = { storage: endpoint, iam: endpoint, iamCredentials: endpoint }
  const hooks = { fence: () => undefined, onCall: () => undefined }
  const session = await openSession({ gcp: { projectId, endpoints } }, { accessToken }, hooks)
  test.after(() => session.close())

  const name = `projects/${projectId}/roles/reads`
  const role = { kind: 'CustomRole', key: name, name, projectId, roleId: 'reads' } as const
  const clips = { kind: 'GcsBucket', key: bucket, name: `gs://${bucket}`, bucket } as const
  await throughRole(owner, session.open(role), new LedgerPass(role, ['CustomRole']), name)
  await throughBucket(session.open(clips), clips)
}

async function throughRole(
  owner: GcpAccount,
  driver: TargetDriver,
  pass: LedgerPass,
  name: string,
): Promise<void> {
  const description = `x [mooring:${installationTag(INSTALLATION, name)}]`
  const wants = (title: string) => [
    participant(
      'CustomRole',
      { in: 'Role' },
      { in: 'Texts', title, description },
      { in: 'Permission', permission: 'storage.objects.get' },
    ),
  ]
  await pass.run(driver, wants('one'))
  await pass.run(driver, wants('two'))
  await ask(owner, 'DELETE', `/v1/${name}`)
  await pass.run(driver, wants('two'))
  await pass.run(driver, [leaving])
}

async function throughBucket(
  driver: TargetDriver,
  target: ConstructorParameters<typeof LedgerPass>[0],
): Promise<void> {
  const member = 'serviceAccount:reader@vendor.iam.gserviceaccount.com'
  const pass = (name: DocumentName, part: unknown) =>
    new LedgerPass(target, [name]).run(driver, [participant(name, part)])
  await pass('BucketIam', { role: 'roles/storage.objectViewer', member })
  await pass('Cors', { origin: ['https://a.example'], method: ['GET'] })
}

function participant(document: DocumentName, ...parts: readonly unknown[]): Participant {
  const entries = parts.map((part, n) => ({ document, name: `e${n}`, body: { part } }))
  return { owner: 'a/x', stance: 'Wants', entries }
}

const leaving: Participant = { owner: 'a/x', stance: 'Leaves', entries: [] }

describe('the permissions of docs/gcp-permissions.md', () => {
  it('are those of the requests that the code makes', () => {
    const operations = Object.keys(OPERATIONS) as GcpOperation[]
    const needed = operations.flatMap((operation) => permissionOf(operation) ?? [])
    assert.deepEqual([...permissions, ...ELSEWHERE].sort(), [...new Set(needed)].sort())
    for (const permission of needed) assert.ok(page.includes(`\`${permission}\``), permission)
  })

  it('are enough for all that is done', (test) => everything(test, permissions))

  for (const missing of permissions) {
    it(`have none too many: without ${missing} it is named`, async (test) => {
      const left = permissions.filter((permission) => permission !== missing)
      await assert.rejects(everything(test, left), (error) => {
        assert.ok(error instanceof FaultError, String(error))
        assert.equal(error.fault.reason, 'AccessDenied')
        assert.ok(error.message.includes(missing), error.message)
        return true
      })
    })
  }
})
