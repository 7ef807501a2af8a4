/**
 * What only a real cluster can show: the image, its Deployment and its rights under a kubelet, with pods that move, hang, are replaced,
 * and namespaces that end. The tests go in this order and build on each other.
 */
import { strict as assert } from 'node:assert'
import { after, before, describe, it } from 'node:test'
import { deletePolicy, oursIn, policyOf, putCors, putPolicy, strangersPolicy } from '../integration/stage.ts'
import type { Kubectl } from '../rig/kubectl.ts'
import { mustRun } from '../rig/run-command.ts'
import { eventually } from '../rig/wait.ts'
import { kindKubectl, WORKER } from './cluster.ts'
import { install, rolledOut, SYSTEM, writeInstallation } from './installation.ts'
import { processOf } from './pod-process.ts'
import {
  allReady,
  applyAwsAccount,
  applyAzureAccount,
  azurePreflight,
  integration,
  kindAws,
  kindAzure,
  leader,
  newBucket,
  otherLeader,
  pods,
  s3Of,
  statements,
} from './story-words.ts'

const kubectl: Kubectl = await kindKubectl()
const aws = await kindAws()
const azure = await kindAzure()
const s3 = s3Of(aws)
const MEBIBYTE = 2 ** 20
const NAMESPACES = ['perception', 'crowd', 'doomed']

interface ContainerStats {
  readonly memory: { readonly workingSetBytes: number; readonly rssBytes: number }
}

/**
 * As the kubelet measures it, in MiB. The working set counts pages of files, too, as long as the machine needs them for nothing
 * else: right after the image was loaded these are many. RSS is the memory of the process itself.
 */
async function memoryOf(pod: string): Promise<{ workingSet: number; rss: number }> {
  const { spec } = await kubectl.get('pod', pod, '-n', SYSTEM)
  return eventually(
    async () => {
      const path = `/api/v1/nodes/${spec.nodeName}/proxy/stats/summary`
      const summary = JSON.parse(await kubectl.must('get', '--raw', path))
      const found = summary.pods.find((one: { podRef: { name: string } }) => one.podRef.name === pod)
      const { memory } = found.containers[0] as ContainerStats
      assert.ok(memory.rssBytes > 0)
      return {
        workingSet: Math.round(memory.workingSetBytes / MEBIBYTE),
        rss: Math.round(memory.rssBytes / MEBIBYTE),
      }
    },
    { timeoutMs: 60_000, everyMs: 1_000 },
  )
}

async function scale(replicas: number): Promise<void> {
  await kubectl.must('scale', 'deployment/mooring', '-n', SYSTEM, `--replicas=${replicas}`)
  await rolledOut(kubectl)
}

before(async () => {
  await install(kubectl)
  await kubectl.apply(NAMESPACES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })))
})

after(() => s3.destroy())

describe('installed by kubectl apply -k', () => {
  it('runs in a namespace that enforces the restricted Pod Security Standard', async () => {
    const { metadata } = await kubectl.get('namespace', SYSTEM)
    const labels = metadata.labels as Record<string, string>
    assert.equal(labels['pod-security.kubernetes.io/enforce'], 'restricted')
    const [pod] = await pods(kubectl)
    assert.equal(pod?.status.phase, 'Running')
    assert.equal(pod?.status.containerStatuses[0].restartCount, 0)
  })

  it('has no shell and no npm, and cannot write', async () => {
    for (const command of [['sh', '-c', 'true'], ['npm', '--version'], ['bash']]) {
      const { code } = await kubectl.run(['exec', '-n', SYSTEM, 'deploy/mooring', '--', ...command])
      assert.notEqual(code, 0, command.join(' '))
    }
    const script = 'require("node:fs").writeFileSync("/mooring/x", "")'
    const { stderr } = await kubectl.run(['exec', '-n', SYSTEM, 'deploy/mooring', '--', 'node', '-e', script])
    assert.match(stderr, /EROFS|read-only file system/)
  })

  it('is small when it has nothing to do', async (test) => {
    const images = await mustRun('docker', ['exec', WORKER, 'crictl', 'images'])
    const line = images.split('\n').find((one) => one.includes('registry.example.com/mooring:0.1.0')) ?? ''
    const idle = await memoryOf(await leader(kubectl))
    test.diagnostic(`image, packed as the node keeps it: ${/[\d.]+ ?[MG]i?B/.exec(line)?.[0]}`)
    test.diagnostic(`idle without an account: working set ${idle.workingSet} MiB, RSS ${idle.rss} MiB`)
    assert.ok(idle.rss < 128, 'more than it requests')
  })
})

