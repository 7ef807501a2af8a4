/** What docs/metrics.md and docs/alerts.md tell of metrics, held against what there is. */
import { strict as assert } from 'node:assert'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { REASONS } from '../../src/api/reasons.ts'
import { LABELS, METRICS, type MetricEntry } from '../../src/metric-table.ts'
import { repository } from '../rig/cache.ts'
import { isShipped, sourceFiles } from './source-files.ts'

const metrics: Readonly<Record<string, MetricEntry>> = METRICS
/** What Prometheus adds to every series, and what its functions make. */
const OF_PROMETHEUS = ['job', 'pod', 'instance', 'le']
const page = await readFile(join(repository, 'docs/alerts.md'), 'utf8')
const rules: readonly { alert: string; expr: string }[] = [...page.matchAll(/^```yaml\n(.*?)^```/gms)]
  .flatMap(([, text = '']) => parse(text).groups)
  .flatMap((group) => group.rules)
const graphs = [...page.matchAll(/^\| [^|]+ \| `([^`]+)` +\|$/gm)].map(([, expr = '']) => expr)
const expressions = [...rules.map(({ expr }) => expr), ...graphs]

describe('the table of metrics', () => {
  it('names counters, durations and sizes as Prometheus asks', () => {
    // https://prometheus.io/docs/practices/naming/
    const wrong = Object.entries(metrics).filter(
      ([name, { type }]) =>
        name.endsWith('_total') !== (type === 'counter') || (type === 'histogram' && !/_seconds$/.test(name)),
    )
    assert.deepEqual(wrong, [])
  })

  it('says what every label can be, and of no label that nothing has', () => {
    const used = Object.values(metrics).flatMap(({ labels = [] }) => labels)
    assert.deepEqual(Object.keys(LABELS).sort(), [...new Set(used)].sort())
  })

  it('lists every service that the code asks', async () => {
    const code = (await sourceFiles('src/clouds')).filter(isShipped).map((file) => file.code)
    const services = code.flatMap((text) => [...text.matchAll(/\bservice: '([a-z0-9]+)'/g)])
    assert.ok(services.length > 10)
    const missing = services.map(([, name = '']) => name).filter((name) => !LABELS.service.includes(name))
    assert.deepEqual(missing, [])
  })

  it('lists every kind and every controller', async () => {
    const text = async (file: string) => readFile(join(repository, file), 'utf8')
    const kinds = [...(await text('src/reconcile/resources.ts')).matchAll(/kind: '(\w+)'/g)]
    const controllers = [...(await text('src/controllers.ts')).matchAll(/\bserve\('(\w+)'/g)]
    assert.deepEqual([kinds.length, controllers.length], [4, 4])
    assert.deepEqual(
      kinds.filter(([, kind]) => !LABELS.kind.includes(`\`${kind}\``)),
      [],
    )
    assert.deepEqual(
      controllers.filter(([, name]) => !LABELS.controller.includes(`\`${name}\``)),
      [],
    )
  })
})

describe('docs/alerts.md', () => {
  it('has what must wake somebody up', () => {
    for (const name of [
      'mooring_watch_age_seconds',
      'leader_election_master_status',
      'mooring_cloud_calls_total',
      'nodejs_eventloop_lag_max_seconds',
      'mooring_orphans',
    ])
      assert.ok(
        rules.some(({ expr }) => expr.includes(name)),
        name,
      )
    assert.ok(graphs.length > 4)
  })

  for (const expression of expressions) {
    it(`asks only for metrics and labels that there are: ${expression.trim().slice(0, 70)}`, () => {
      const asked = [...expression.matchAll(/\b((?:mooring|workqueue|leader|rest|nodejs|process)_\w+)/g)].map(
        ([, name = '']) => baseOf(name),
      )
      assert.ok(asked.length > 0)
      assert.deepEqual(
        asked.filter((name) => !(name in metrics)),
        [],
      )
      const known = [...OF_PROMETHEUS, ...asked.flatMap((name) => metrics[name]?.labels ?? [])]
      assert.deepEqual(
        labelsIn(expression).filter((label) => !known.includes(label)),
        [],
      )
    })
  }

  it('asks only for reasons that there are', () => {
    const values = expressions.flatMap((text) =>
      [...text.matchAll(/(?:reason|result)[!=~]+"([^"]+)"/g)].flatMap(([, value = '']) => value.split('|')),
    )
    assert.ok(values.length > 5)
    const known = [...Object.keys(REASONS), 'None', 'Aborted', 'ok']
    assert.deepEqual(
      values.filter((value) => !known.includes(value)),
      [],
    )
  })
})

/** A histogram is asked for by its parts. */
function baseOf(name: string): string {
  const base = name.replace(/_(?:bucket|sum|count)$/, '')
  return metrics[base]?.type === 'histogram' ? base : name
}

/** Labels that are selected by, or grouped by. */
function labelsIn(expression: string): string[] {
  const selected = [...expression.matchAll(/[{,]\s*(\w+)(?:=|!)/g)].map(([, label = '']) => label)
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/))
  return [...selected, ...grouped]
}
