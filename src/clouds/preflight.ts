import { Agent, request } from 'undici'
import { socketCode, TurnedAway } from './caller.ts'
import type { CheckResult, CorsPreflight } from './cloud.ts'
import { redact } from './redact.ts'
import { WHOLE_ANSWER_MS } from './time-limit.ts'

const CONNECT_TIMEOUT_MS = 5_000
const ANSWER_TIMEOUT_MS = 10_000
/** A preflight is answered for any key, whether there is an object or not. */
const KEY = 'mooring-preflight'

/** What counts in an answer to a preflight. */
export interface PreflightAnswer {
  readonly status: number
  /** S3's own words for a refusal: `CORSResponse: CORS is not enabled for this bucket.` */
  readonly reason?: string | undefined
  readonly header: (name: string) => string | undefined
}

/** How preflights of one cloud are sent. */
export interface PreflightAccess {
  /** What people call the thing that has the rules; absent: a bucket. */
  readonly noun?: string
  /** The address that a browser uses for an object; `key` needs no escaping. */
  objectUrl(bucket: string, region: string, key: string): string
  /** Paced and counted. */
  runPlain<T>(operation: string, send: () => Promise<T>, signal: AbortSignal): Promise<T>
}

/**
 * Tries CORS as a browser does: a real preflight, without credentials, to the bucket's own address.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html
 * https://docs.cloud.google.com/storage/docs/cross-origin
 * https://learn.microsoft.com/rest/api/storageservices/preflight-blob-request
 */
export class Preflight {
  readonly #access: PreflightAccess
  readonly #agent = new Agent({
    allowH2: false,
    connections: 4,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  })

  constructor(access: PreflightAccess) {
    this.#access = access
  }

  /**
   * Never throws for what the other side does; throws the signal's reason when it was aborted.
   *
   * @param region what `objectUrl` needs besides the name: S3's region, the address of Azure's blob service.
   */
  async check(
    bucket: string,
    region: string,
    probe: CorsPreflight,
    signal: AbortSignal,
  ): Promise<CheckResult> {
    const url = this.#access.objectUrl(bucket, region, KEY)
    const { noun = 'bucket' } = this.#access
    try {
      const ask = (): Promise<PreflightAnswer> => this.#ask(url, probe, signal)
      return judge(probe, bucket, await this.#access.runPlain('Preflight', ask, signal), noun)
    } catch (error) {
      signal.throwIfAborted()
      const what = `the preflight from ${probe.origin} for ${probe.method} on ${noun} "${bucket}" could not be tried`
      const message = `${what}: ${new URL(url).host} ${untried(error)}`
      return { name: 'CorsPreflight', result: 'Unknown', message }
    }
  }

  /** May be called twice; a preflight under way is not cut off. */
  close(): void {
    if (!this.#agent.closed) void this.#agent.close()
  }

  async #ask(url: string, probe: CorsPreflight, signal: AbortSignal): Promise<PreflightAnswer> {
    const headers = {
      origin: probe.origin,
      'access-control-request-method': probe.method,
      ...(probe.requestHeaders.length > 0
        ? { 'access-control-request-headers': probe.requestHeaders.join(',') }
        : {}),
    }
    const limited = AbortSignal.any([signal, AbortSignal.timeout(WHOLE_ANSWER_MS)])
    const answer = await request(url, {
      method: 'OPTIONS',
      headers,
      signal: limited,
      dispatcher: this.#agent,
    })
    const reason = reasonIn(await answer.body.text())
    if (answer.statusCode === 503 || answer.statusCode === 429)
      throw new TurnedAway(`status ${answer.statusCode}`)
    const header = (name: string): string | undefined => {
      const value = answer.headers[name]
      return Array.isArray(value) ? value.join(',') : value
    }
    return { status: answer.statusCode, reason, header }
  }
}

function untried(error: unknown): string {
  if (error instanceof TurnedAway) return `asks for fewer requests (${error.message})`
  return `did not answer (${socketCode(error)})`
}

/** Whether a browser would go on after this answer. https://fetch.spec.whatwg.org/#cors-preflight-fetch */
export function judge(
  probe: CorsPreflight,
  bucket: string,
  answer: PreflightAnswer,
  noun = 'bucket',
): CheckResult {
  const what = `a preflight from ${probe.origin} for ${probe.method} on ${noun} "${bucket}"`
  const faults = faultsIn(probe, answer)
  if (faults.length === 0) return { name: 'CorsPreflight', result: 'Passed', message: `${what} is allowed` }
  return { name: 'CorsPreflight', result: 'Failed', message: `${what} is refused: ${faults.join('; ')}` }
}

function faultsIn(probe: CorsPreflight, { status, reason, header }: PreflightAnswer): string[] {
  if (status < 200 || status > 299) return [`status ${status}${reason === undefined ? '' : ` (${reason})`}`]
  const allowed = header('access-control-allow-origin')
  const methods = listOf(header('access-control-allow-methods'))
  const headers = listOf(header('access-control-allow-headers')).map((name) => name.toLowerCase())
  const missing = probe.requestHeaders.filter(
    (name) => !headers.includes(name.toLowerCase()) && !headers.includes('*'),
  )
  return [
    ...(allowed === probe.origin || allowed === '*'
      ? []
      : [mismatch('Access-Control-Allow-Origin', allowed)]),
    ...(methods.includes(probe.method) || methods.includes('*')
      ? []
      : [mismatch('Access-Control-Allow-Methods', header('access-control-allow-methods'))]),
    ...(missing.length === 0 ? [] : [`Access-Control-Allow-Headers lacks ${missing.join(', ')}`]),
  ]
}

function reasonIn(body: string): string | undefined {
  const text = /<Message>([^<]*)<\/Message>/.exec(body)?.[1]
  return text === undefined ? undefined : redact(text)
}

function mismatch(name: string, value: string | undefined): string {
  return value === undefined ? `${name} is missing` : `${name} is ${value.slice(0, 100)}`
}

function listOf(value: string | undefined): string[] {
  return (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
