import { strict as assert } from 'node:assert'
import { describe, it, type TestContext } from 'node:test'
import {
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketLifecycleConfigurationOutput$,
  S3Client,
} from '@aws-sdk/client-s3'
import { FaultError } from '../../api/fault.ts'
import { startAnsweringServer } from './answering-server.ts'
import { refuseUnknownFields } from './unknown-fields.ts'
import { parseXml } from './xml-element.ts'
import { strangeParts } from './xml-schema.ts'

const KNOWN =
  '<ID>i</ID><AllowedHeader>h1</AllowedHeader><AllowedHeader>h2</AllowedHeader><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><ExposeHeader>e</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds>'
const UNKNOWN =
  /^the (?:CORS|lifecycle) configuration holds (.*), which this version of Mooring does not know and would lose\. Nothing was written\.$/

describe('a CORS configuration as S3 sends it', () => {
  it('is read in every field that the SDK knows', async (test) => {
    const rules = await corsRules(test, cors(`<CORSRule>${KNOWN}</CORSRule><CORSRule>${KNOWN}</CORSRule>`))
    const rule = {
      ID: 'i',
      AllowedHeaders: ['h1', 'h2'],
      AllowedMethods: ['GET'],
      AllowedOrigins: ['*'],
      ExposeHeaders: ['e'],
      MaxAgeSeconds: 3000,
    }
    assert.deepEqual(rules, [rule, rule])
  })

  it('may hold comments, CDATA, white space and name spaces', async (test) => {
    const xml = `<?xml version="1.0"?>\n<!-- <New/> -->\n<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/" xmlns:x="y">\n  <CORSRule>\n<ID><![CDATA[<a>]]></ID><AllowedMethod>GET</AllowedMethod>\n</CORSRule>\n</CORSConfiguration>`
    assert.deepEqual(await corsRules(test, xml), [{ ID: '<a>', AllowedMethods: ['GET'] }])
  })

  it('may be empty', async (test) => {
    assert.equal(await corsRules(test, '<CORSConfiguration/>'), undefined)
  })

  const strange: readonly (readonly [string, string, string])[] = [
    [
      'a new element in a rule',
      `<CORSRule>${KNOWN}<New>1</New></CORSRule>`,
      'element CORSConfiguration/CORSRule/New',
    ],
    [
      'a new element beside the rules',
      `<CORSRule>${KNOWN}</CORSRule><Mode/>`,
      'element CORSConfiguration/Mode',
    ],
    [
      'an element in a text',
      `<CORSRule>${KNOWN}<AllowedOrigin>a<b/></AllowedOrigin></CORSRule>`,
      'element CORSConfiguration/CORSRule/AllowedOrigin/b',
    ],
    [
      'two of what there is one',
      `<CORSRule>${KNOWN}<ID>j</ID></CORSRule>`,
      'element CORSConfiguration/CORSRule/ID twice',
    ],
    [
      'an attribute',
      `<CORSRule scope="all">${KNOWN}</CORSRule>`,
      'attribute scope of element CORSConfiguration/CORSRule',
    ],
    ['another letter case', `<CORSRule><id>j</id></CORSRule>`, 'element CORSConfiguration/CORSRule/id'],
    [
      'two strange things',
      `<CORSRule><B/><A/><B/></CORSRule>`,
      'element CORSConfiguration/CORSRule/A, element CORSConfiguration/CORSRule/B',
    ],
  ]
  for (const [name, rules, named] of strange) {
    it(`is refused for ${name}, which is named`, async (test) => {
      await assert.rejects(corsRules(test, cors(rules)), unreadable(named))
    })
  }

  for (const xml of [
    'hello',
    '<CORSConfiguration><CORSRule></CORSConfiguration>',
    '<a/><b/>',
    '{"a":1}',
    '<a b=c></a>',
  ]) {
    it(`is refused when it is ${xml}`, async (test) => {
      await assert.rejects(corsRules(test, xml), unreadable('something that is not XML'))
    })
  }
})

describe('the model of a lifecycle configuration', () => {
  const rule = (inner: string): string =>
    `<LifecycleConfiguration><Rule><ID>a</ID><Filter><And><Prefix>p/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag><Tag><Key>l</Key><Value>v</Value></Tag></And></Filter><Status>Enabled</Status><Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>${inner}</Rule></LifecycleConfiguration>`

  it('takes over a rule with nested lists and structures', () => {
    assert.deepEqual(strangeIn(rule('<Expiration><Days>3</Days></Expiration>')), [])
  })

  it('names what it has no room for, however deep', () => {
    const found = strangeIn(rule('<Expiration><Days>3</Days><Hours>1</Hours></Expiration>'))
    assert.deepEqual(found, ['element LifecycleConfiguration/Rule/Expiration/Hours'])
  })

  it('refuses the answer itself, before anything is lost', async (test) => {
    const client = await clientOf(test, rule('<Expiration><Days>3</Days></Expiration><Mode>x</Mode>'))
    await assert.rejects(
      client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'clips' })),
      unreadable('element LifecycleConfiguration/Rule/Mode'),
    )
  })

  it('knows the answer’s header, which is no element', async (test) => {
    const small = 'varies_by_storage_class'
    const client = await clientOf(test, rule(''), { 'x-amz-transition-default-minimum-object-size': small })
    const answer = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: 'clips' }))
    assert.equal(answer.TransitionDefaultMinimumObjectSize, small)
    assert.equal(answer.Rules?.length, 1)
  })

  function strangeIn(xml: string): string[] {
    const root = parseXml(xml)
    assert.ok(root)
    return strangeParts(root, GetBucketLifecycleConfigurationOutput$)
  }
})

function cors(rules: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${rules}</CORSConfiguration>`
}

async function corsRules(test: TestContext, body: string): Promise<unknown> {
  const client = await clientOf(test, body)
  const { CORSRules } = await client.send(new GetBucketCorsCommand({ Bucket: 'clips' }))
  return CORSRules
}

async function clientOf(
  test: TestContext,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<S3Client> {
  const { endpoint } = await startAnsweringServer(test, () => ({ status: 200, body, headers }))
  const client = new S3Client({
    endpoint,
    region: 'eu-west-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  })
  refuseUnknownFields(client)
  return client
}

function unreadable(named: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof FaultError, String(error))
    assert.equal(error.fault.reason, 'UnreadableDocument')
    assert.equal(UNKNOWN.exec(error.message)?.[1], named)
    return true
  }
}
