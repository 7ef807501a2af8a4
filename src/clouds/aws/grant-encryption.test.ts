import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../plan/json.ts'
import type { CheckResult } from '../cloud.ts'
import type { Grant } from './grant-denies.ts'
import { bucketKeyOf, judgeKeyPolicy, judgeWithoutKey } from './grant-encryption.ts'
import type { Place } from './grant-facts.ts'
import { granteeOf } from './grant-principals.ts'
import { keyArnOf } from './key-arn.ts'
import type { Statement } from './statement.ts'

const OURS = '123456789012'
const THEIRS = '725579432336'
const VENDOR = `arn:aws:iam::${THEIRS}:role/WandbIntegration`
const OWN_ROLE = `arn:aws:iam::${OURS}:role/CloudglueRole`
const KEY = `arn:aws:kms:eu-west-1:${OURS}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const key = keyArnOf(KEY) ?? assert.fail()
const place: Place = { bucket: 'clips', accountId: OURS, partition: 'aws', region: 'eu-west-1' }

const READ = ['s3:GetObject', 's3:ListBucket']
const WRITE = ['s3:PutObject']

function grantTo(to: string, ...actions: readonly string[]): Grant {
  return { grantees: [granteeOf(to)], actions, resources: ['arn:aws:s3:::clips/*'] }
}

const allow = (AWS: string | string[], more: JsonObject = {}): Statement => ({
  Effect: 'Allow',
  Principal: { AWS },
  Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
  Resource: '*',
  ...more,
})
/** The policy that KMS gives a key of the console or of the CLI. */
const account = allow(`arn:aws:iam::${OURS}:root`, { Action: 'kms:*' })
/** The policy of the AWS managed key aws/s3. */
const managed = allow('*', {
  Condition: { StringEquals: { 'kms:CallerAccount': OURS, 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
})

describe('the key of a bucket', () => {
  const table: readonly (readonly [string, string | undefined, string | undefined, string])[] = [
    ['is none where there is no encryption', undefined, undefined, 'None'],
    ['is none for SSE-S3', 'AES256', undefined, 'None'],
    ['is AWS’ own without an id', 'aws:kms', undefined, 'AwsManaged'],
    ['is AWS’ own by alias', 'aws:kms', 'alias/aws/s3', 'AwsManaged'],
    [
      'is AWS’ own by the alias’ ARN',
      'aws:kms:dsse',
      `arn:aws:kms:eu-west-1:${OURS}:alias/aws/s3`,
      'AwsManaged',
    ],
    ['is the customer’s by ARN', 'aws:kms', KEY, KEY],
    [
      'is the customer’s by bare id, of the bucket’s region and account',
      'aws:kms',
      '1234abcd-12ab-34cd-56ef-1234567890ab',
      KEY,
    ],
    ['is the customer’s with several regions', 'aws:kms', 'mrk-1234', KEY.replace(/key\/.*/, 'key/mrk-1234')],
    ['is not known behind an alias', 'aws:kms', 'alias/clips', 'Unnamed'],
    ['is not known behind an alias’ ARN', 'aws:kms', `arn:aws:kms:eu-west-1:${OURS}:alias/clips`, 'Unnamed'],
  ]
  for (const [name, algorithm, text, expected] of table) {
    it(name, () => {
      const found = bucketKeyOf({ algorithm, key: text }, place)
      assert.equal(found.kind === 'Customer' ? found.key.arn : found.kind, expected)
    })
  }
})

describe('a bucket without a customer managed key', () => {
  const judged = (kind: 'None' | 'AwsManaged', to: string): CheckResult | undefined =>
    judgeWithoutKey({ kind }, grantTo(to, ...READ), place)

  it('is for everybody who needs no key', () => {
    assert.equal(judged('None', VENDOR)?.result, 'Passed')
    assert.equal(
      judgeWithoutKey({ kind: 'AwsManaged' }, grantTo(VENDOR, 's3:ListBucket'), place)?.result,
      'Passed',
    )
    assert.equal(
      judgeWithoutKey({ kind: 'Customer', key }, grantTo(VENDOR, 's3:ListBucket'), place)?.result,
      'Passed',
    )
    assert.equal(judgeWithoutKey({ kind: 'Customer', key }, grantTo(VENDOR, 's3:Get*'), place), undefined)
  })

  it('with AWS’ own key is for the own account only', () => {
    assert.equal(judged('AwsManaged', OWN_ROLE)?.result, 'Passed')
    const { result, reason, message } = judged('AwsManaged', VENDOR) ?? assert.fail()
    assert.deepEqual([result, reason], ['Failed', 'KeyAccessMissing'])
    assert.equal(
      message,
      `new objects of the bucket are encrypted with the AWS managed key aws/s3, which no other account can use: ${VENDOR} cannot kms:Decrypt. Encrypt the bucket with SSE-S3, or with a customer managed key whose policy has {"Effect":"Allow","Principal":{"AWS":["${VENDOR}"]},"Action":["kms:Decrypt"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}`,
    )
  })

  it('whose key is an alias is not known', () => {
    const found = judgeWithoutKey({ kind: 'Unnamed', text: 'alias/clips' }, grantTo(VENDOR, ...READ), place)
    assert.equal(found?.result, 'Unknown')
    assert.match(found?.message ?? '', /"alias\/clips".*its policy needs \{"Effect":"Allow"/)
  })
})

describe('a key policy', () => {
  const table: readonly (readonly [string, Statement[], Grant, CheckResult['result']])[] = [
    ['that names the vendor’s role', [account, allow(VENDOR)], grantTo(VENDOR, ...READ), 'Passed'],
    ['that names the vendor’s account', [account, allow(THEIRS)], grantTo(VENDOR, ...READ), 'Passed'],
    ['that names everybody of AWS', [allow('*')], grantTo(VENDOR, ...READ), 'Passed'],
    ['that names only the own account', [account], grantTo(VENDOR, ...READ), 'Failed'],
    [
      'that names another role there',
      [allow(`arn:aws:iam::${THEIRS}:role/Other`)],
      grantTo(VENDOR, ...READ),
      'Failed',
    ],
    [
      'that names a role of an account that is granted whole',
      [allow(VENDOR)],
      grantTo(THEIRS, ...READ),
      'Unknown',
    ],
    [
      'that allows reading only, to one who writes',
      [allow(VENDOR, { Action: 'kms:Decrypt' })],
      grantTo(VENDOR, ...WRITE),
      'Failed',
    ],
    [
      'that allows reading only, to one who reads',
      [allow(VENDOR, { Action: 'kms:decrypt' })],
      grantTo(VENDOR, ...READ),
      'Passed',
    ],
    ['that allows nothing, to one who lists', [], grantTo(VENDOR, 's3:ListBucket'), 'Passed'],
    [
      'that denies the vendor',
      [allow(VENDOR), { ...allow(THEIRS), Effect: 'Deny' }],
      grantTo(VENDOR, ...READ),
      'Failed',
    ],
    [
      'that denies what goes not through S3',
      [
        allow(VENDOR),
        {
          ...allow('*'),
          Effect: 'Deny',
          Condition: { StringNotEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
        },
      ],
      grantTo(VENDOR, ...READ),
      'Passed',
    ],
    [
      'that denies on a condition that is not known',
      [
        allow(VENDOR),
        { ...allow('*'), Effect: 'Deny', Condition: { StringNotEquals: { 'aws:SourceVpc': 'vpc-1' } } },
      ],
      grantTo(VENDOR, ...READ),
      'Unknown',
    ],
    [
      'that allows through S3 of another region',
      [allow(VENDOR, { Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } } })],
      grantTo(VENDOR, ...READ),
      'Failed',
    ],
    [
      'that allows with this bucket’s context',
      [
        allow(VENDOR, {
          Condition: { StringLike: { 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::clips*' } },
        }),
      ],
      grantTo(VENDOR, ...READ),
      'Passed',
    ],
    [
      'that allows with another bucket’s context',
      [
        allow(VENDOR, {
          Condition: { StringLike: { 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::other/*' } },
        }),
      ],
      grantTo(VENDOR, ...READ),
      'Failed',
    ],
    [
      'that allows an organization',
      [allow('*', { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } })],
      grantTo(VENDOR, ...READ),
      'Unknown',
    ],
    ['that names the own role', [allow(OWN_ROLE)], grantTo(OWN_ROLE, ...READ), 'Passed'],
    [
      'that names the own account, with a role that allows the key',
      [account],
      grantTo(OWN_ROLE, ...READ, 'kms:Decrypt'),
      'Passed',
    ],
    [
      'that names the own account, with a role that allows another thing',
      [account],
      grantTo(OWN_ROLE, ...WRITE, 'kms:Decrypt'),
      'Failed',
    ],
    [
      'that names the own account, with a role that allows no key',
      [account],
      grantTo(OWN_ROLE, ...READ),
      'Failed',
    ],
    ['that does not name the own account', [allow(THEIRS)], grantTo(OWN_ROLE, ...READ, 'kms:*'), 'Failed'],
    ['of AWS’ own key, by its ARN, for an own role', [managed], grantTo(OWN_ROLE, ...READ), 'Passed'],
    ['of AWS’ own key, by its ARN, for a stranger', [managed], grantTo(VENDOR, ...READ), 'Failed'],
  ]
  for (const [name, statements, grant, result] of table) {
    it(`${name}: ${result}`, () => {
      const found = judgeKeyPolicy(statements, grant, key, place)
      assert.equal(found.result, result, found.message)
      assert.equal(found.reason, result === 'Failed' ? 'KeyAccessMissing' : undefined)
      if (result !== 'Passed') assert.match(found.message, /\{"Effect":"Allow".*\}$/)
    })

    it(`${name} would do with the statement that is shown`, () => {
      const { message } = judgeKeyPolicy(statements, grant, key, place)
      const shown = /\{"Effect":.*\}$/.exec(message)?.[0]
      if (shown === undefined || /denies|Deny|Unknown/.test(message + name)) return
      const mended = judgeKeyPolicy([...statements, JSON.parse(shown)], grant, key, place)
      assert.equal(mended.result, 'Passed', mended.message)
    })
  }

  it('is told with who lacks what, and the statement on one line', () => {
    assert.equal(
      judgeKeyPolicy([account], grantTo(VENDOR, ...READ, ...WRITE), key, place).message,
      `new objects of the bucket are encrypted with KMS key ${KEY}, which ${VENDOR} cannot use (kms:Decrypt, kms:GenerateDataKey). The key policy lacks {"Effect":"Allow","Principal":{"AWS":["${VENDOR}"]},"Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"}}}`,
    )
  })
})
