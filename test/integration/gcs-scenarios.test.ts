/** What happens around integrations on Google Cloud: strangers, races, deaths, lost status, drift, limits. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import type { Operator } from '../rig/operator.ts'
import { eventually } from '../rig/wait.ts'
import { type Binding, type GcsRule, type GcsStage, setGcsStage, VENDOR } from './gcs-stage.ts'
import { conditionOf, readyOf } from './stage.ts'

const MEMBER = `serviceAccount:${VENDOR}`
const STRANGERS: readonly Binding[] = [
  { role: 'roles/storage.objectViewer', members: ['group:analysts@example.com', 'user:ada@example.com'] },
  {
    role: 'roles/storage.objectViewer',
    members: ['serviceAccount:batch@perception-prod.iam.gserviceaccount.com'],
    condition: {
      title: 'until-summer',
      description: 'written by the security team',
      expression: 'request.time < timestamp("2027-06-01T00:00:00Z")',
    },
  },
]
const UPLOADS: GcsRule = {
  origin: ['https://upload.example.com'],
  method: ['PUT', 'POST'],
  responseHeader: ['Content-Type'],
  maxAgeSeconds: 600,
}
const SEGMENTS: GcsRule = { origin: ['https://*.segments.ai'], method: ['GET'], responseHeader: ['*'] }

describe('an integration on Google Cloud Storage', () => {
  let stage: GcsStage
  let operator: Operator

  before(async () => {
    stage = await setGcsStage()
    operator = await stage.operator()
  })
  after(async () => {
    await operator?.stop()
    await stage?.cluster.stop()
  })

  const apply = (...objects: object[]) => stage.cluster.kubectl.apply(objects as never)
  const message = async (name: string) => readyOf(await stage.si(name))?.message ?? ''
  const isOurs =
    (operation: string) =>
    (seen: { readonly operation: string; readonly principal: string }): boolean =>
      seen.operation === operation && seen.principal === stage.operatorPrincipal
  /** Who has what, in an order that does not depend on who wrote last. */
  async function grants(bucket: string): Promise<string[]> {
    const list = await stage.bindings(bucket)
    return list
      .flatMap(({ role, members, condition }) =>
        members.map((member) => JSON.stringify([role, member, condition])),
      )
      .sort()
  }
  async function withStrangers(): Promise<{ readonly bucket: string; readonly theirs: string[] }> {
    const bucket = await stage.bucket()
    await stage.addBindings(bucket, ...STRANGERS)
    await stage.putCors(bucket, [UPLOADS])
    return { bucket, theirs: await grants(bucket) }
  }
  async function assertOnlyStrangers(
    bucket: string,
    theirs: string[],
    cors: GcsRule[] = [UPLOADS],
  ): Promise<void> {
    assert.deepEqual(await grants(bucket), theirs)
    assert.deepEqual(await stage.cors(bucket), cors)
  }

  it('stands beside strangers’ bindings and rules, and leaves only these', async () => {
    const { bucket, theirs } = await withStrangers()
    await apply(stage.gcs('beside', bucket))
    await stage.untilReady('beside', 'True', 'Verified')
    const now = await grants(bucket)
    for (const binding of theirs) assert.ok(now.includes(binding), binding)
    assert.equal(now.length, theirs.length + 1)
    assert.deepEqual(await stage.cors(bucket), [UPLOADS, SEGMENTS])
    await stage.leave('beside')
    await assertOnlyStrangers(bucket, theirs)
  })

  it('loses nothing that a stranger writes between its read and its write', async () => {
    const { bucket } = await withStrangers()
    const late: Binding = { role: 'roles/storage.objectCreator', members: ['group:loaders@example.com'] }
    const before = stage.cloud.before(isOurs('storage.buckets.setIamPolicy'), () =>
      stage.addBindings(bucket, late),
    )
    const lateRule = { ...UPLOADS, origin: ['https://late.example.com'] }
    stage.cloud.before(isOurs('storage.buckets.patch'), () => stage.putCors(bucket, [UPLOADS, lateRule]))
    await apply(stage.gcs('raced', bucket))
    await stage.untilReady('raced', 'True', 'Verified')
    assert.equal(before.runs, 1)
    assert.ok(stage.cloud.count('storage.buckets.setIamPolicy', 412) >= 1)
    assert.ok(stage.cloud.count('storage.buckets.patch', 412) >= 1)
    assert.deepEqual(await stage.cors(bucket), [UPLOADS, lateRule, SEGMENTS])
    await stage.leave('raced')
    const left = await grants(bucket)
    assert.ok(left.some((binding) => binding.includes('loaders@example.com')))
    assert.ok(!left.some((binding) => binding.includes(VENDOR)))
    assert.deepEqual(await stage.cors(bucket), [UPLOADS, lateRule])
  })

  it('takes no stranger’s rule for its own that came at the same moment, and leaves it there', async () => {
    const bucket = await stage.bucket()
    stage.cloud.before(isOurs('storage.buckets.patch'), () => stage.putCors(bucket, [SEGMENTS]))
    await apply(stage.gcs('twin', bucket))
    const { status } = await stage.untilReady('twin', 'True', 'Verified')
    assert.equal(
      status?.conditions.find(({ type }: { type: string }) => type === 'CorsConfigured').reason,
      'Adopted',
    )
    await stage.leave('twin')
    assert.deepEqual(await stage.cors(bucket), [SEGMENTS])
  })

  it('shares a rule with another one: it goes with the last of them', async () => {
    const { bucket, theirs } = await withStrangers()
    await apply(stage.gcs('first', bucket), stage.gcs('second', bucket))
    await stage.untilReady('first', 'True', 'Verified')
    await stage.untilReady('second', 'True', 'Verified')
    assert.deepEqual(await stage.cors(bucket), [UPLOADS, SEGMENTS])
    const both = await grants(bucket)
    await stage.leave('first')
    await assertOnlyStrangers(bucket, both, [UPLOADS, SEGMENTS])
    await stage.untilReady('second', 'True', 'Verified')
    await stage.leave('second')
    await assertOnlyStrangers(bucket, theirs)
  })

  it('outlives its status', async () => {
    const { bucket, theirs } = await withStrangers()
    await apply(stage.gcs('wiped', bucket))
    await stage.untilReady('wiped', 'True', 'Verified')
    const [then, rules] = [await grants(bucket), await stage.cors(bucket)]
    await stage.wipeStatus('wiped')
    await stage.untilReady('wiped', 'True', 'Verified')
    await operator.stop()
    await stage.wipeStatus('wiped')
    operator = await stage.operator()
    await stage.untilReady('wiped', 'True', 'Verified')
    await assertOnlyStrangers(bucket, then, rules)
    await stage.leave('wiped')
    await assertOnlyStrangers(bucket, theirs)
  })

  it('is repaired when somebody takes a part away, and the role when somebody deletes it', async () => {
    const { bucket, theirs } = await withStrangers()
    await apply(stage.gcs('drifting', bucket))
    await stage.untilReady('drifting', 'True', 'Verified')
    const then = await grants(bucket)
    await stage.putCors(bucket, [UPLOADS])
    await eventually(async () => assert.deepEqual(await stage.cors(bucket), [UPLOADS, SEGMENTS]))
    const [role] = (await stage.roles()).filter(({ deleted }) => deleted !== true)
    await stage.asStranger('DELETE', `/v1/${role?.name}`)
    await eventually(async () =>
      assert.equal((await stage.roles()).filter(({ deleted }) => deleted !== true).length, 1),
    )
    await stage.untilReady('drifting', 'True', 'Verified')
    assert.deepEqual(await grants(bucket), then)
    await stage.leave('drifting')
    await assertOnlyStrangers(bucket, theirs)
  })

  it('is not Ready while its role permits more than the vendor’s page asks for', async () => {
    const bucket = await stage.bucket()
    await apply(stage.gcs('wide', bucket), stage.gcs('held', await stage.bucket()))
    await stage.untilReady('wide', 'True', 'Verified')
    await stage.untilReady('held', 'True', 'Verified')
    const [role] = (await stage.roles()).filter(({ deleted }) => deleted !== true)
    const permit = (...includedPermissions: string[]) =>
      stage.asStranger('PATCH', `/v1/${role?.name}?updateMask=includedPermissions,description`, {
        includedPermissions,
        description: 'edited',
      })
    await permit('storage.objects.get', 'storage.objects.delete')
    await stage.untilReady('wide', 'False', 'GrantTooWide')
    assert.match(
      await message('wide'),
      /storage\.objects\.delete.*gcloud iam roles update .* --remove-permissions=storage\.objects\.delete$/,
    )
    assert.match(
      (await stage.roles())[0]?.description ?? '',
      /\[mooring:[0-9a-f]{8}\]$/,
      'it has its tag again',
    )
    await permit('storage.objects.get')
    await stage.untilReady('wide', 'True', 'Verified')
    await stage.leave('wide', 'held')
    assert.ok((await stage.roles()).every(({ deleted }) => deleted))
  })

  it('with a prefix is not Ready while somebody gives the vendor the whole bucket', async () => {
    const bucket = await stage.bucket()
    await apply(stage.gcs('narrow', bucket, { gcs: { bucket, prefix: 'raw/' } }))
    await stage.untilReady('narrow', 'True', 'Verified')
    const ours = (await stage.bindings(bucket)).find(({ members }) => members.includes(MEMBER))
    assert.ok(ours)
    await stage.addBindings(bucket, { role: ours.role, members: [MEMBER] })
    await stage.untilReady('narrow', 'False', 'GrantTooWide')
    assert.match(
      await message('narrow'),
      /without a condition, so the vendor reaches more than the prefix "raw\/"/,
    )
    await stage.leave('narrow')
    assert.equal((await grants(bucket)).filter((one) => one.includes(VENDOR)).length, 1, 'the stranger’s')
  })

  it('with a prefix is a condition on object names, and says what the bucket lacks for it', async () => {
    const bucket = await stage.bucket({ isUniform: false })
    await apply(stage.gcs('limited', bucket, { gcs: { bucket, prefix: 'raw/' } }))
    await stage.untilReady('limited', 'False', 'UniformAccessNeeded')
    assert.match(
      await message('limited'),
      /gcloud storage buckets update gs:\/\/.* --uniform-bucket-level-access/,
    )
    assert.deepEqual(
      (await grants(bucket)).filter((binding) => binding.includes(VENDOR)),
      [],
    )
    const iamConfiguration = { uniformBucketLevelAccess: { enabled: true } }
    await stage.asStranger('PATCH', `/storage/v1/b/${bucket}`, { iamConfiguration })
    await stage.untilReady('limited', 'True', 'Verified')
    const [binding] = (await stage.bindings(bucket)).filter(({ members }) => members.includes(MEMBER))
    assert.equal(
      binding?.condition?.expression,
      `resource.name.startsWith("projects/_/buckets/${bucket}/objects/raw/")`,
    )
    await stage.leave('limited')
    assert.deepEqual(
      (await grants(bucket)).filter((one) => one.includes(VENDOR)),
      [],
    )
  })

  it('gets back a ledger that somebody takes away while Mooring watches, as kubectl replace does', async () => {
    const { bucket, theirs } = await withStrangers()
    await apply(stage.gcs('replaced', bucket))
    await stage.untilReady('replaced', 'True', 'Verified')
    const ledger = async () =>
      (await stage.si('replaced')).metadata.annotations?.['mooring.dev/ledger' as never]
    const before = await ledger()
    assert.ok(before)
    await stage.cluster.kubectl.must('annotate', 'si/replaced', '-n', stage.namespace, 'mooring.dev/ledger-')
    await eventually(async () => assert.equal(await ledger(), before))
    await stage.leave('replaced')
    await assertOnlyStrangers(bucket, theirs)
  })

  it('whose ledger was lost while nobody watched says that its entries are a stranger’s, and they stay', async () => {
    const bucket = await stage.bucket()
    await apply(stage.gcs('bare', bucket))
    await stage.untilReady('bare', 'True', 'Verified')
    await operator.stop()
    await stage.cluster.kubectl.must('annotate', 'si/bare', '-n', stage.namespace, 'mooring.dev/ledger-')
    operator = await stage.operator()
    await eventually(async () =>
      assert.equal(conditionOf(await stage.si('bare'), 'AccessGranted')?.reason, 'Adopted'),
    )
    await stage.leave('bare')
    assert.equal((await grants(bucket)).filter((one) => one.includes(VENDOR)).length, 1)
  })

  it('in mode Plan writes nothing, also no ledger', async () => {
    const bucket = await stage.bucket()
    await apply(stage.gcs('planned', bucket, { mode: 'Plan' }))
    await stage.untilReady('planned', 'False', 'Planned')
    const { metadata, status } = await stage.si('planned')
    const annotations = (metadata.annotations ?? {}) as Record<string, string>
    assert.equal(annotations['mooring.dev/ledger'], undefined)
    assert.ok(status?.plan.changes.length >= 2)
    assert.deepEqual(
      (await grants(bucket)).filter((one) => one.includes(VENDOR)),
      [],
    )
    assert.deepEqual(await stage.cors(bucket), [])
    await stage.leave('planned')
  })

  it('names a service account that does not exist', async () => {
    const bucket = await stage.bucket()
    const serviceAccount = 'nobody@missing-project.iam.gserviceaccount.com'
    await apply(stage.gcs('missing', bucket, { parameters: { serviceAccount } }))
    await stage.untilReady('missing', 'False', 'InvalidPrincipal')
    assert.match(await message('missing'), /nobody@missing-project/)
    stage.cloud.createServiceAccount(serviceAccount)
    await stage.change('missing', { parameters: { serviceAccount: VENDOR } })
    await stage.untilReady('missing', 'True', 'Verified')
    await stage.leave('missing')
  })

  it('says which permission Mooring lacks, and on a bucket that is not there, that it is not', async () => {
    const bucket = await stage.bucket()
    stage.cloud.deny(stage.operatorPrincipal, ['storage.buckets.setIamPolicy'])
    await apply(stage.gcs('denied', bucket), stage.gcs('nowhere', `${bucket}-none`))
    await stage.untilReady('denied', 'False', 'AccessDenied')
    assert.match(await message('denied'), /storage\.buckets\.setIamPolicy/)
    await stage.untilReady('nowhere', 'False', 'BucketNotFound')
    stage.cloud.undeny(stage.operatorPrincipal)
    await stage.leave('nowhere', 'denied')
  })

  for (const when of ['before', 'after'] as const) {
    for (const operation of ['storage.buckets.setIamPolicy', 'storage.buckets.patch']) {
      it(`survives a death right ${when} ${operation}, with nothing left over in the end`, async () => {
        const { bucket, theirs } = await withStrangers()
        const { promise: died, resolve } = Promise.withResolvers<void>()
        const kill = async () => {
          operator.kill('SIGKILL')
          await operator.exited
          resolve()
        }
        if (when === 'before') stage.cloud.fail(1, 503, isOurs(operation))
        stage.cloud[when](isOurs(operation), kill)
        await apply(stage.gcs('mortal', bucket))
        await died
        operator = await stage.operator()
        await stage.untilReady('mortal', 'True', 'Verified')
        assert.deepEqual(await stage.cors(bucket), [UPLOADS, SEGMENTS])
        await stage.leave('mortal')
        await assertOnlyStrangers(bucket, theirs)
      })
    }
  }

  it('asked no bucket for more changes than Google allows, and nothing that Google does not know', () => {
    const tooFast = stage.cloud.requests.filter(
      ({ status, principal }) => status === 429 && principal === stage.operatorPrincipal,
    )
    assert.deepEqual(tooFast, [])
    assert.deepEqual(stage.cloud.violations, [])
  })
})
