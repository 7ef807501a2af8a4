/** Lifecycle documents through the real SDK, against a server that keeps what S3 keeps, and as S3 keeps it. */
import { strict as assert } from 'node:assert'
import { describe, it, type TestContext } from 'node:test'
import { FaultError } from '../../api/fault.ts'
import type { Document } from '../../plan/document.ts'
import type { DocumentPlan } from '../../plan/plan-document.ts'
import type { TargetDriver } from '../cloud.ts'
import { openSession } from '../index.ts'
import {
  type Answer,
  callerIdentity,
  type SeenRequest,
  s3Error,
  startAnsweringServer,
} from './answering-server.ts'
import { lifecycleKind } from './lifecycle.ts'
import type { LifecycleRule } from './lifecycle-rule.ts'

const never = new AbortController().signal
const ME = 'arn:aws:iam::123456789012:role/mooring'
const SMALL_OBJECTS = 'x-amz-transition-default-minimum-object-size'
const OURS: LifecycleRule = {
  ID: 'ours',
  Filter: { Prefix: 'raw/temp/' },
  Status: 'Enabled',
  Expiration: { Days: 7 },
}

/** Rules of strangers, without ID, by what is special about them. */
const ZOO: Readonly<Record<string, string>> = {
  'an empty filter': '<Filter/><Status>Enabled</Status><Expiration><Days>3</Days></Expiration>',
  'a filter with white space':
    '<Filter>\n </Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration>',
  'an empty prefix in a filter':
    '<Filter><Prefix/></Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration>',
  'the old form': '<Prefix>logs/</Prefix><Status>Enabled</Status><Expiration><Days>3</Days></Expiration>',
  'the old form for everything':
    '<Prefix></Prefix><Status>Disabled</Status><Expiration><Days>3</Days></Expiration>',
  'several conditions':
    '<Filter><And><Prefix>a/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag><Tag><Key>l</Key><Value/></Tag><ObjectSizeGreaterThan>0</ObjectSizeGreaterThan><ObjectSizeLessThan>1099511627776000</ObjectSizeLessThan></And></Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration>',
  'a tag':
    '<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration>',
  'a size':
    '<Filter><ObjectSizeGreaterThan>131072</ObjectSizeGreaterThan></Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration>',
  'a day': '<Filter/><Status>Enabled</Status><Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>',
  'transitions by days and by date, and of noncurrent versions':
    '<Filter/><Status>Disabled</Status><Transition><Date>2030-01-01T00:00:00.000Z</Date><StorageClass>GLACIER</StorageClass></Transition><Transition><Days>0</Days><StorageClass>BRAND_NEW</StorageClass></Transition><NoncurrentVersionTransition><NoncurrentDays>3</NoncurrentDays><StorageClass>GLACIER_IR</StorageClass><NewerNoncurrentVersions>2</NewerNoncurrentVersions></NoncurrentVersionTransition><NoncurrentVersionExpiration><NoncurrentDays>9</NoncurrentDays><NewerNoncurrentVersions>100</NewerNoncurrentVersions></NoncurrentVersionExpiration>',
  markers:
    '<Filter/><Status>Enabled</Status><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>',
  'a marker that is kept':
    '<Filter/><Status>Enabled</Status><Expiration><ExpiredObjectDeleteMarker>false</ExpiredObjectDeleteMarker></Expiration>',
  'unfinished uploads':
    '<Filter/><Status>Enabled</Status><AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>',
  'a prefix of strange characters':
    '<Filter><Prefix> 007 &amp;&lt;&gt;&quot;&apos;&amp;amp;é😀 </Prefix></Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration>',
}

describe('a stranger’s lifecycle rule survives a write, with every element and text:', () => {
  for (const [name, rule] of Object.entries(ZOO)) {
    it(name, async (test) => {
      const store = await startStore(test, { rules: `<Rule><ID>theirs</ID>${rule}</Rule>` })
      await store.add(OURS)
      const [theirs = '', ours = ''] = store.rules()
      assert.deepEqual(leaves(theirs), leaves(`<Rule><ID>theirs</ID>${rule}</Rule>`))
      assert.deepEqual(leaves(ours), ['Days=7', 'ID=ours', 'Prefix=raw/temp/', 'Status=Enabled'])
    })
  }
})