describe('an integration in the cluster', () => {
  it('becomes Ready on S3, is repaired, and takes its access along when it goes', async () => {
    await applyAwsAccount(kubectl, aws, NAMESPACES)
    const bucket = await newBucket(s3)
    await putPolicy(s3, bucket, strangersPolicy(bucket))
    await kubectl.apply(integration('perception', 'scenes', { s3: { bucket } }))
    await kubectl.must(...['wait', 'si/scenes', '-n', 'perception', '--for=condition=Ready', '--timeout=60s'])
    await statements(s3, bucket, 1)

    await putPolicy(s3, bucket, strangersPolicy(bucket))
    await putCors(s3, bucket, [{ AllowedOrigins: ['https://x.example.com'], AllowedMethods: ['GET'] }])
    await statements(s3, bucket, 1)
    await eventually(async () =>
      assert.match(await kubectl.must('get', 'events', '-n', 'perception'), /DriftRepaired/),
    )

    await kubectl.delete('si', 'scenes', '-n', 'perception', '--timeout=60s')
    assert.deepEqual((await policyOf(s3, bucket))?.Statement, strangersPolicy(bucket).Statement)
  })

  it('does the same on Azure, whose authority it trusts by a mounted file', async () => {
    await applyAzureAccount(kubectl, azure, NAMESPACES)
    const { resourceGroup, storageAccount } = azure
    const azureBlob = { resourceGroup, storageAccount, container: 'images' }
    await kubectl.apply(integration('perception', 'blobs', { account: 'azure-test', azureBlob }))
    await kubectl.must('wait', 'si/blobs', '-n', 'perception', '--for=condition=Ready', '--timeout=60s')
    assert.equal(await azurePreflight(azure, 'https://app.segments.ai'), 200)
    await kubectl.delete('si', 'blobs', '-n', 'perception', '--timeout=60s')
    assert.equal(await azurePreflight(azure, 'https://app.segments.ai'), 403)
    assert.deepEqual((await kindAzure()).violations, [])
  })

  it('is told about in lines of JSON, and no line has a key', async () => {
    const text = await kubectl.must('logs', '-n', SYSTEM, 'deploy/mooring', '--tail=-1')
    const lines = text.trim().split('\n')
    assert.ok(lines.length > 2)
    for (const line of lines) {
      const entry = JSON.parse(line)
      assert.equal(typeof entry.level, 'string', line)
      assert.equal(typeof entry.msg, 'string', line)
    }
    assert.ok(!text.includes(azure.clientSecret))
  })
})

describe('two replicas', () => {
  it('have one leader, and the other takes over when its pod is deleted', async () => {
    await scale(2)
    const first = await leader(kubectl)
    const bucket = await newBucket(s3)
    await kubectl.must('delete', 'pod', first, '-n', SYSTEM, '--wait=false')
    await kubectl.apply(integration('perception', 'handed-over', { s3: { bucket } }))
    await otherLeader(kubectl, first)
    await allReady(kubectl, 'perception')
    await statements(s3, bucket, 1)
  })

  it('survive a leader that hangs: it is not ready any more, the other one leads, and it comes back as a follower', async () => {
    await rolledOut(kubectl)
    const hanging = await leader(kubectl)
    const signal = await processOf(kubectl, SYSTEM, hanging)
    signal('SIGSTOP')
    try {
      await otherLeader(kubectl, hanging)
      await kubectl.must(
        ...['wait', `pod/${hanging}`, '-n', SYSTEM, '--for=condition=Ready=false', '--timeout=60s'],
      )
      const bucket = await newBucket(s3)
      await kubectl.apply(integration('perception', 'meanwhile', { s3: { bucket } }))
      await statements(s3, bucket, 1)
    } finally {
      signal('SIGCONT')
    }
    await rolledOut(kubectl)
    assert.notEqual(await leader(kubectl), hanging)
  })

  it('survive the end of a process: the kubelet starts it again', async () => {
    const name = await leader(kubectl)
    const signal = await processOf(kubectl, SYSTEM, name)
    signal('SIGKILL')
    await eventually(
      async () => {
        const { status } = await kubectl.get('pod', name, '-n', SYSTEM)
        const [container] = status.containerStatuses
        assert.ok(container.restartCount > 0 && container.ready, 'not started again')
      },
      { timeoutMs: 60_000, everyMs: 300 },
    )
    await eventually(() => leader(kubectl), { timeoutMs: 60_000, everyMs: 300 })
  })
})

