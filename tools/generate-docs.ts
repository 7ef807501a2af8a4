/**
 * Writes the pages of docs/ that are tables of the code or of the catalogue: reasons, settings, metrics and vendors.
 *
 *   node tools/generate-docs.ts        (npm run generate)
 */
import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'
import type { RetryClass } from '../src/api/fault.ts'
import { REASONS } from '../src/api/reasons.ts'
import { LABELS, METRICS, type MetricEntry } from '../src/metric-table.ts'
import { SETTINGS, type Setting, variableOf } from '../src/settings.ts'
import { schemaOf } from './generate-types.ts'
import { code, codes, page, table } from './markdown.ts'
import { vendorsPage } from './vendors-page.ts'

/** What the table of reasons says of one; `retry` is absent where nothing failed. */
interface ReasonRow {
  readonly meaning: string
  readonly next: string
  readonly retry?: RetryClass
}

const RETRIES: Readonly<Record<RetryClass, string>> = {
  Backoff: 'soon, then less and less often, at least every five minutes',
  Slow: 'every few minutes',
  OnChange: 'when the integration, its vendor, account or namespace changes',
}

export function reasonsPage(reasons: Readonly<Record<string, ReasonRow>>): string {
  const rows = Object.entries(reasons).map(([name, { meaning, next, retry }]) => [
    `\`${name}\``,
    meaning,
    next,
    retry === undefined ? '' : RETRIES[retry],
  ])
  return page('Reasons', 'src/api/reasons.ts', [
    'Every condition of a StorageIntegration, StorageVendor or CloudAccount carries one of these reasons. The message beside it',
    'names the object, the place and the remedy; [troubleshooting.md](troubleshooting.md) goes by symptom.',
    '',
    ...table(['Reason', 'What it means', 'What to do', 'Tried again'], rows),
  ])
}

export function settingsPage(settings: readonly Setting[]): string {
  const rows = settings.map(({ flag, fallback, description }) => [
    `\`--${flag}\``,
    `\`${variableOf(flag)}\``,
    fallback === '' ? '(empty)' : `\`${fallback}\``,
    description,
  ])
  return page('Settings', 'src/settings.ts', [
    'A flag wins over its environment variable. What belongs to one integration is in its spec, not here.',
    '',
    ...table(['Flag', 'Variable', 'Default', 'What it does'], rows),
    '',
    '`KUBECONFIG` is honoured and wins over the pod’s own service account. AWS’ own variables count for accounts without',
    '`credentialsSecretRef`. In deploy/ settings are the container’s `args`.',
  ])
}

export function metricsPage(
  metrics: Readonly<Record<string, MetricEntry>>,
  labels: Readonly<Record<string, string>>,
): string {
  const rows = Object.entries(metrics).map(([name, { type, labels: names = [], help }]) => [
    code(name),
    type,
    codes(names),
    help,
  ])
  return page('Metrics', 'src/metric-table.ts', [
    'Each replica serves them at `/metrics` (`--http-address`) in the text format of Prometheus. [alerts.md](alerts.md) has alerts over them.',
    'A metric that means the same as one of other operators (`workqueue_…`, `leader_election_…`, `rest_client_…`), of Prometheus’ own',
    'libraries (`process_…`) or of Node’s (`nodejs_…`) has its name.',
    '',
    ...table(['Metric', 'Type', 'Labels', 'What it says'], rows),
    '',
    'A standby has the same objects before it and serves none of them: take `max` of `mooring_integrations` and `mooring_orphans` over the',
    'replicas, not their sum. Its queues hold a key for each object, so that it can begin at once; how long keys wait is counted from then on.',
    '',
    '## Labels',
    '',
    'Every label is one of a fixed set. None is the name of a bucket, an object, a namespace or a person, so the number of series does not',
    'grow with what is served; which integration it is, its status says, and the log.',
    '',
    ...table(
      ['Label', 'Values'],
      Object.entries(labels).map(([name, values]) => [code(name), values]),
    ),
  ])
}

function textOf(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
}

/** Names of the recipes that are shipped, in order. */
function catalogue(): string[] {
  const files = readdirSync(new URL('../deploy/vendors/', import.meta.url))
  return files.filter((file) => file.endsWith('.yaml')).sort()
}

/** Every generated page. */
export const PAGES = [
  { file: 'docs/reasons.md', text: reasonsPage(REASONS) },
  { file: 'docs/settings.md', text: settingsPage(SETTINGS) },
  { file: 'docs/metrics.md', text: metricsPage(METRICS, LABELS) },
  {
    file: 'docs/vendors.md',
    text: vendorsPage({
      vendors: catalogue().map((file) => parse(textOf(`deploy/vendors/${file}`))),
      schema: schemaOf(textOf('crds/mooring.dev_storagevendors.yaml')),
      writingYourOwn: textOf('tools/writing-a-vendor.md'),
    }),
  },
] as const

async function main(): Promise<void> {
  for (const { file, text } of PAGES) {
    await writeFile(new URL(`../${file}`, import.meta.url), text)
    process.stdout.write(`${file}\n`)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
