/**
 * Argo CD, the real one, keeps Mooring's objects as they are in Git, and shows their health by the script of deploy/argocd.
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
import { ARGOCD, application, installArgocd } from './argocd.ts'
import { catalogue, darwin, example, NAMESPACE, segments, strangersBucket } from './estate.ts'
import { freshCluster } from './fresh-cluster.ts'
import { checkout } from './git.ts'
import { revisionOf, type Watch, watch } from './watch.ts'

const kubectl: Kubectl = await kindKubectl()
const aws = await kindAws()
const s3 = s3Of(aws)
const CLOUDGLUE = 'cloudglue-external-s3-access-role'
const patience = { timeoutMs: 120_000, everyMs: 300 }

const git = await checkout('argocd.git')
const scenes = await strangersBucket(s3)
const videos = await strangersBucket(s3)
const clips = await strangersBucket(s3)

const app = (name: string) => kubectl.get('applications.argoproj.io', name, '-n', ARGOCD)
const si = (name: string) => kubectl.get('si', name, '-n', NAMESPACE)
const shown = ({ status }: KubernetesObject) =>
  `${status?.sync?.status ?? 'not compared'} ${status?.health?.status ?? ''}`.trim()

/** Waits until the Application shows this for this revision, and its sync is over. */
function until(name: string, state: string, revision: string): Promise<KubernetesObject> {
  return eventually(async () => {
    const found = await app(name)
    const { operationState, sync } = found.status ?? {}
    assert.equal(shown(found), state, JSON.stringify([found.status?.conditions, operationState?.message]))
    assert.equal(sync.revision, revision)
    assert.notEqual(operationState?.phase, 'Running')
    return found
  }, patience)
}

/** What the Application says about one integration. */
function healthOf({ status }: KubernetesObject, name: string): { status: string; message: string } {
  const all: { kind: string; name: string; health: { status: string; message: string } }[] = status.resources
  const found = all.find((one) => one.kind === 'StorageIntegration' && one.name === name)
  assert.ok(found, `${name} is not in the Application`)
  return found.health
}

/** The condition as the health script puts it. */
async function wordsOf(name: string): Promise<string> {
  const ready = readyOf(await si(name))
  assert.ok(ready)
  return `${ready.reason}: ${ready.message}`
}

async function policyHas(bucket: string, what: RegExp): Promise<void> {
  await eventually(async () => assert.match(JSON.stringify(await oursIn(s3, bucket)), what), patience)
}

/** Operator, account and Argo CD; whatever an earlier run has left is taken away. */
async function prepare(): Promise<Readonly<Record<'applications' | 'integrations', Watch>>> {
  await freshCluster(kubectl)
  await installArgocd(kubectl)
  return {
    applications: await watch('applications.argoproj.io', '-n', ARGOCD),
    integrations: await watch('si', '-n', NAMESPACE),
  }
}

const { applications, integrations } = await prepare()

after(() => {
  applications.stop()
  integrations.stop()
  s3.destroy()
})

describe('from Git', () => {
  it('comes the catalogue', async () => {
    const revision = await git.commit('Add the catalogue', await catalogue())
    await kubectl.apply(application('platform', git.url))
    await until('platform', 'Synced Healthy', revision)
    await kubectl.must('wait', 'storagevendors', '--all', '--for=condition=Ready', '--timeout=60s')
  })

  it('come integrations, with their access in the cloud', async () => {
    const revision = await git.commit('Add integrations', {
      'integrations/segments-ai.yaml': await example('storageintegration-segments-ai', scenes),
      'integrations/cloudglue.yaml': await example('storageintegration-cloudglue', videos),
      'integrations/v7-darwin.yaml': darwin(clips, 'Read'),
    })
    await kubectl.apply(application('integrations', git.url))
    const { status } = await until('integrations', 'Synced Healthy', revision)
    assert.equal(status.resources.length, 3)
    assert.match(JSON.stringify(await oursIn(s3, scenes)), new RegExp(`${scenes}/raw/\\*`))
    assert.equal((await oursIn(s3, clips)).length > 0, true)
    assert.ok(await rolesOf(aws).read(CLOUDGLUE))
  })

  it('an Application is Healthy only after its integrations are Ready', () => {
    const ready = ['street-scenes', 'product-videos', 'clips'].map((name) => {
      const first = integrations.states.find(
        (one) => one.metadata.name === name && readyOf(one)?.status === 'True',
      )
      assert.ok(first, name)
      return revisionOf(first)
    })
    const its = applications.states.filter(({ metadata }) => metadata.name === 'integrations')
    const complete = its.filter(({ status }) => status?.resources?.length === 3)
    assert.ok(
      complete.some(({ status }) => status.health.status !== 'Healthy'),
      'nobody saw it before it was Healthy',
    )
    const healthy = complete.find(({ status }) => status.health.status === 'Healthy')
    assert.ok(healthy)
    for (const one of ready) assert.ok(revisionOf(healthy) > one, `${revisionOf(healthy)} against ${one}`)
  })
})

