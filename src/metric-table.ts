/** What a metric is and says; `src/metrics.ts` makes it of this, and docs/metrics.md is generated from it. */
export interface MetricEntry {
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly labels?: readonly LabelName[]
  /** One sentence for the page and for `# HELP`. */
  readonly help: string
}

export type LabelName = keyof typeof LABELS
export type MetricName = keyof typeof METRICS

/**
 * What the labels can be. Each is one of a set that the code, the CRDs or Node bound; none is a name that somebody chose,
 * so the number of series does not grow with what is served.
 */
export const LABELS = {
  controller:
    '`integration` (one StorageIntegration: what it asks for, its status), `target` (one bucket, role, key or storage account: the only one that writes to a cloud), `account` (one CloudAccount), `vendor` (one StorageVendor)',
  name: 'of a queue: the controller that it belongs to, as above; of the election: `mooring`, the Lease',
  outcome:
    '`done`, `requeue` (done, and looked at again at the resync), `retry` (tried again after a growing delay: the cloud or the credentials, told in the status), `error` (the pass itself failed, as where the API server did not answer; the log has it)',
  service:
    'AWS: `s3`, `iam`, `kms`, `sts`; Google Cloud: `storage`, `iam`, `iamcredentials`, `oauth2`; Azure: `arm`, `graph`, `blob`, `entra`',
  operation: 'the API’s own name, as `PutBucketPolicy`, `SetBucketIamPolicy`, `PutBlobService`',
  result:
    '`ok`, `Aborted` (the operator stopped, or the pass took too long), or a reason of [reasons.md](reasons.md), as `Throttled`, `AccessDenied`, `CloudUnavailable`',
  method: 'as `verb`',
  verb: '`GET`, `POST`, `PUT`, `PATCH`, `WATCH` (until its first byte)',
  code: 'the HTTP status, or `<error>` where no answer came',
  action:
    '`granted`, `repaired` (drift: it had been there, and somebody took it away or changed it), `revoked`',
  kind: '`StorageIntegration`, `StorageVendor`, `CloudAccount`, `Namespace`',
  reason: 'a reason of [reasons.md](reasons.md), or `None` where the status has no Ready condition',
  cloud: '`aws`, `gcp`, `azure`',
  type: 'Node’s own names: `TCPSocketWrap`, `Timeout` and others',
} as const

/**
 * Every metric. Where other operators and other programs of Node have a metric of the same meaning, it has their name:
 * https://book.kubebuilder.io/reference/metrics-reference (workqueue, leader election, rest client),
 * https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics (process_…),
 * https://github.com/prometheus/client_js (nodejs_…).
 */
export const METRICS = {
  mooring_reconcile_total: {
    type: 'counter',
    labels: ['controller', 'outcome'],
    help: 'Passes by controller and outcome.',
  },
  mooring_reconcile_duration_seconds: {
    type: 'histogram',
    labels: ['controller'],
    help: 'Duration of passes.',
  },
  mooring_cloud_calls_total: {
    type: 'counter',
    labels: ['service', 'operation', 'result'],
    help: 'Requests to clouds by service, operation and result.',
  },
  mooring_cloud_call_duration_seconds: {
    type: 'histogram',
    labels: ['service', 'operation'],
    help: 'Duration of requests to clouds.',
  },
  mooring_entry_changes_total: {
    type: 'counter',
    labels: ['action'],
    help: 'Entries in documents of clouds that were granted, repaired after drift, or revoked.',
  },
  mooring_integrations: {
    type: 'gauge',
    labels: ['reason'],
    help: 'StorageIntegrations by the reason of their Ready condition.',
  },
  mooring_orphans: {
    type: 'gauge',
    labels: ['cloud'],
    help: 'Entries that bear a mark of this installation and whose integration does not exist; the status of the CloudAccounts names them.',
  },
  mooring_watch_age_seconds: {
    type: 'gauge',
    labels: ['kind'],
    help: 'Seconds since the API server last said something of a kind: a list, an event, that it takes a watch, or the bookmark that it sends on a quiet one about once a minute.',
  },
  workqueue_depth: {
    type: 'gauge',
    labels: ['name'],
    help: 'Keys that are ready and not yet taken.',
  },
  workqueue_queue_duration_seconds: {
    type: 'histogram',
    labels: ['name'],
    help: 'How long keys were ready before they were taken.',
  },
  workqueue_longest_running_processor_seconds: {
    type: 'gauge',
    labels: ['name'],
    help: 'For how long the oldest pass that is under way has run; a pass is aborted after 120 s.',
  },
  leader_election_master_status: {
    type: 'gauge',
    labels: ['name'],
    help: '1 while this process leads, 0 while it waits for the Lease.',
  },
  rest_client_requests_total: {
    type: 'counter',
    labels: ['method', 'code'],
    help: 'Requests to the API server of Kubernetes.',
  },
  rest_client_request_duration_seconds: {
    type: 'histogram',
    labels: ['verb'],
    help: 'Duration of requests to the API server, until their first byte.',
  },
  nodejs_eventloop_lag_max_seconds: {
    type: 'gauge',
    help: 'How late the event loop came at most since the metrics were last read.',
  },
  nodejs_eventloop_lag_p99_seconds: {
    type: 'gauge',
    help: 'The same, 99th percentile.',
  },
  nodejs_heap_size_used_bytes: { type: 'gauge', help: 'Heap in use.' },
  nodejs_external_memory_bytes: { type: 'gauge', help: 'Memory of buffers outside of the heap.' },
  nodejs_active_resources: {
    type: 'gauge',
    labels: ['type'],
    help: 'What keeps the event loop alive: timers, sockets with somebody waiting, and others.',
  },
  process_resident_memory_bytes: { type: 'gauge', help: 'Resident memory.' },
  process_cpu_seconds_total: { type: 'counter', help: 'Time on processors, of user and system.' },
  process_start_time_seconds: {
    type: 'gauge',
    help: 'When the process started, in seconds since 1970.',
  },
  process_open_fds: {
    type: 'gauge',
    help: 'Open file descriptors; on Linux, elsewhere NaN.',
  },
  mooring_open_sockets: {
    type: 'gauge',
    help: 'Those of them that are sockets, idle ones included; on Linux, elsewhere NaN.',
  },
} as const satisfies Readonly<Record<string, MetricEntry>>
