/** What principals may do in the Google Cloud for tests, above all a vendor with its service account. */
import { strict as assert } from 'node:assert'
import { before, describe, it } from 'node:test'
import { type GcpAccount, gcpAccount } from './gcp.ts'
import { ask, storageOf } from './gcp-clients.ts'
import type { GcpFacade } from './gcp-facade.ts'
import { gcp, uniqueName } from './shared.ts'

const world = {} as { cloud: GcpFacade }
before(async () => {
  world.cloud = await gcp()
})

interface Stage {
  readonly owner: GcpAccount
  readonly bucket: string
  readonly vendor: GcpAccount
  /** Writes the bucket's policy. */
  grant(...bindings: object[]): Promise<void>
}

/** A bucket with two objects, and a vendor of another project that may do nothing yet. */
async function newStage(): Promise<Stage> {
  const owner = gcpAccount(world.cloud, uniqueName('customer'), { isUnpaced: true })
  const principal = `${uniqueName('vendor')}@vendor.iam.gserviceaccount.com`
  const vendor = { ...owner, principal, accessToken: world.cloud.token({ principal }) }
  const bucket = uniqueName('clips')
  const iamConfiguration = { uniformBucketLevelAccess: { enabled: true } }
  await ask(owner, 'POST', `/storage/v1/b?project=${owner.projectId}`, { name: bucket, iamConfiguration })
  for (const name of ['clips/a b.txt', 'secret.txt'])
    await storageOf(owner).bucket(bucket).file(name).save('hello', { resumable: false })
  return {
    ...{ owner, bucket, vendor },
    async grant(...bindings) {
      const { status, body } = await ask(owner, 'PUT', `/storage/v1/b/${bucket}/iam`, {
        version: 3,
        bindings,
      })
      assert.equal(status, 200, JSON.stringify(body))
    },
  }
}

const read = async ({ bucket }: Stage, who: GcpAccount, name = 'clips/a b.txt') =>
  String((await storageOf(who).bucket(bucket).file(name).download())[0])

const write = ({ bucket }: Stage, who: GcpAccount, name = 'clips/new.txt') =>
  storageOf(who).bucket(bucket).file(name).save('x', { resumable: false })

const list = async ({ bucket }: Stage, who: GcpAccount, prefix: string) =>
  (await storageOf(who).bucket(bucket).getFiles({ prefix }))[0].map(({ name }) => name)

const refused = { code: 403 }

