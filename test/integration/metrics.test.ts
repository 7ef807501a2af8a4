/** Every metric of an operator at work: its value moves when the thing happens. */
import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { REASONS } from '../../src/api/reasons.ts'
import { METRICS, type MetricEntry, type MetricName } from '../../src/metric-table.ts'
import { type FaultProxy, startFaultProxy } from '../rig/fault-proxy.ts'
import { readKubeconfig, writeKubeconfig } from '../rig/kubeconfig.ts'
import type { Operator } from '../rig/operator.ts'
import { makeRunFolder } from '../rig/run-folder.ts'
import { uniqueAccountId } from '../rig/shared.ts'
import { startTcpProxy, type TcpProxy } from '../rig/tcp-proxy.ts'
import { eventually } from '../rig/wait.ts'
import { samplesOf, sumOf } from './metrics.ts'
import { account, deletePolicy, oursIn, type Stage, setStage } from './stage.ts'

type Labels = Readonly<Record<string, string>>

describe('metrics', () => {
  let stage: Stage
  let operator: Operator
  /** In front of the API server, and in front of the cloud. */
  let toCluster: TcpProxy
  let toCloud: TcpProxy
  let faults: FaultProxy
  let bucket: string

  before(async () => {
    stage = await setStage({ accountId: uniqueAccountId() })
    const { rig } = stage
    toCluster = await startTcpProxy(rig.controlPlane.port)
    toCloud = await startTcpProxy(Number(new URL(rig.aws.endpoint).port))
    faults = await startFaultProxy(`http://127.0.0.1:${toCloud.port}`)
    const aws = { ...rig.aws, endpoint: faults.endpoint }
    await rig.kubectl.apply(account({ ...rig, aws }, { requestsPerSecond: 1_000 }))
    const kubeconfigPath = join(makeRunFolder('metrics'), 'kubeconfig')
    const server = `https://127.0.0.1:${toCluster.port}`
    await writeKubeconfig(kubeconfigPath, { ...(await readKubeconfig(rig.kubeconfigPath)), server })
    operator = await stage.operator({ KUBECONFIG: kubeconfigPath })
    bucket = await stage.bucket()
  })
  after(async () => {
    await operator?.stop()
    for (const proxy of [faults, toCloud, toCluster]) await proxy?.stop()
    await stage?.rig.stop()
  })

  const value = (name: MetricName | `${MetricName}_count`, labels?: Labels) => sumOf(operator, name, labels)

  /** Waits until a metric is above what it was. */
  const untilMore = async (name: Parameters<typeof value>[0], labels: Labels | undefined, than: number) =>
    eventually(
      async () => {
        const now = await value(name, labels)
        assert.ok(now > than, `${name} ${JSON.stringify(labels)} is ${now}, and was ${than}`)
        return now
      },
      { timeoutMs: 60_000 },
    )

  it('leader_election_master_status says who leads', async () => {
    await untilMore('leader_election_master_status', { name: 'mooring' }, 0)
    const standby = await stage.operator()
    assert.equal(await sumOf(standby, 'leader_election_master_status', { name: 'mooring' }), 0)
    assert.equal(await value('leader_election_master_status'), 1)
    await standby.stop()
  })

  it('passes, requests to the cloud and to the cluster, queues and entries are counted while access is granted', async () => {
    const before = {
      passes: await value('mooring_reconcile_total', { controller: 'integration', outcome: 'done' }),
      durations: await value('mooring_reconcile_duration_seconds_count', { controller: 'target' }),
      waits: await value('workqueue_queue_duration_seconds_count', { name: 'target' }),
      patches: await value('rest_client_requests_total', { method: 'PATCH', code: '200' }),
      seconds: await value('rest_client_request_duration_seconds_count', { verb: 'PATCH' }),
      granted: await value('mooring_entry_changes_total', { action: 'granted' }),
      cpu: await value('process_cpu_seconds_total'),
    }
    await stage.rig.kubectl.apply(stage.integration('clips', bucket))
    await stage.untilReady('clips', 'True', 'Verified')
    await untilMore('mooring_reconcile_total', { controller: 'integration', outcome: 'done' }, before.passes)
    await untilMore('mooring_reconcile_duration_seconds_count', { controller: 'target' }, before.durations)
    await untilMore('workqueue_queue_duration_seconds_count', { name: 'target' }, before.waits)
    await untilMore('rest_client_requests_total', { method: 'PATCH', code: '200' }, before.patches)
    await untilMore('rest_client_request_duration_seconds_count', { verb: 'PATCH' }, before.seconds)
    await untilMore('process_cpu_seconds_total', undefined, before.cpu)
    assert.equal(await value('mooring_entry_changes_total', { action: 'granted' }), before.granted + 2)
    const put = { service: 's3', operation: 'PutBucketPolicy' }
    assert.equal(await value('mooring_cloud_calls_total', { ...put, result: 'ok' }), 1)
    assert.equal(await value('mooring_cloud_call_duration_seconds_count', put), 1)
    await untilMore('mooring_integrations', { reason: 'Verified' }, 0)
  })

  it('what somebody took away and Mooring put back is a repair, and what it takes away is revoked', async () => {
    const repaired = await value('mooring_entry_changes_total', { action: 'repaired' })
    await deletePolicy(stage.s3, bucket)
    await untilMore('mooring_entry_changes_total', { action: 'repaired' }, repaired)
    await stage.rig.kubectl.apply(stage.integration('gone', bucket, { s3: { bucket, prefix: 'gone/' } }))
    await stage.untilReady('gone', 'True')
    const revoked = await value('mooring_entry_changes_total', { action: 'revoked' })
    await stage.leave('gone')
    await untilMore('mooring_entry_changes_total', { action: 'revoked' }, revoked)
  })

  it('an entry without its integration is an orphan of its cloud', async () => {
    const retained = { s3: { bucket, prefix: 'retained/' }, deletionPolicy: 'Retain' }
    await stage.rig.kubectl.apply(stage.integration('retained', bucket, retained))
    await stage.untilReady('retained', 'True')
    assert.equal(await value('mooring_orphans', { cloud: 'aws' }), 0)
    await stage.leave('retained')
    await untilMore('mooring_orphans', { cloud: 'aws' }, 0)
  })

  it('a cloud that turns requests away shows by results, and by passes that are tried again', async () => {
    const again = { controller: 'target', outcome: 'retry' }
    const retries = await value('mooring_reconcile_total', again)
    const throttled = await value('mooring_cloud_calls_total', { result: 'Throttled' })
    faults.set({ throttle: 1 })
    await untilMore('mooring_cloud_calls_total', { result: 'Throttled' }, throttled)
    await untilMore('mooring_reconcile_total', again, retries)
    await untilMore('mooring_integrations', { reason: 'Throttled' }, 0)
    faults.set({ throttle: 0 })
    await stage.untilReady('clips', 'True', 'Verified')
  })

  it('a cloud that does not answer shows by passes that do not end, queues that grow, and open sockets', async () => {
    // More buckets than there are workers for targets.
    const buckets = await Promise.all(Array.from({ length: 10 }, () => stage.bucket()))
    const sockets = await value('mooring_open_sockets')
    const files = await value('process_open_fds')
    assert.ok(sockets > 0 && files > sockets)
    toCloud.freeze()
    await stage.rig.kubectl.apply(buckets.map((name, n) => stage.integration(`frozen-${n}`, name)))
    await untilMore('workqueue_depth', { name: 'target' }, 0)
    await untilMore('workqueue_longest_running_processor_seconds', { name: 'target' }, 1)
    await untilMore('mooring_open_sockets', undefined, sockets)
    await untilMore('process_open_fds', undefined, files)
    await untilMore('nodejs_active_resources', { type: 'TCPSocketWrap' }, 8)
    await toCloud.pass()
    await stage.untilReady('frozen-9', 'True', 'Verified')
  })

  it('an API server that falls silent shows by the age of the watches, one that is away by its failures', async () => {
    const vendor = { kind: 'StorageVendor' }
    const age = await untilMore('mooring_watch_age_seconds', vendor, 2)
    await stage.rig.kubectl.must('annotate', 'storagevendor', 'segments-ai', 'example.com/looked-at=today')
    await eventually(async () => assert.ok((await value('mooring_watch_age_seconds', vendor)) < age))
    const failures = await value('rest_client_requests_total', { code: '<error>' })
    const errors = await value('mooring_reconcile_total', { controller: 'integration', outcome: 'error' })
    await toCluster.refuse()
    await deletePolicy(stage.s3, bucket) // leads to a status that cannot be written
    faults.set({ throttle: 1 })
    await untilMore('rest_client_requests_total', { code: '<error>' }, failures)
    await untilMore('mooring_reconcile_total', { controller: 'integration', outcome: 'error' }, errors)
    await toCluster.pass()
    faults.set({ throttle: 0 })
    await eventually(async () => assert.equal((await oursIn(stage.s3, bucket)).length, 1), {
      timeoutMs: 60_000,
    })
  })

  it('a process that got no processor for a second has a lag of as much', async () => {
    await value('nodejs_eventloop_lag_max_seconds') // what was before is told, and begins anew
    await eventually(async () => assert.ok((await value('nodejs_eventloop_lag_max_seconds')) < 1))
    const since = performance.now()
    operator.kill('SIGSTOP')
    await eventually(() => assert.ok(performance.now() - since > 1_500))
    operator.kill('SIGCONT')
    await untilMore('nodejs_eventloop_lag_max_seconds', undefined, 1)
  })

  it('the page has every metric of the table, with bounded labels, and no name of anything', async () => {
    const page = await (await fetch(`${operator.url}/metrics`)).text()
    const metrics: Readonly<Record<string, MetricEntry>> = METRICS
    const names = [...page.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name)
    assert.deepEqual(names.sort(), Object.keys(metrics).sort())
    for (const word of [
      bucket,
      'clips',
      'frozen',
      'perception',
      'aws-test',
      'segments-ai',
      stage.rig.aws.accountId,
    ])
      assert.ok(!page.includes(word), word)
    for (const { labels } of await samplesOf(operator, 'mooring_cloud_calls_total'))
      assert.ok([...Object.keys(REASONS), 'ok', 'Aborted'].includes(labels.result ?? ''), labels.result)
    for (const name of [
      'process_resident_memory_bytes',
      'nodejs_heap_size_used_bytes',
      'nodejs_external_memory_bytes',
    ] as const)
      assert.ok((await value(name)) > 1e5, name)
    const started = (await value('process_start_time_seconds')) * 1_000
    assert.ok(started < Date.now() && started > Date.now() - 3_600_000)
  })
})