describe('replicas that are moved and replaced', () => {
  it('leave a node that is drained, and go on working', async () => {
    await kubectl.must(
      ...['drain', WORKER, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s'],
    )
    try {
      await rolledOut(kubectl)
      await eventually(async () => {
        for (const { spec } of await pods(kubectl)) assert.notEqual(spec.nodeName, WORKER)
      })
      const bucket = await newBucket(s3)
      await kubectl.apply(integration('perception', 'drained', { s3: { bucket } }))
      await statements(s3, bucket, 1)
    } finally {
      await kubectl.must('uncordon', WORKER)
    }
  })

  it('are upgraded under load, and no write is lost', async () => {
    const buckets = await Promise.all(Array.from({ length: 4 }, () => newBucket(s3, 'crowd')))
    const apply = (n: number) =>
      kubectl.apply(
        buckets.map((bucket, at) =>
          integration('crowd', `c-${at}-${n}`, { s3: { bucket, prefix: `p${n}/` } }),
        ),
      )
    await apply(0)
    const upgrade = install(kubectl, { replicas: 2, isNext: true })
    for (let n = 1; n < 8; n += 1) await apply(n)
    await upgrade
    await apply(8)
    await allReady(kubectl, 'crowd')
    // Segments.ai gets one statement for the objects and one for the list, or one for both: what counts is that nobody's is missing.
    for (const bucket of buckets) {
      const resources = JSON.stringify(await oursIn(s3, bucket))
      for (let n = 0; n < 9; n += 1) assert.match(resources, new RegExp(`${bucket}/p${n}/`), bucket)
    }
    const images = (await pods(kubectl)).map(({ spec }) => spec.containers[0].image)
    assert.deepEqual(new Set(images), new Set(['registry.example.com/mooring:0.1.1']))
  })

  it('keep their limits: nobody was killed for memory', async (test) => {
    for (const { metadata, status, spec } of await pods(kubectl)) {
      const { requests, limits } = spec.containers[0].resources
      assert.ok(requests.cpu && requests.memory && limits.memory)
      assert.notEqual(status.containerStatuses[0].lastState.terminated?.reason, 'OOMKilled')
      const { workingSet, rss } = await memoryOf(metadata.name)
      test.diagnostic(`${metadata.name}: working set ${workingSet} MiB, RSS ${rss} MiB, after the load`)
      assert.ok(rss < 256, `${rss} MiB`)
    }
  })
})

describe('the end', () => {
  it('of a namespace full of integrations revokes everything, and the namespace goes', async () => {
    const buckets = await Promise.all(Array.from({ length: 10 }, () => newBucket(s3, 'doomed')))
    await kubectl.apply(
      buckets.flatMap((bucket, at) =>
        ['a', 'b'].map((prefix) =>
          integration('doomed', `d-${at}-${prefix}`, { s3: { bucket, prefix: `${prefix}/` } }),
        ),
      ),
    )
    await allReady(kubectl, 'doomed')
    await kubectl.must('delete', 'namespace', 'doomed', '--timeout=180s')
    for (const bucket of buckets) assert.deepEqual(await oursIn(s3, bucket), [], bucket)
  })

  it('of everything goes in the order of docs/uninstall.md, and leaves nothing in cluster and cloud', async () => {
    const bucket = await newBucket(s3)
    await kubectl.apply(integration('perception', 'last', { s3: { bucket } }))
    await allReady(kubectl, 'perception')
    await kubectl.must('delete', 'storageintegrations', '--all', '-A', '--timeout=180s')
    assert.equal((await kubectl.must('get', 'storageintegrations', '-A')).trim(), '')
    assert.deepEqual(await oursIn(s3, bucket), [])
    await deletePolicy(s3, bucket)
    await kubectl.must('delete', '-k', await writeInstallation(), '--timeout=180s')
    const left = await kubectl.must('get', 'crd,clusterrole,clusterrolebinding,namespace', '-o', 'name')
    assert.deepEqual(
      left.split('\n').filter((name) => /mooring/.test(name)),
      [],
    )
  })
})