describe('never out of sync', () => {
  it('is what Mooring has put its finalizer and annotations on, however often Argo CD looks', async () => {
    for (const name of ['street-scenes', 'product-videos', 'clips']) {
      const { metadata } = await si(name)
      assert.match(JSON.stringify(metadata.finalizers), /mooring\.dev/)
      assert.match(Object.keys(metadata.annotations ?? {}).join(), /mooring\.dev\//)
    }
    const since = applications.states.length
    for (const name of ['platform', 'integrations', 'platform', 'integrations', 'integrations']) {
      const { status } = await app(name)
      const refresh = 'argocd.argoproj.io/refresh'
      await kubectl.must('annotate', 'applications.argoproj.io', name, '-n', ARGOCD, `${refresh}=hard`)
      await eventually(async () => {
        const { metadata, status: now } = await app(name)
        assert.equal((metadata.annotations as Record<string, string> | undefined)?.[refresh], undefined)
        assert.notEqual(now.reconciledAt, status.reconciledAt)
      }, patience)
    }
    const states = applications.states.slice(since)
    assert.ok(states.length >= 5, `${states.length} states`)
    assert.deepEqual([...new Set(states.map(shown))], ['Synced Healthy'])
  })
})

describe('a change', () => {
  it('in Git is in the bucket policy', async () => {
    const read = JSON.stringify(await oursIn(s3, clips))
    assert.doesNotMatch(read, /s3:PutObject/)
    const since = applications.states.length
    const files = { 'integrations/v7-darwin.yaml': darwin(clips, 'ReadWrite') }
    const revision = await git.commit('Let V7 Darwin write', files)
    await until('integrations', 'Synced Healthy', revision)
    await policyHas(clips, /s3:PutObject/)
    const seen = applications.states.slice(since).map(({ status }) => status.sync.status)
    assert.ok(seen.includes('OutOfSync'), 'the watch does not see it')
  })

  it('by hand is put back, in the cluster and in the cloud', async () => {
    const { metadata } = await si('clips')
    await kubectl.must(
      'patch',
      'si',
      'clips',
      '-n',
      NAMESPACE,
      '--type=merge',
      '-p',
      '{"spec":{"access":"Read"}}',
    )
    await eventually(async () => {
      const now = await si('clips')
      assert.equal(now.spec.access, 'ReadWrite')
      assert.equal(now.metadata.generation, Number(metadata.generation) + 2)
      assert.equal(now.status.observedGeneration, now.metadata.generation)
      assert.equal(readyOf(now)?.status, 'True')
    }, patience)
    await policyHas(clips, /s3:PutObject/)
    await eventually(async () => assert.equal(shown(await app('integrations')), 'Synced Healthy'), patience)
  })
})

describe('the health of an Application', () => {
  it('is Suspended for an integration in mode Plan', async () => {
    const before = await policyOf(s3, videos)
    const files = { 'integrations/plan.yaml': segments('planned', videos, { mode: 'Plan' }) }
    const found = await until('integrations', 'Synced Suspended', await git.commit('Plan one', files))
    assert.deepEqual(healthOf(found, 'planned'), { status: 'Suspended', message: await wordsOf('planned') })
    assert.deepEqual(await policyOf(s3, videos), before)
  })

  it('is Degraded for a bucket that is not there, with the words of Mooring', async () => {
    const files = { 'integrations/missing.yaml': segments('missing', `${scenes}-not`) }
    const found = await until('integrations', 'Synced Degraded', await git.commit('Mistype one', files))
    assert.deepEqual(healthOf(found, 'missing'), { status: 'Degraded', message: await wordsOf('missing') })
    assert.match(healthOf(found, 'missing').message, new RegExp(`${scenes}-not`))
    assert.equal(healthOf(found, 'street-scenes').status, 'Healthy')
  })

  it('is Healthy again when Git has neither', async () => {
    const revision = await git.commit('Take both out', {
      'integrations/missing.yaml': null,
      'integrations/plan.yaml': null,
    })
    const { status } = await until('integrations', 'Synced Healthy', revision)
    assert.equal(status.resources.length, 3)
  })
})

describe('what is taken away', () => {
  const gone = (name: string) =>
    eventually(
      async () => assert.notEqual((await kubectl.run(['get', 'si', name, '-n', NAMESPACE])).code, 0),
      patience,
    )

  it('in Git is pruned and revoked, and what strangers wrote stays', async () => {
    const revision = await git.commit('Leave Segments.ai', { 'integrations/segments-ai.yaml': null })
    await gone('street-scenes')
    assert.deepEqual(await oursIn(s3, scenes), [])
    assert.deepEqual((await policyOf(s3, scenes))?.Statement, strangersPolicy(scenes).Statement)
    await until('integrations', 'Synced Healthy', revision)
  })

  it('with an Application is revoked before the Application is gone', async () => {
    await kubectl.must('delete', 'applications.argoproj.io', 'integrations', '-n', ARGOCD, '--timeout=120s')
    assert.equal((await kubectl.must('get', 'si', '-n', NAMESPACE)).trim(), '')
    assert.deepEqual((await policyOf(s3, clips))?.Statement, strangersPolicy(clips).Statement)
    assert.equal(await rolesOf(aws).read(CLOUDGLUE), undefined)
  })

  it('goes last where the catalogue is: it leaves nothing behind', async () => {
    await kubectl.must('delete', 'applications.argoproj.io', 'platform', '-n', ARGOCD, '--timeout=120s')
    assert.equal((await kubectl.must('get', 'storagevendors')).trim(), '')
  })
})
