/**
 * Flux, the real one, keeps Mooring's objects as they are in Git, and waits for them by their conditions.
 * The tests go in this order and build on each other.
 */
import { strict as assert } from 'node:assert'
import { after, describe, it } from 'node:test'
import { rolesOf } from '../../integration/roles.ts'
import { oursIn, policyOf, readyOf, strangersPolicy } from '../../integration/stage.ts'
import type { Kubectl, KubernetesObject } from '../../rig/kubectl.ts'
import { eventually } from '../../rig/wait.ts'
import { kindKubectl } from '../cluster.ts'
import { kindAws, s3Of } from '../story-words.ts'
import { catalogue, darwin, example, NAMESPACE, segments, strangersBucket } from './estate.ts'
import { FLUX, gitRepository, installFlux, kustomization } from './flux.ts'
import { freshCluster } from './fresh-cluster.ts'
import { checkout } from './git.ts'
import { revisionOf, type Watch, watch } from './watch.ts'

const kubectl: Kubectl = await kindKubectl()
const aws = await kindAws()
const s3 = s3Of(aws)
const KUSTOMIZATIONS = 'kustomizations.kustomize.toolkit.fluxcd.io'
const CLOUDGLUE = 'cloudglue-external-s3-access-role'
const NAMES = ['street-scenes', 'product-videos', 'clips']
const patience = { timeoutMs: 150_000, everyMs: 300 }

const git = await checkout('flux.git')
const scenes = await strangersBucket(s3)
const videos = await strangersBucket(s3)
const clips = await strangersBucket(s3)

const si = (name: string) => kubectl.get('si', name, '-n', NAMESPACE)

/** Waits until the Kustomization says this about this revision. */
function until(name: string, status: 'True' | 'False', revision: string): Promise<KubernetesObject> {
  return eventually(async () => {
    const found = await kubectl.get(KUSTOMIZATIONS, name, '-n', FLUX)
    const ready = readyOf(found)
    assert.equal(ready?.status, status, ready?.message)
    assert.match(found.status.lastAttemptedRevision ?? '', new RegExp(revision))
    return found
  }, patience)
}

async function policyHas(bucket: string, what: RegExp): Promise<void> {
  await eventually(async () => assert.match(JSON.stringify(await oursIn(s3, bucket)), what), patience)
}

/** Operator, account and Flux; whatever an earlier run has left is taken away. */
async function prepare(): Promise<Readonly<Record<'kustomizations' | 'integrations', Watch>>> {
  await freshCluster(kubectl)
  await installFlux(kubectl)
  return {
    kustomizations: await watch(KUSTOMIZATIONS, '-n', FLUX),
    integrations: await watch('si', '-n', NAMESPACE),
  }
}

const { kustomizations, integrations } = await prepare()

after(() => {
  kustomizations.stop()
  integrations.stop()
  s3.destroy()
})

describe('from Git', () => {
  it('come the catalogue and then the integrations, with their access in the cloud', async () => {
    const revision = await git.commit('Add catalogue and integrations', {
      ...(await catalogue()),
      'integrations/segments-ai.yaml': await example('storageintegration-segments-ai', scenes),
      'integrations/cloudglue.yaml': await example('storageintegration-cloudglue', videos),
      'integrations/v7-darwin.yaml': darwin(clips, 'Read'),
    })
    const both = [kustomization('platform'), kustomization('integrations', ['platform'])]
    await kubectl.apply([gitRepository(git.url), ...both])
    await until('integrations', 'True', revision)
    for (const name of NAMES) assert.equal(readyOf(await si(name))?.status, 'True')
    assert.match(JSON.stringify(await oursIn(s3, scenes)), new RegExp(`${scenes}/raw/\\*`))
    assert.ok(await rolesOf(aws).read(CLOUDGLUE))
  })

  it('a Kustomization is Ready only after its integrations are', () => {
    const its = kustomizations.states.filter(({ metadata }) => metadata.name === 'integrations')
    assert.ok(
      its.some((one) => readyOf(one)?.status === 'Unknown'),
      'nobody saw it before it was Ready',
    )
    const first = its.find((one) => readyOf(one)?.status === 'True')
    assert.ok(first)
    for (const name of NAMES) {
      const ready = integrations.states.find(
        (one) => one.metadata.name === name && readyOf(one)?.status === 'True',
      )
      assert.ok(ready && revisionOf(first) > revisionOf(ready), name)
    }
  })
})