describe('what S3 does with small objects', () => {
  for (const value of ['varies_by_storage_class', 'all_storage_classes_128K', 'something_new']) {
    it(`stays ${value} when rules are written`, async (test) => {
      const store = await startStore(test, { rules: `<Rule>${ZOO['a tag']}</Rule>`, small: value })
      await store.add(OURS)
      assert.equal(store.state()?.small, value)
    })
  }

  it('is left to S3 where there was no configuration', async (test) => {
    const store = await startStore(test, undefined)
    await store.add(OURS)
    assert.equal(store.puts().at(-1)?.headers[SMALL_OBJECTS], undefined)
  })
})

describe('a lifecycle configuration', () => {
  it('that does not exist is empty', async (test) => {
    const store = await startStore(test, undefined)
    assert.deepEqual(await store.read(), { entries: [], envelope: null })
  })

  it('goes with its last rule, in one request, and is never deleted otherwise', async (test) => {
    const store = await startStore(test, undefined)
    await store.add(OURS)
    await store.write({ ...(await store.read()), entries: [] })
    assert.equal(store.state(), undefined)
    const methods = store.seen.map(({ method }) => method).filter((method) => method !== 'POST')
    assert.deepEqual(methods, ['GET', 'PUT', 'GET', 'DELETE'])
  })

  it('is read and written only for the account that the bucket must belong to', async (test) => {
    const store = await startStore(test, undefined)
    await store.add(OURS)
    await store.write({ entries: [], envelope: null })
    const owners = store.seen
      .filter(({ method }) => method !== 'POST')
      .map(({ headers }) => headers['x-amz-expected-bucket-owner'])
    assert.deepEqual(owners, ['123456789012', '123456789012', '123456789012'])
  })

  it('with an element that nobody here knows is not written, and the element is named', async (test) => {
    const store = await startStore(test, {
      rules: `<Rule><ID>t</ID>${ZOO.markers}<Brand><New>1</New></Brand></Rule>`,
    })
    await assert.rejects(
      store.read(),
      fault(
        'UnreadableDocument',
        'the lifecycle configuration holds element LifecycleConfiguration/Rule/Brand, which this version of Mooring does not know and would lose. Nothing was written.',
      ),
    )
  })
})

describe('S3’s refusals of a lifecycle configuration become faults:', () => {
  const refusals: readonly (readonly [string, 'read' | 'write' | 'delete', Answer, string, string])[] = [
    [
      'no permission to read',
      'read',
      s3Error(403, 'AccessDenied', 'Access Denied'),
      'AccessDenied',
      `${ME} may not s3:GetLifecycleConfiguration on bucket "clips". Allow s3:GetLifecycleConfiguration on that bucket for it; if the bucket belongs to another account than 123456789012, use a CloudAccount of that account.`,
    ],
    [
      'no permission to write',
      'write',
      s3Error(403, 'AccessDenied', 'Access Denied'),
      'AccessDenied',
      `${ME} may not s3:PutLifecycleConfiguration on bucket "clips". Allow s3:PutLifecycleConfiguration on that bucket for it; if the bucket belongs to another account than 123456789012, use a CloudAccount of that account.`,
    ],
    [
      'deleting needs the permission to write',
      'delete',
      s3Error(403, 'AccessDenied', 'Access Denied'),
      'AccessDenied',
      `${ME} may not s3:PutLifecycleConfiguration on bucket "clips". Allow s3:PutLifecycleConfiguration on that bucket for it; if the bucket belongs to another account than 123456789012, use a CloudAccount of that account.`,
    ],
    [
      'too many rules',
      'write',
      s3Error(
        400,
        'InvalidRequest',
        'The number of lifecycle rules must not exceed the allowed limit of 1000 rules.',
      ),
      'TooManyRules',
      'S3 refuses the lifecycle configuration of bucket "clips" as too large; nothing was written. Remove entries that are no longer needed.',
    ],
    [
      'rules that S3 does not accept together',
      'write',
      s3Error(
        400,
        'InvalidRequest',
        "Found overlapping prefixes 'raw/' and 'raw/temp/' for same action type 'Expiration'",
      ),
      'InvalidDocument',
      `S3 refuses PutBucketLifecycleConfiguration for bucket "clips" (InvalidRequest): Found overlapping prefixes 'raw/' and 'raw/temp/' for same action type 'Expiration'`,
    ],
    [
      'a store without lifecycle rules',
      'read',
      s3Error(501, 'NotImplemented', 'A header you provided implies functionality that is not implemented.'),
      'NotSupported',
      'the store at HOST does not offer GetBucketLifecycleConfiguration (NotImplemented), which Mooring needs.',
    ],
  ]
  for (const [name, during, answer, reason, message] of refusals) {
    it(`${name} (${reason})`, async (test) => {
      const store = await startStore(test, undefined, answer)
      const work =
        during === 'read'
          ? store.read()
          : store.write({ entries: during === 'write' ? [OURS] : [], envelope: null })
      await assert.rejects(work, fault(reason, message.replace('HOST', store.host)))
    })
  }
})

