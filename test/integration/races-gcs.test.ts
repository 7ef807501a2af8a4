/** Strangers write the same documents of Google Cloud while we do. It guards every write of ours: no stranger's entry is ever lost. */
import { strict as assert } from 'node:assert'
import { before, describe, it, type TestContext } from 'node:test'
import { FaultError } from '../../src/api/fault.ts'
import type { Target } from '../../src/clouds/cloud.ts'
import { openSession } from '../../src/clouds/index.ts'
import type { DocumentName } from '../../src/plan/document.ts'
import { installationTag } from '../../src/plan/mark.ts'
import type { ClaimedEntry, Participant } from '../../src/plan/plan-target.ts'
import { type GcpAccount, gcpAccount } from '../rig/gcp.ts'
import { ask } from '../rig/gcp-clients.ts'
import type { GcpFacade } from '../rig/gcp-facade.ts'
import { gcp, uniqueName } from '../rig/shared.ts'
import { INSTALLATION, LedgerPass } from './ledger-pass.ts'
import { type Contest, race, roundsOf, strangerId, strangersIn, told } from './races.ts'

const ROUNDS = roundsOf(30)
const AMBUSHES = 10
const VENDOR = 'serviceAccount:reader@vendor.iam.gserviceaccount.com'
const VIEWER = 'roles/storage.objectViewer'
/** What strangers may put into a custom role: it takes only permissions that there are. */
const PERMISSIONS = [
  'storage.objects.list',
  'storage.objects.delete',
  'storage.objects.update',
  'storage.objects.getIamPolicy',
  'storage.buckets.getIamPolicy',
  'storage.multipartUploads.create',
]

interface Ring {
  readonly contest: Contest
  /** How our write of the document is called. */
  readonly operation: string
  readonly idOf: (n: number) => string
}