describe('a change', () => {
  it('in Git is in the bucket policy', async () => {
    assert.doesNotMatch(JSON.stringify(await oursIn(s3, clips)), /s3:PutObject/)
    const files = { 'integrations/v7-darwin.yaml': darwin(clips, 'ReadWrite') }
    await until('integrations', 'True', await git.commit('Let V7 Darwin write', files))
    await policyHas(clips, /s3:PutObject/)
  })

  it('by hand is put back, in the cluster and in the cloud', async () => {
    const { metadata } = await si('clips')
    const patch = '{"spec":{"access":"Read"}}'
    await kubectl.must('patch', 'si', 'clips', '-n', NAMESPACE, '--type=merge', '-p', patch)
    await eventually(async () => {
      const now = await si('clips')
      assert.equal(now.spec.access, 'ReadWrite')
      assert.equal(now.metadata.generation, Number(metadata.generation) + 2)
      assert.equal(now.status.observedGeneration, now.metadata.generation)
      assert.equal(readyOf(now)?.status, 'True')
    }, patience)
    await policyHas(clips, /s3:PutObject/)
  })
})

describe('a Kustomization', () => {
  /** Of the Kustomization that tries this revision and is not Ready. Flux names the object; the reason is in the object itself. */
  const failure = async (revision: string): Promise<string> => {
    const ready = readyOf(await until('integrations', 'False', revision))
    assert.equal(ready?.reason, 'HealthCheckFailed')
    return ready.message
  }

  it('gives up at once where a person must act, and names the integration', async () => {
    const files = { 'integrations/wrong.yaml': segments('stranger', scenes, { vendor: 'nobody' }) }
    const message = await failure(await git.commit('Name a vendor that is not there', files))
    assert.match(message, /failed early due to stalled resources/)
    assert.match(message, /StorageIntegration\/perception\/stranger status: 'Failed'/)
    assert.equal(readyOf(await si('stranger'))?.reason, 'VendorNotFound')
  })

  it('waits for a bucket that is not there, until its time is over', async () => {
    const files = {
      'integrations/wrong.yaml': null,
      'integrations/missing.yaml': segments('missing', `${scenes}-not`),
    }
    const message = await failure(await git.commit('Name a bucket that is not there', files))
    assert.match(message, /timeout waiting for.*StorageIntegration\/perception\/missing status: 'InProgress'/)
    assert.equal(readyOf(await si('missing'))?.reason, 'BucketNotFound')
    assert.equal(readyOf(await si('street-scenes'))?.status, 'True')
  })

  it('is Ready again when Git has it no more', async () => {
    const files = { 'integrations/missing.yaml': null }
    await until('integrations', 'True', await git.commit('Take it out', files))
  })
})

describe('what is taken away', () => {
  const gone = (name: string) =>
    eventually(
      async () => assert.notEqual((await kubectl.run(['get', 'si', name, '-n', NAMESPACE])).code, 0),
      patience,
    )

  it('in Git is pruned and revoked, and what strangers wrote stays', async () => {
    const files = { 'integrations/segments-ai.yaml': null }
    await until('integrations', 'True', await git.commit('Leave Segments.ai', files))
    await gone('street-scenes')
    assert.deepEqual((await policyOf(s3, scenes))?.Statement, strangersPolicy(scenes).Statement)
  })

  it('with a Kustomization is revoked, too', async () => {
    await kubectl.must('delete', KUSTOMIZATIONS, 'integrations', '-n', FLUX, '--timeout=120s')
    for (const name of NAMES) await gone(name)
    assert.deepEqual((await policyOf(s3, clips))?.Statement, strangersPolicy(clips).Statement)
    assert.equal(await rolesOf(aws).read(CLOUDGLUE), undefined)
    await kubectl.must('delete', KUSTOMIZATIONS, 'platform', '-n', FLUX, '--timeout=120s')
    await eventually(
      async () => assert.equal((await kubectl.must('get', 'storagevendors')).trim(), ''),
      patience,
    )
  })
})
