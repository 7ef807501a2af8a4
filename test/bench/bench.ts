/**
 * `make bench`: how the operator behaves with many integrations, in counts and ratios; nothing here is a test.
 * INTEGRATIONS and BUCKETS set the size.
 */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { account, readyOf } from '../integration/stage.ts'
import { installCatalogue, installCrds } from '../rig/install.ts'
import type { KubernetesObject } from '../rig/kubectl.ts'
import { ambientAwsCredentials, type Operator, startOperator } from '../rig/operator.ts'
import { type OwnRig, startRig } from '../rig/rig.ts'
import { consistently, eventually } from '../rig/wait.ts'

const INTEGRATIONS = Number(process.env.INTEGRATIONS ?? 200)
const BUCKETS = Number(process.env.BUCKETS ?? 20)
const RESYNC_SECONDS = 20

async function bench(): Promise<void> {
  const rig = await startRig()
  const buckets = await prepare(rig)
  const env = {
    ...ambientAwsCredentials(rig.aws),
    MOORING_RESYNC: `${RESYNC_SECONDS}s`,
    MOORING_LOG_LEVEL: 'warn',
  }
  const operator = await startOperator({ kubeconfigPath: rig.kubeconfigPath, env })
  await operator.ready(60_000)
  const idle = await sample(operator)
  say('idle', `${mebibytes(idle.rss)} MiB resident`)

  const started = performance.now()
  await rig.kubectl.apply(
    Array.from({ length: INTEGRATIONS }, (_, i) => integration(i, buckets[i % BUCKETS] ?? '')),
  )
  const submitted = performance.now()
  await eventually(() => allReady(rig), { timeoutMs: 600_000, everyMs: 500 })
  const ready = await sample(operator)
  const calls = ready.calls - idle.calls
  say(
    'apply → all Ready',
    `${seconds(started)} s for ${INTEGRATIONS} integrations on ${BUCKETS} buckets (kubectl alone ${seconds(started, submitted)} s)`,
  )
  say(
    'cloud calls',
    `${calls}, ${(calls / INTEGRATIONS).toFixed(2)} per integration, ${(calls / BUCKETS).toFixed(1)} per bucket`,
  )
  say('memory', `${mebibytes(ready.rss)} MiB resident`)

  await consistently(() => undefined, { forMs: RESYNC_SECONDS * 2_000, everyMs: 1_000 })
  const steady = await sample(operator)
  const resyncs = (steady.calls - ready.calls) / 2 / BUCKETS
  say(
    'steady state',
    `${resyncs.toFixed(2)} calls per bucket and resync, ${steady.writes - ready.writes} writes, ${mebibytes(steady.rss)} MiB`,
  )

  const leaving = performance.now()
  await rig.kubectl.must('delete', 'si', '--all', '-n', 'perception')
  const gone = await sample(operator)
  say(
    'delete → all gone',
    `${seconds(leaving)} s, ${((gone.calls - steady.calls) / INTEGRATIONS).toFixed(2)} calls per integration`,
  )
  await operator.stop()
  await rig.stop()
}

async function prepare(rig: OwnRig): Promise<string[]> {
  const { endpoint, region, credentials } = rig.aws
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  const names = Array.from({ length: BUCKETS }, (_, i) => `bench-${i}`)
  for (const Bucket of names) await s3.send(new CreateBucketCommand({ Bucket }))
  await installCrds(rig.kubectl)
  await installCatalogue(rig.kubectl)
  const fast = account(rig, { requestsPerSecond: 1_000 })
  await rig.kubectl.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'perception' } }, fast])
  return names
}

function integration(i: number, bucket: string): object {
  return {
    apiVersion: 'mooring.dev/v1alpha1',
    kind: 'StorageIntegration',
    metadata: { name: `bench-${i}`, namespace: 'perception' },
    spec: { vendor: 'segments-ai', account: 'aws-test', s3: { bucket, prefix: `p${i}/` } },
  }
}

async function allReady(rig: OwnRig): Promise<void> {
  const { items } = await rig.kubectl.get<{ items: KubernetesObject[] }>('si', '-n', 'perception')
  const ready = items.filter((item) => readyOf(item)?.status === 'True')
  if (ready.length < INTEGRATIONS) throw new Error(`${ready.length} of ${INTEGRATIONS} are Ready`)
}

interface Sample {
  readonly calls: number
  readonly writes: number
  readonly rss: number
}

async function sample({ url }: Operator): Promise<Sample> {
  const page = await (await fetch(`${url}/metrics`)).text()
  const lines = page.split('\n').filter((line) => line.startsWith('mooring_cloud_calls_total'))
  const sum = (some: readonly string[]): number =>
    some.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0)
  const rss = /^process_resident_memory_bytes (\S+)/m.exec(page)?.[1]
  return {
    calls: sum(lines),
    writes: sum(lines.filter((line) => /operation="(Put|Delete)/.test(line))),
    rss: Number(rss),
  }
}

function say(what: string, result: string): void {
  process.stdout.write(`${what.padEnd(20)} ${result}\n`)
}

function seconds(from: number, to: number = performance.now()): string {
  return ((to - from) / 1_000).toFixed(1)
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}

await bench()