describe('a vendor', () => {
  it('is refused in Google’s words while nothing was granted', async () => {
    const stage = await newStage()
    const path = `/storage/v1/b/${stage.bucket}/o/secret.txt`
    const { status, body } = await ask(stage.vendor, 'GET', path)
    assert.equal(status, 403)
    const words = `${stage.vendor.principal} does not have storage.objects.get access to the Google Cloud Storage object. Permission 'storage.objects.get' denied on resource (or it may not exist).`
    assert.equal(body.error.message, words)
  })

  it('reads with a custom role, and neither lists nor writes; and is refused once the role or the grant is gone', async () => {
    const stage = await newStage()
    const { owner, vendor } = stage
    const role = `projects/${owner.projectId}/roles/reads`
    const includedPermissions = ['storage.objects.get']
    await ask(owner, 'POST', `/v1/projects/${owner.projectId}/roles`, {
      roleId: 'reads',
      role: { includedPermissions },
    })
    const binding = { role, members: [`serviceAccount:${vendor.principal}`] }
    await stage.grant(binding)
    assert.equal(await read(stage, vendor), 'hello')
    await assert.rejects(list(stage, vendor, ''), refused)
    await assert.rejects(write(stage, vendor), refused)
    await ask(owner, 'DELETE', `/v1/${role}`)
    await assert.rejects(read(stage, vendor), refused)
    await ask(owner, 'POST', `/v1/${role}:undelete`, {})
    assert.equal(await read(stage, vendor), 'hello')
    await stage.grant()
    await assert.rejects(read(stage, vendor), refused)
  })

  it('reads and lists only under the prefix of a condition', async () => {
    const stage = await newStage()
    const { bucket, vendor } = stage
    const expression = `resource.name.startsWith("projects/_/buckets/${bucket}/objects/clips/") || api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("clips/")`
    const condition = { title: 'clips/ only', expression }
    await stage.grant({
      role: 'roles/storage.objectViewer',
      members: [`serviceAccount:${vendor.principal}`],
      condition,
    })
    assert.equal(await read(stage, vendor), 'hello')
    assert.deepEqual(await list(stage, vendor, 'clips/'), ['clips/a b.txt'])
    await assert.rejects(read(stage, vendor, 'secret.txt'), refused)
    await assert.rejects(list(stage, vendor, ''), refused)
  })

  it('creates with a role for that, and replaces only with one that deletes', async () => {
    const stage = await newStage()
    const { vendor } = stage
    const members = [`serviceAccount:${vendor.principal}`]
    await stage.grant({ role: 'roles/storage.objectCreator', members })
    await write(stage, vendor)
    await assert.rejects(write(stage, vendor), refused)
    await stage.grant({ role: 'roles/storage.objectAdmin', members })
    await write(stage, vendor)
  })

  it('is told what it may do', async () => {
    const stage = await newStage()
    const { bucket, vendor } = stage
    await stage.grant({ role: 'roles/storage.objectViewer', members: [`serviceAccount:${vendor.principal}`] })
    const asked = ['storage.objects.get', 'storage.buckets.update']
    const [answer] = await storageOf(vendor).bucket(bucket).iam.testPermissions(asked)
    assert.deepEqual(answer, { 'storage.objects.get': true, 'storage.buckets.update': false })
  })

  it('reads in a browser under the CORS rules', async () => {
    const stage = await newStage()
    const { owner, vendor, bucket } = stage
    await stage.grant({ role: 'roles/storage.objectViewer', members: [`serviceAccount:${vendor.principal}`] })
    const cors = [{ origin: ['https://app.example'], method: ['GET'], responseHeader: ['Content-Type'] }]
    await ask(owner, 'PATCH', `/storage/v1/b/${bucket}`, { cors })
    const get = (accessToken: string) =>
      fetch(`${owner.endpoint}/${bucket}/clips/a%20b.txt`, {
        headers: { origin: 'https://app.example', authorization: `Bearer ${accessToken}` },
      })
    const answer = await get(vendor.accessToken)
    assert.equal(await answer.text(), 'hello')
    assert.equal(answer.headers.get('access-control-allow-origin'), 'https://app.example')
    assert.equal(answer.headers.get('access-control-expose-headers'), 'Content-Type')
    assert.equal((await get('none')).status, 401)
  })
})

describe('an operator', () => {
  it('with few rights in its project does what these allow, and a denial beats them', async () => {
    const { owner, bucket } = await newStage()
    const principal = `operator@${owner.projectId}.iam.gserviceaccount.com`
    const operator = { ...owner, principal, accessToken: world.cloud.token({ principal }) }
    world.cloud.allow(principal, owner.projectId, ['storage.buckets.get', 'storage.buckets.update'])
    const patch = () => ask(operator, 'PATCH', `/storage/v1/b/${bucket}`, { labels: { a: 'b' } })
    assert.equal((await patch()).status, 200)
    assert.equal((await ask(operator, 'GET', `/storage/v1/b/${bucket}/iam`)).status, 403)
    world.cloud.deny(principal, ['storage.buckets.update'])
    const { status, body } = await patch()
    assert.equal(status, 403)
    assert.match(
      body.error.message,
      /does not have storage\.buckets\.update access to the Google Cloud Storage bucket\./,
    )
    world.cloud.undeny(principal)
    assert.equal((await patch()).status, 200)
  })

  it('does not reach into the bucket of another project', async () => {
    const { bucket } = await newStage()
    const other = gcpAccount(world.cloud, uniqueName('other'))
    assert.equal((await ask(other, 'GET', `/storage/v1/b/${bucket}`)).status, 403)
  })
})
