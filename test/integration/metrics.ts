/** What a running operator says of itself at /metrics. */
import type { Operator } from '../rig/operator.ts'

type Labels = Readonly<Record<string, string>>

interface Sample {
  readonly labels: Labels
  readonly value: number
}

/** Every sample of one metric; none before it has counted anything. */
export async function samplesOf({ url }: Operator, metric: string): Promise<Sample[]> {
  const response = await fetch(`${url}/metrics`)
  const lines = (await response.text()).split('\n').filter((line) => /^[^{ ]+/.exec(line)?.[0] === metric)
  return lines.map((line) => ({
    labels: Object.fromEntries(
      [...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    ),
    value: Number(line.slice(line.lastIndexOf(' '))),
  }))
}

/** The sum over the samples that carry these labels. */
export async function sumOf(operator: Operator, metric: string, labels: Labels = {}): Promise<number> {
  const samples = await samplesOf(operator, metric)
  return samples
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, { value }) => sum + value, 0)
}

/** How many requests were sent to clouds. */
export function cloudCalls(operator: Operator, labels: Labels = {}): Promise<number> {
  return sumOf(operator, 'mooring_cloud_calls_total', labels)
}

/** How many of them wrote, whether they succeeded or not. */
export async function cloudWrites(operator: Operator): Promise<number> {
  const samples = await samplesOf(operator, 'mooring_cloud_calls_total')
  return samples
    .filter(({ labels }) => /^(Put|Delete|Create)/.test(labels.operation ?? ''))
    .reduce((sum, { value }) => sum + value, 0)
}
