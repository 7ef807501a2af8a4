import { strict as assert } from 'node:assert'
import { describe, it, type TestContext } from 'node:test'
import type { CheckResult, CorsPreflight } from '../cloud.ts'
import { Pace } from '../pace.ts'
import { Preflight } from '../preflight.ts'
import { type Answer, startAnsweringServer } from './answering-server.ts'
import { AwsCaller } from './aws-caller.ts'
import { S3Location } from './s3-location.ts'

const never = new AbortController().signal
const calls: string[] = []
const caller = new AwsCaller(new Pace(1_000), {
  fence: () => undefined,
  onCall: ({ operation, result }) => calls.push(`${operation} ${result}`),
})
const PROBE: CorsPreflight = {
  kind: 'CorsPreflight',
  origin: 'https://a.example',
  method: 'PUT',
  requestHeaders: [],
}
const ALLOWED = {
  'access-control-allow-origin': 'https://a.example',
  'access-control-allow-methods': 'GET, PUT',
}
const WHAT = 'a preflight from https://a.example for PUT on bucket "clips"'

describe('a CORS preflight', () => {
  it('is a browser’s request, without credentials', async (test) => {
    const server = await startAnsweringServer(test, () => ({ status: 200, headers: ALLOWED }))
    await check(server.endpoint, { ...PROBE, requestHeaders: ['x-a', 'x-b'] })
    const [request] = server.seen
    assert.equal(request?.method, 'OPTIONS')
    assert.equal(request?.url, '/clips/mooring-preflight')
    assert.equal(request?.headers.origin, 'https://a.example')
    assert.equal(request?.headers['access-control-request-method'], 'PUT')
    assert.equal(request?.headers['access-control-request-headers'], 'x-a,x-b')
    assert.equal(request?.headers.authorization, undefined)
    assert.equal(calls.at(-1), 'Preflight ok')
  })

  const cases: readonly (readonly [string, Answer, CheckResult['result'], string])[] = [
    ['passes when origin and method are allowed', { status: 200, headers: ALLOWED }, 'Passed', 'is allowed'],
    ['passes with 204', { status: 204, headers: ALLOWED }, 'Passed', 'is allowed'],
    [
      'passes when every origin is allowed',
      { status: 200, headers: { ...ALLOWED, 'access-control-allow-origin': '*' } },
      'Passed',
      'is allowed',
    ],
    [
      'fails with S3’s own words',
      {
        status: 403,
        body: '<Error><Code>AccessForbidden</Code><Message>CORSResponse: CORS is not enabled for this bucket.</Message></Error>',
      },
      'Failed',
      'is refused: status 403 (CORSResponse: CORS is not enabled for this bucket.)',
    ],
    ['fails without words', { status: 500 }, 'Failed', 'is refused: status 500'],
    [
      'fails on a redirect, as a browser would',
      { status: 307, headers: { location: 'https://elsewhere.example' } },
      'Failed',
      'is refused: status 307',
    ],
    [
      'fails when the headers are missing',
      { status: 200 },
      'Failed',
      'is refused: Access-Control-Allow-Origin is missing; Access-Control-Allow-Methods is missing',
    ],
    [
      'fails when another origin is allowed',
      { status: 200, headers: { ...ALLOWED, 'access-control-allow-origin': 'https://b.example' } },
      'Failed',
      'is refused: Access-Control-Allow-Origin is https://b.example',
    ],
    [
      'fails when the method is not allowed',
      { status: 200, headers: { ...ALLOWED, 'access-control-allow-methods': 'GET' } },
      'Failed',
      'is refused: Access-Control-Allow-Methods is GET',
    ],
  ]
  for (const [name, answer, result, words] of cases) {
    it(name, async (test) => {
      assert.deepEqual(await answered(test, answer), {
        name: 'CorsPreflight',
        result,
        message: `${WHAT} ${words}`,
      })
    })
  }

  it('fails when a header that the vendor sends is not allowed, whatever its letter case', async (test) => {
    const headers = { ...ALLOWED, 'access-control-allow-headers': 'x-a' }
    const probe = { ...PROBE, requestHeaders: ['X-A', 'x-b'] }
    const { result, message } = await answered(test, { status: 200, headers }, probe)
    assert.equal(result, 'Failed')
    assert.equal(message, `${WHAT} is refused: Access-Control-Allow-Headers lacks x-b`)
  })

  it('is Unknown when nobody answers, naming host and reason', async (test) => {
    const server = await startAnsweringServer(test, () => ({ status: 200, hangUp: true }))
    const result = await check(server.endpoint, PROBE)
    assert.equal(result.result, 'Unknown')
    assert.match(
      result.message,
      /^the preflight from https:\/\/a\.example for PUT on bucket "clips" could not be tried: 127\.0\.0\.1:\d+ did not answer \(UND_ERR_SOCKET\)$/,
    )
  })

  it('that is turned away as one too many says nothing of CORS: it is tried again, and then Unknown', async (test) => {
    const turnedAway: Answer = {
      status: 503,
      body: '<Error><Message>Please reduce your rate.</Message></Error>',
    }
    const server = await startAnsweringServer(test, () =>
      server.seen.length < 3 ? turnedAway : { status: 200, headers: ALLOWED },
    )
    assert.equal((await check(server.endpoint, PROBE)).result, 'Passed')
    const { result, message } = await answered(test, turnedAway)
    assert.equal(result, 'Unknown')
    assert.match(message, /could not be tried: 127\.0\.0\.1:\d+ asks for fewer requests \(status 503\)$/)
  })

  it('ends with the reason of an abort', async () => {
    const reason = new Error('the pass was stopped')
    const preflight = preflightOf('http://127.0.0.1:9')
    await assert.rejects(preflight.check('clips', 'eu-west-1', PROBE, AbortSignal.abort(reason)), reason)
    preflight.close()
  })
})

async function answered(test: TestContext, answer: Answer, probe = PROBE): Promise<CheckResult> {
  const { endpoint } = await startAnsweringServer(test, () => answer)
  return check(endpoint, probe)
}

async function check(endpoint: string, probe: CorsPreflight): Promise<CheckResult> {
  const preflight = preflightOf(endpoint)
  try {
    return await preflight.check('clips', 'eu-west-1', probe, never)
  } finally {
    preflight.close()
  }
}

function preflightOf(endpoint: string): Preflight {
  const location = new S3Location('eu-west-1', endpoint)
  return new Preflight({
    objectUrl: (bucket, region, key) => location.objectUrl(bucket, region, key),
    runPlain: (operation, send, signal) => caller.runPlain(operation, send, signal),
  })
}
