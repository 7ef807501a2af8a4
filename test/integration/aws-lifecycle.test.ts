import { strict as assert } from 'node:assert'
import { describe, it } from 'node:test'
import {
  type BucketLifecycleConfiguration,
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
  type TransitionDefaultMinimumObjectSize,
} from '@aws-sdk/client-s3'
import type { TargetDriver } from '../../src/clouds/cloud.ts'
import { openSession } from '../../src/clouds/index.ts'
import type { CloudCall } from '../../src/clouds/session-hooks.ts'
import type { Stance } from '../../src/plan/ownership.ts'
import { type ObservedDocument, planTarget } from '../../src/plan/plan-target.ts'
import { s3Claims } from '../../src/vendors/s3-claims.ts'
import type { Aws } from '../rig/rig.ts'
import { rig, uniqueName } from '../rig/shared.ts'

const never = new AbortController().signal
const NEW_YEAR = new Date('2030-01-01T00:00:00Z')

/**
 * Rules of strangers in every form that LocalStack takes. It refuses the old form (a prefix beside Status), which is
 * tested with a server of our own in src/clouds/aws/lifecycle-wire.test.ts.
 */
const ZOO: BucketLifecycleConfiguration['Rules'] = [
  {
    ID: 'tiers',
    Filter: { Prefix: 'raw/' },
    Status: 'Enabled',
    Transitions: [
      { Days: 30, StorageClass: 'STANDARD_IA' },
      { Days: 90, StorageClass: 'GLACIER' },
    ],
    Expiration: { Days: 365 },
  },
  {
    ID: 'several conditions',
    Filter: {
      And: {
        Prefix: 'a b/é&<',
        Tags: [
          { Key: 'team', Value: 'x' },
          { Key: 'class', Value: '' },
        ],
        ObjectSizeGreaterThan: 0,
        ObjectSizeLessThan: 1_099_511_627_776,
      },
    },
    Status: 'Disabled',
    Expiration: { Days: 1 },
  },
  {
    ID: 'a tag',
    Filter: { Tag: { Key: 'k', Value: 'v' } },
    Status: 'Enabled',
    Expiration: { Date: NEW_YEAR },
  },
  { ID: 'a size', Filter: { ObjectSizeLessThan: 5 }, Status: 'Enabled', Expiration: { Days: 2 } },
  {
    ID: 'by date',
    Filter: { ObjectSizeGreaterThan: 131_072 },
    Status: 'Enabled',
    Transitions: [{ Date: NEW_YEAR, StorageClass: 'DEEP_ARCHIVE' }],
  },
  {
    ID: 'versions',
    Filter: { Prefix: '' },
    Status: 'Enabled',
    NoncurrentVersionTransitions: [
      { NoncurrentDays: 30, NewerNoncurrentVersions: 3, StorageClass: 'STANDARD_IA' },
    ],
    NoncurrentVersionExpiration: { NoncurrentDays: 90, NewerNoncurrentVersions: 5 },
    Expiration: { ExpiredObjectDeleteMarker: true },
  },
  {
    ID: 'uploads',
    Filter: { Prefix: 'uploads/' },
    Status: 'Enabled',
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: 3 },
  },
]

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */
const RECIPE = {
  lifecycle: {
    rules: [
      { name: 'temp', prefix: '${prefix}temp/', expirationDays: 7 },
      { name: 'rest', noncurrentExpirationDays: 30, abortIncompleteMultipartDays: 2 },
    ],
  },
}
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: recipes hold placeholders */