describe(`two writers on Google Cloud, ${ROUNDS} rounds each`, () => {
  let cloud: GcpFacade
  before(async () => {
    cloud = await gcp()
  })

  /** Mooring keeps to one change of a bucket a second; here nobody has the time. */
  async function openAs(test: TestContext, { endpoint, projectId, accessToken }: GcpAccount) {
    const hooks = {
      fence: () => undefined,
      onCall: () => undefined,
      paceOf: () => ({ take: async () => undefined }),
    }
    const endpoints = { storage: endpoint, iam: endpoint, iamCredentials: endpoint }
    const spec = { gcp: { projectId, endpoints }, requestsPerSecond: 1_000 }
    const session = await openSession(spec, { accessToken }, hooks)
    test.after(() => session.close())
    return session
  }

  function twoOf(): { readonly me: GcpAccount; readonly stranger: GcpAccount } {
    const projectId = uniqueName('project')
    const principal = `mooring@${projectId}.iam.gserviceaccount.com`
    return {
      me: gcpAccount(cloud, projectId, { principal, isUnpaced: true }),
      stranger: gcpAccount(cloud, projectId, { isUnpaced: true }),
    }
  }

  async function bucketRing(
    test: TestContext,
    document: DocumentName,
    part: unknown,
    theirs: Theirs,
  ): Promise<Ring> {
    const { me, stranger } = twoOf()
    const bucket = uniqueName('race')
    const at = `/storage/v1/b/${bucket}`
    const iamConfiguration = { uniformBucketLevelAccess: { enabled: true } }
    await ask(stranger, 'POST', `/storage/v1/b?project=${me.projectId}`, { name: bucket, iamConfiguration })
    const name = `gs://${bucket}`
    const target: Target = { kind: 'GcsBucket', key: name, name, bucket }
    const driver = (await openAs(test, me)).open(target)
    const pass = new LedgerPass(target, [document])
    const entries: ClaimedEntry[] = [{ document, name: 'e', body: { part } as never }]
    return {
      operation: document === 'BucketIam' ? 'storage.buckets.setIamPolicy' : 'storage.buckets.patch',
      idOf: strangerId,
      contest: {
        ours: async (stance) => void (await pass.run(driver, [{ owner: 'a/x', stance, entries }])),
        isRight: async (stance) => {
          const text = JSON.stringify(await theirs.read(stranger, at))
          return text.split(theirs.ours).length - 1 === (stance === 'Wants' ? 1 : 0)
        },
        stranger: (ids, stance) => theirs.write(stranger, at, ids, stance === 'Leaves'),
        standing: async () => strangersIn(JSON.stringify(await theirs.read(stranger, at))),
      },
    }
  }

  async function customRoleRing(test: TestContext): Promise<Ring> {
    const { me, stranger } = twoOf()
    const roleId = 'mooring_race'
    const name = `projects/${me.projectId}/roles/${roleId}`
    const target: Target = { kind: 'CustomRole', key: name, name, projectId: me.projectId, roleId }
    const driver = (await openAs(test, me)).open(target)
    const pass = new LedgerPass(target, ['CustomRole'])
    const at = `/v1/${name}`
    const description = `Reads objects [mooring:${installationTag(INSTALLATION, name)}]`
    const wanting = (owner: string, permission: string): Participant => {
      const parts = [
        { in: 'Role' },
        { in: 'Texts', title: 'Race', description },
        { in: 'Permission', permission },
      ]
      const entries = parts.map((part, n) => ({
        document: 'CustomRole' as const,
        name: `p${n}`,
        body: { part },
      }))
      return { owner, stance: 'Wants', entries }
    }
    const always = wanting('a/always', 'storage.objects.get')
    const sometimes = wanting('a/sometimes', 'storage.objects.create')
    await pass.run(driver, [always])
    const now = async (): Promise<string[]> => (await ask(stranger, 'GET', at)).body.includedPermissions ?? []
    return {
      operation: 'iam.projects.roles.patch',
      idOf: (n) => PERMISSIONS[n % PERMISSIONS.length] ?? '',
      contest: {
        ours: async (stance) => {
          const other = stance === 'Wants' ? sometimes : { ...sometimes, stance, entries: [] }
          await pass.run(driver, [always, other])
        },
        isRight: async (stance) => (await now()).includes('storage.objects.create') === (stance === 'Wants'),
        stranger: async (ids, stance) => {
          const { etag, includedPermissions: before = [] } = (await ask(stranger, 'GET', at)).body
          const kept = (before as string[]).filter((permission) => !PERMISSIONS.includes(permission))
          const includedPermissions = [...kept, ...ids]
          const { status } = await ask(stranger, 'PATCH', `${at}?updateMask=includedPermissions`, {
            includedPermissions,
            ...(stance === 'Leaves' ? { etag } : {}),
          })
          return status === 200
        },
        standing: async () => (await now()).filter((permission) => PERMISSIONS.includes(permission)).sort(),
      },
    }
  }

  /** First at any moment, then again and again between our read and our write. */
  async function contested(t: TestContext, { contest, operation, idOf }: Ring): Promise<void> {
    const outcome = await race(contest, ROUNDS, idOf)
    t.diagnostic(told(outcome))
    assert.equal(outcome.strangersLost, 0)
    assert.equal(await contest.isRight('Leaves'), true)
    for (let n = 0; n < AMBUSHES; n += 1) {
      const stance = n % 2 === 0 ? 'Wants' : 'Leaves'
      const ids = [idOf(ROUNDS + n)]
      const isOurs = (seen: { operation: string; principal: string }) =>
        seen.operation === operation && seen.principal.startsWith('mooring@')
      const ambush = cloud.before(isOurs, () => contest.stranger(ids, stance))
      await assert.rejects(contest.ours(stance), (error) => {
        assert.ok(error instanceof FaultError, String(error))
        return error.fault.reason === 'LostRace'
      })
      assert.equal(ambush.runs, 1)
      assert.deepEqual(await contest.standing(), ids)
      await contest.ours(stance)
      assert.deepEqual([await contest.standing(), await contest.isRight(stance)], [ids, true])
    }
  }

  it('IAM policy of a bucket', async (t) => {
    const part = { role: VIEWER, member: VENDOR }
    await contested(t, await bucketRing(t, 'BucketIam', part, BINDINGS))
  })

  it('CORS of a bucket', async (t) => {
    const part = { origin: ['https://vendor.example'], method: ['GET'], responseHeader: ['*'] }
    await contested(t, await bucketRing(t, 'Cors', part, CORS))
  })

  it('lifecycle rules of a bucket', async (t) => {
    const part = { action: { type: 'Delete' }, condition: { age: 7, matchesPrefix: ['vendor/'] } }
    await contested(t, await bucketRing(t, 'Lifecycle', part, LIFECYCLE))
  })

  it('custom role', async (t) => {
    await contested(t, await customRoleRing(t))
  })
})

