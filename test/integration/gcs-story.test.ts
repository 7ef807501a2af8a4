/** Segments.ai's page for Google Cloud, step by step: what it asks for stands, the vendor reads, and all of it goes again. */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { gcpAccount } from '../rig/gcp.ts'
import { ask, storageOf } from '../rig/gcp-clients.ts'
import type { Operator } from '../rig/operator.ts'
import { eventually } from '../rig/wait.ts'
import { type GcsStage, setGcsStage, VENDOR } from './gcs-stage.ts'
import { readyOf } from './stage.ts'

describe('Segments.ai on Google Cloud Storage', () => {
  let stage: GcsStage
  let operator: Operator
  let bucket: string

  before(async () => {
    stage = await setGcsStage()
    operator = await stage.operator()
    bucket = await stage.bucket()
  })
  after(async () => {
    await operator?.stop()
    await stage?.cluster.stop()
  })

  it('is Ready once its service account may read objects, by a role with that permission alone', async () => {
    await stage.cluster.kubectl.apply(stage.gcs('scenes', bucket))
    await stage.untilReady('scenes', 'True', 'Verified')
    const [role, ...more] = await stage.roles()
    assert.deepEqual(more, [])
    assert.deepEqual(role?.includedPermissions, ['storage.objects.get'])
    const ours = (await stage.bindings(bucket)).filter(({ members }) =>
      members.includes(`serviceAccount:${VENDOR}`),
    )
    assert.deepEqual(ours, [{ role: role?.name, members: [`serviceAccount:${VENDOR}`] }])
    assert.deepEqual(await stage.cors(bucket), [
      { origin: ['https://*.segments.ai'], method: ['GET'], responseHeader: ['*'] },
    ])
  })

  it('tells what the page asks to hand over', async () => {
    const { outputs, nextStep, storage } = (await stage.si('scenes')).status ?? {}
    assert.equal(storage, `gs://${bucket}/`)
    assert.equal(outputs.bucket, bucket)
    assert.equal(outputs.url, `gs://${bucket}/`)
    assert.match(nextStep, new RegExp(`Share the name of the bucket, ${bucket}`))
  })

  it('lets the vendor read objects, not write or list them, and ends with the integration', async () => {
    const { stranger, cloud } = stage
    await storageOf(stranger).bucket(bucket).file('a.txt').save('a', { resumable: false })
    const vendor = gcpAccount(cloud, 'segments-ai-production', { principal: VENDOR })
    const read = () => ask(vendor, 'GET', `/storage/v1/b/${bucket}/o/a.txt?alt=media`)
    assert.equal((await read()).status, 200)
    const written = storageOf(vendor).bucket(bucket).file('b.txt').save('b', { resumable: false })
    await assert.rejects(written, { code: 403 })
    assert.equal((await ask(vendor, 'GET', `/storage/v1/b/${bucket}/o`)).status, 403)
    await stage.leave('scenes')
    assert.equal((await read()).status, 403)
    assert.deepEqual(await stage.cors(bucket), [])
    const members = (await stage.bindings(bucket)).flatMap((binding) => binding.members)
    assert.ok(!members.includes(`serviceAccount:${VENDOR}`))
    assert.deepEqual(
      (await stage.roles()).map(({ deleted }) => deleted),
      [true],
    )
  })

  it('brings the role back from its soft deletion when the vendor comes again', async () => {
    await stage.cluster.kubectl.apply(stage.gcs('again', bucket))
    await stage.untilReady('again', 'True', 'Verified')
    const [role, ...more] = await stage.roles()
    assert.deepEqual([role?.deleted ?? false, more], [false, []])
    await stage.leave('again')
  })

  it('waits for a service account that Segments.ai has yet to hand out, with what is safe without it', async () => {
    await stage.cluster.kubectl.apply(stage.gcs('early', bucket, { parameters: {} }))
    await stage.untilReady('early', 'False', 'AwaitingVendorInput')
    assert.match(
      readyOf(await stage.si('early'))?.message ?? '',
      /spec\.parameters\.serviceAccount from the vendor/,
    )
    await eventually(async () => assert.equal((await stage.cors(bucket)).length, 1))
    await stage.change('early', { parameters: { serviceAccount: VENDOR } })
    await stage.untilReady('early', 'True', 'Verified')
    await stage.leave('early')
  })

  it('asked of the cloud nothing that Google’s discovery documents do not know', () => {
    assert.deepEqual(stage.cloud.violations, [])
  })
})
