import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { CloudAccount } from './api/generated/cloud-account.ts'
import type { StorageIntegration } from './api/generated/storage-integration.ts'
import { makeQueues } from './controllers.ts'
import { METRICS, type MetricEntry } from './metric-table.ts'
import { makeMetrics } from './metrics.ts'
import { readings } from './readings.ts'

const anIntegration = (reason?: string) =>
  ({
    status: { conditions: reason === undefined ? [] : [{ type: 'Ready', reason }] },
  }) as unknown as StorageIntegration
const anAccount = (name: string, cloud: object, count?: number) =>
  ({ metadata: { name }, spec: cloud, status: { orphans: { count } } }) as CloudAccount

/** Everything has happened once. */
async function pageOf(parts: {
  readonly integrations?: readonly StorageIntegration[]
  readonly accounts?: readonly CloudAccount[]
  readonly orphans?: Readonly<Record<string, string[]>>
}): Promise<string> {
  const metrics = makeMetrics()
  const { integrations = [anIntegration()], accounts = [anAccount('a', { aws: {} })], orphans = {} } = parts
  const queues = makeQueues(metrics.onTaken, () => undefined)
  metrics.read(
    readings({
      caches: { integrations: { list: () => integrations }, accounts: { list: () => accounts } } as never,
      world: { orphansOf: (name) => orphans[name] },
      reflectors: [{ kind: 'Namespace', reflector: { lastHeardAt: performance.now() } }],
      queues,
      isLeader: () => true,
    }),
  )
  queues.vendor.add('a-vendor')
  await queues.vendor.get()
  metrics.onPass({ controller: 'target', outcome: 'done', seconds: 0.2 })
  metrics.onCall({ service: 's3', operation: 'GetBucketPolicy', result: 'ok', milliseconds: 20 })
  metrics.onAnswer({ method: 'GET', pool: 'watch', status: 0, seconds: 1 })
  metrics.onChanges('repaired', 2)
  return (await metrics.page()).body
}

describe('the page of metrics', () => {
  it('has every metric of the table with its type and labels, and no other', async () => {
    const page = await pageOf({})
    const types = [...page.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type])
    const metrics: Readonly<Record<string, MetricEntry>> = METRICS
    const wanted = Object.entries(metrics).map(([name, { type }]) => [name, type])
    assert.deepEqual(types.sort(), wanted.sort())
    for (const [name, { labels = [] }] of Object.entries(metrics)) {
      const [, text] = new RegExp(`^${name}(?:_bucket)?(?:\\{(.*)\\})? `, 'm').exec(page) ?? assert.fail(name)
      const found = [...(text ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label)
      assert.deepEqual(found.filter((label) => label !== 'le').sort(), [...labels].sort(), name)
    }
  })

  it('begins to count at zero, so that the first repair is an increase', async () => {
    const page = await pageOf({})
    assert.match(page, /^mooring_entry_changes_total\{action="repaired"\} 2$/m)
    assert.match(page, /^mooring_entry_changes_total\{action="revoked"\} 0$/m)
  })

  it('tells a failed watch by names that client-go has', async () => {
    assert.match(await pageOf({}), /^rest_client_requests_total\{method="WATCH",code="<error>"\} 1$/m)
  })

  it('takes no word out of a status for a label that is no reason', async () => {
    const reasons = ['Verified', 'Verified', 'x"} 1\nup 0', 'constructor', undefined]
    const page = await pageOf({ integrations: reasons.map(anIntegration) })
    const lines = page.split('\n').filter((line) => line.startsWith('mooring_integrations'))
    assert.deepEqual(lines.sort(), [
      'mooring_integrations{reason="None"} 3',
      'mooring_integrations{reason="Verified"} 2',
    ])
  })

  it('counts orphans by cloud: as seen now, and as written down where nobody has looked yet', async () => {
    const accounts = [
      anAccount('seen', { aws: {} }, 7),
      anAccount('not-yet-seen', { aws: {} }, 3),
      anAccount('clean', { gcp: {} }),
    ]
    const page = await pageOf({ accounts, orphans: { seen: ['x'], clean: [] } })
    const lines = page.split('\n').filter((line) => line.startsWith('mooring_orphans'))
    assert.deepEqual(lines, ['mooring_orphans{cloud="aws"} 4', 'mooring_orphans{cloud="gcp"} 0'])
  })
})