/** How a stranger reads and writes a document of a bucket: with Google's guard, or without any, as the worst of tools do. */
interface Theirs {
  /** What our entry has once. */
  readonly ours: string
  read(as: GcpAccount, at: string): Promise<unknown>
  write(as: GcpAccount, at: string, ids: readonly string[], isGuarded: boolean): Promise<boolean>
}

const isTheirs = (entry: unknown) => JSON.stringify(entry).includes('stranger')

const BINDINGS: Theirs = {
  ours: VENDOR,
  read: async (as, at) => (await ask(as, 'GET', `${at}/iam?optionsRequestedPolicyVersion=3`)).body.bindings,
  write: async (as, at, ids, isGuarded) => {
    const { bindings = [], etag } = (await ask(as, 'GET', `${at}/iam?optionsRequestedPolicyVersion=3`)).body
    const members = ids.map((id) => `user:${id}@example.com`)
    const theirs = members.length === 0 ? [] : [{ role: 'roles/storage.objectCreator', members }]
    const kept = (bindings as object[]).filter((binding) => !isTheirs(binding))
    return (
      (
        await ask(as, 'PUT', `${at}/iam`, {
          version: 3,
          bindings: [...kept, ...theirs],
          ...(isGuarded ? { etag } : {}),
        })
      ).status === 200
    )
  },
}

const CORS: Theirs = {
  ours: 'https://vendor.example',
  read: async (as, at) => (await ask(as, 'GET', at)).body.cors ?? [],
  write: async (as, at, ids, isGuarded) => {
    const { cors = [], metageneration } = (await ask(as, 'GET', at)).body
    const kept = (cors as object[]).filter((rule) => !isTheirs(rule))
    const theirs = ids.map((id) => ({ origin: [`https://${id}.example`], method: ['PUT'], maxAgeSeconds: 5 }))
    return (
      (await ask(as, 'PATCH', guarded(at, isGuarded, metageneration), { cors: [...kept, ...theirs] }))
        .status === 200
    )
  },
}

const LIFECYCLE: Theirs = {
  ours: 'vendor/',
  read: async (as, at) => (await ask(as, 'GET', at)).body.lifecycle?.rule ?? [],
  write: async (as, at, ids, isGuarded) => {
    const { lifecycle, metageneration } = (await ask(as, 'GET', at)).body
    const kept = ((lifecycle?.rule ?? []) as object[]).filter((rule) => !isTheirs(rule))
    const theirs = ids.map((id) => ({
      action: { type: 'Delete' },
      condition: { age: 30, matchesPrefix: [`${id}/`] },
    }))
    return (
      (
        await ask(as, 'PATCH', guarded(at, isGuarded, metageneration), {
          lifecycle: { rule: [...kept, ...theirs] },
        })
      ).status === 200
    )
  },
}

function guarded(at: string, isGuarded: boolean, metageneration: string): string {
  return isGuarded ? `${at}?ifMetagenerationMatch=${metageneration}` : at
}