interface State {
  readonly rules: string
  readonly small?: string
}

/** A bucket's lifecycle configuration on a server that treats it as S3 does; `refusal` is its answer to everything. */
async function startStore(test: TestContext, start: State | undefined, refusal?: Answer) {
  let state = start
  const { endpoint, host, seen } = await startAnsweringServer(test, (request) => {
    if (request.method === 'POST')
      return callerIdentity('123456789012', 'arn:aws:sts::123456789012:assumed-role/mooring/i-0123')
    if (refusal !== undefined) return refusal
    if (request.method === 'GET') return answerOf(state)
    state = request.method === 'PUT' ? stateOf(request) : undefined
    return { status: request.method === 'PUT' ? 200 : 204 }
  })
  const driver = await openDriver(test, endpoint)
  const read = async (): Promise<Document> => {
    const [observed] = await driver.read(['Lifecycle'], never)
    assert.equal(observed?.kind, lifecycleKind)
    return observed.document
  }
  const write = (after: Document): Promise<void> => driver.write(planOf(after), never)
  return {
    host,
    seen,
    read,
    write,
    state: () => state,
    rules: () => state?.rules.match(/<Rule>.*?<\/Rule>/gs) ?? [],
    puts: () => seen.filter(({ method }) => method === 'PUT'),
    add: async (rule: LifecycleRule) => {
      const document = await read()
      await write({ ...document, entries: [...document.entries, rule] })
    },
  }
}

/** S3 takes what the request says of small objects, and its own default where it says nothing. */
function stateOf({ body, headers }: SeenRequest): State {
  const rules = /<LifecycleConfiguration[^>]*>(.*)<\/LifecycleConfiguration>/s.exec(body)?.[1] ?? ''
  return { rules, small: String(headers[SMALL_OBJECTS] ?? 'all_storage_classes_128K') }
}

function answerOf(state: State | undefined): Answer {
  if (state === undefined)
    return s3Error(404, 'NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist')
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${state.rules}</LifecycleConfiguration>`
  return { status: 200, body, headers: state.small === undefined ? {} : { [SMALL_OBJECTS]: state.small } }
}

async function openDriver(test: TestContext, endpoint: string): Promise<TargetDriver> {
  const aws = { accountId: '123456789012', region: 'eu-west-1', endpoint }
  const keys = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'x' }
  const session = await openSession({ aws }, keys, { fence: () => undefined, onCall: () => undefined })
  test.after(() => session.close())
  return session.open({ key: 'k', kind: 'S3Bucket', name: 's3://clips', bucket: 'clips' })
}

function planOf(after: Document): DocumentPlan {
  const nothing = { changes: [], refused: new Map(), adopted: new Map(), orphans: [] }
  return { kind: lifecycleKind as unknown as DocumentPlan['kind'], before: after, after, ...nothing }
}

/** Every innermost element with its text, sorted; dates without the fraction of a second that means nothing. */
function leaves(xml: string): string[] {
  const plain = xml
    .replace(/<(\w+)\/>/g, '<$1></$1>')
    .replaceAll('.000Z', 'Z')
    .replace(/>\s+</g, '><')
  return [...plain.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name, text]) => `${name}=${text}`).sort()
}

function fault(reason: string, message: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof FaultError, `${error}`)
    assert.equal(error.fault.reason, reason)
    assert.equal(error.message, message)
    return true
  }
}