describe('lifecycle rules on LocalStack', () => {
  it('come and go beside those of strangers, which stay in every field and in order', async () => {
    const bucket = await openBucket(ZOO, 'varies_by_storage_class')
    await bucket.pass({ 'a/one': ['Wants', 'raw/'], 'a/two': ['Wants', 'clips/'] })
    const both = await bucket.raw()
    assert.deepEqual(both?.rules?.slice(0, ZOO.length), ZOO)
    assert.deepEqual(
      both?.rules?.slice(ZOO.length).map(({ Filter }) => Filter?.Prefix),
      ['raw/temp/', 'raw/', 'clips/temp/', 'clips/'],
    )
    assert.equal(both?.small, 'varies_by_storage_class')
    await bucket.pass({ 'a/one': ['Leaves', 'raw/'], 'a/two': ['Wants', 'clips/'] })
    assert.equal((await bucket.raw())?.rules?.length, ZOO.length + 2)
    await bucket.pass({ 'a/two': ['Leaves', 'clips/'] })
    assert.deepEqual(await bucket.raw(), { rules: ZOO, small: 'varies_by_storage_class' })
  })

  it('need no second write', async () => {
    const bucket = await openBucket(ZOO)
    await bucket.pass({ 'a/one': ['Wants', 'raw/'] })
    bucket.calls.length = 0
    await bucket.pass({ 'a/one': ['Wants', 'raw/'] })
    assert.deepEqual(operations(bucket.calls), ['GetBucketLifecycleConfiguration'])
  })

  it('are the vendor’s, one each under its prefix', async () => {
    const bucket = await openBucket()
    await bucket.pass({ 'a/one': ['Wants', 'raw/'] })
    const rules = (await bucket.raw())?.rules?.map(({ ID, ...rule }) => rule)
    assert.deepEqual(rules, [
      { Filter: { Prefix: 'raw/temp/' }, Status: 'Enabled', Expiration: { Days: 7 } },
      {
        Filter: { Prefix: 'raw/' },
        Status: 'Enabled',
        NoncurrentVersionExpiration: { NoncurrentDays: 30 },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
      },
    ])
  })

  it('go with their configuration when the last one leaves, with one request', async () => {
    const bucket = await openBucket()
    await bucket.pass({ 'a/one': ['Wants', 'raw/'] })
    bucket.calls.length = 0
    await bucket.pass({ 'a/one': ['Leaves', 'raw/'] })
    assert.deepEqual(operations(bucket.calls), ['DeleteBucketLifecycle', 'GetBucketLifecycleConfiguration'])
    assert.equal(await bucket.raw(), undefined)
  })

  it('are taken over from a stranger who has the same', async () => {
    const equal = {
      ID: 'theirs',
      Filter: { And: { Prefix: 'raw/temp/' } },
      Status: 'Enabled',
      Expiration: { Days: 7 },
    } as const
    const bucket = await openBucket([equal])
    await bucket.pass({ 'a/one': ['Wants', 'raw/'] })
    const rules = (await bucket.raw())?.rules ?? []
    assert.deepEqual(rules[0], equal)
    assert.equal(rules.length, 2)
    await bucket.pass({ 'a/one': ['Leaves', 'raw/'] })
    assert.deepEqual((await bucket.raw())?.rules, [equal])
  })
})

/** A new bucket with these rules of strangers, and what a pass of Mooring's does to it. */
async function openBucket(rules?: NonNullable<typeof ZOO>, small?: TransitionDefaultMinimumObjectSize) {
  const { aws } = await rig()
  const s3 = new S3Client({ ...aws, forcePathStyle: true })
  const bucket = uniqueName('lifecycle')
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  if (rules !== undefined) {
    const start = { LifecycleConfiguration: { Rules: rules }, TransitionDefaultMinimumObjectSize: small }
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, ...start }))
  }
  const calls: CloudCall[] = []
  const driver = await openDriver(aws, bucket, calls)
  return {
    calls,
    pass: (people: People) => pass(driver, bucket, people),
    raw: async () => {
      const answer = await s3
        .send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }))
        .catch(absent)
      return answer && { rules: answer.Rules, small: answer.TransitionDefaultMinimumObjectSize }
    },
  }
}

/** Stance and prefix by owner. */
type People = Readonly<Record<string, readonly [Stance, string]>>

/** Read, plan, and write what has changes, as the operator does. */
async function pass(driver: TargetDriver, bucket: string, people: People): Promise<void> {
  const documents: readonly ObservedDocument[] = await driver.read(['Lifecycle'], never)
  const plan = planTarget({
    installation: 'inst',
    target: `s3://${bucket}`,
    fresh: '',
    documents,
    participants: Object.entries(people).map(([owner, [stance, prefix]]) => ({
      owner,
      stance,
      entries: s3Claims(RECIPE, { access: 'Read', values: { bucket, prefix }, awaiting: [] }).entries,
    })),
  })
  for (const document of plan.documents) {
    if (document.changes.length > 0) await driver.write(document, never)
  }
}

async function openDriver(aws: Aws, bucket: string, calls: CloudCall[]): Promise<TargetDriver> {
  const { accountId, region, endpoint, credentials } = aws
  const keys = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  const hooks = { fence: () => undefined, onCall: (call: CloudCall) => void calls.push(call) }
  const session = await openSession({ aws: { accountId, region, endpoint } }, keys, hooks)
  return session.open({ key: `s3://${bucket}`, kind: 'S3Bucket', name: `s3://${bucket}`, bucket })
}

function absent(error: unknown): undefined {
  assert.equal((error as Error).name, 'NoSuchLifecycleConfiguration')
}

function operations(calls: readonly CloudCall[]): string[] {
  return calls.map(({ operation }) => operation).sort()
}
