/** Lifecycle rules of every form through the real SDK, out and back: what was written is what is read. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type Answer,
  callerIdentity,
  type SeenRequest,
  startAnsweringServer,
} from '../../src/clouds/aws/answering-server.ts'
import { lifecycleKind } from '../../src/clouds/aws/lifecycle.ts'
import { openSession } from '../../src/clouds/index.ts'
import type { Document } from '../../src/plan/document.ts'
import type { DocumentPlan } from '../../src/plan/plan-document.ts'
import { foreignLifecycle } from './arbitraries.ts'

const never = new AbortController().signal
const SMALL_OBJECTS = 'x-amz-transition-default-minimum-object-size'
const HEADERS = ['all_storage_classes_128K', 'varies_by_storage_class']

describe('lifecycle rules on the wire', () => {
  it('come back as they were written, whatever strangers have', async (test) => {
    const store = keepingStore()
    const { endpoint } = await startAnsweringServer(test, store)
    const aws = { accountId: '123456789012', region: 'eu-west-1', endpoint }
    const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
    const hooks = { fence: () => undefined, onCall: () => undefined }
    const session = await openSession({ aws, requestsPerSecond: 1_000 }, keys, hooks)
    test.after(() => session.close())
    const driver = session.open({ key: 'k', kind: 'S3Bucket', name: 's3://clips', bucket: 'clips' })
    const written = fc.tuple(
      foreignLifecycle.filter((rules) => rules.length > 0),
      fc.constantFrom(...HEADERS),
    )
    await fc.assert(
      fc.asyncProperty(written, async ([entries, small]) => {
        const document = { entries, envelope: { TransitionDefaultMinimumObjectSize: small } }
        await driver.write(planOf(document), never)
        const [observed] = await driver.read(['Lifecycle'], never)
        assert.deepEqual(observed?.document, withoutHoles(document))
      }),
    )
  })
})

/** Keeps what it is sent, and knows who asks. */
function keepingStore(): (request: SeenRequest) => Answer {
  let body = ''
  let small = ''
  return (request) => {
    if (request.method === 'POST') return callerIdentity('123456789012', 'arn:aws:iam::123456789012:root')
    if (request.method === 'GET') return { status: 200, body, headers: { [SMALL_OBJECTS]: small } }
    body = request.body
    small = String(request.headers[SMALL_OBJECTS])
    return { status: 200 }
  }
}

function planOf(after: Document): DocumentPlan {
  const nothing = { changes: [], refused: new Map(), adopted: new Map(), orphans: [] }
  return { kind: lifecycleKind as unknown as DocumentPlan['kind'], before: after, after, ...nothing }
}

/** An undefined field does not travel. */
function withoutHoles(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutHoles)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.map(([key, field]) => [key, withoutHoles(field)]))
}
