/**
 * Cross-origin requests of browsers, which Cloud Storage answers by the bucket's CORS configuration under
 * `/<bucket>/<object>` of the XML API; the JSON API is not concerned. https://cloud.google.com/storage/docs/cross-origin
 */
import type { Answer } from './gcp-answers.ts'
import { readBucket } from './gcp-bucket-store.ts'
import type { World } from './gcp-world.ts'

interface CorsRule {
  readonly origin?: readonly string[]
  readonly method?: readonly string[]
  readonly responseHeader?: readonly string[]
  readonly maxAgeSeconds?: number
}

export interface CrossOriginRequest {
  readonly bucket: string
  readonly origin: string
  readonly method: string
  /** What the browser asks for in a preflight, separated by commas. */
  readonly requestHeaders?: string
}

/** The answer to a preflight: a success in any case, with the headers that let the browser go on only when a rule matches. */
export async function preflight(world: World, asked: CrossOriginRequest): Promise<Answer> {
  if (!world.buckets.has(asked.bucket)) return { status: 404 }
  const rule = await ruleFor(world, asked)
  return { status: 200, ...(rule && { headers: preflightHeaders(rule, asked) }) }
}

/** What is added to the answer to a request that a browser sends for another origin. */
export async function sharingHeaders(
  world: World,
  asked: CrossOriginRequest,
): Promise<Readonly<Record<string, string>>> {
  const rule = await ruleFor(world, asked)
  const exposed = rule?.responseHeader ?? []
  return {
    ...(rule && { 'access-control-allow-origin': asked.origin, vary: 'Origin' }),
    ...(exposed.length > 0 && { 'access-control-expose-headers': exposed.join(', ') }),
  }
}

/** The first rule whose origins and methods match: https://cloud.google.com/storage/docs/xml-api/put-bucket-cors#request-body-elements */
async function ruleFor(
  world: World,
  { bucket, origin, method }: CrossOriginRequest,
): Promise<CorsRule | undefined> {
  if (!world.buckets.has(bucket)) return undefined
  const { cors = [] } = (await readBucket(world, bucket)) as { readonly cors?: readonly CorsRule[] }
  return cors.find(
    (rule) =>
      rule.origin?.some((pattern) => isLike(pattern, origin)) &&
      rule.method?.some((one) => one === '*' || one.toUpperCase() === method.toUpperCase()),
  )
}

/**
 * A lone `*` is any origin (discovery document, Bucket.cors.origin). That a `*` inside of an origin stands for any
 * text is not documented; vendors' pages rely on it, as `https://*.segments.ai` of https://docs.segments.ai does.
 */
function isLike(pattern: string, origin: string): boolean {
  const parts = pattern.toLowerCase().split('*').map(escaped)
  return new RegExp(`^${parts.join('.*')}$`).test(origin.toLowerCase())
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Headers are answered as they are configured; what `*` gives could not be confirmed: here, what was asked for. */
function preflightHeaders(
  rule: CorsRule,
  { origin, requestHeaders = '' }: CrossOriginRequest,
): Record<string, string> {
  const headers = rule.responseHeader ?? []
  const allowed = headers.includes('*') ? requestHeaders : headers.join(', ')
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': rule.method?.join(', ') ?? '',
    ...(allowed !== '' && { 'access-control-allow-headers': allowed }),
    'access-control-max-age': String(rule.maxAgeSeconds ?? 3600),
    vary: 'Origin',
  }
}
