import fc from 'fast-check'
import type { CorsRule } from '../../src/clouds/aws/cors.ts'
import type { LifecycleFilter, LifecycleRule } from '../../src/clouds/aws/lifecycle-rule.ts'
import type { Statement } from '../../src/clouds/aws/statement.ts'
import type { JsonObject } from '../../src/plan/json.ts'
import { markOf } from '../../src/plan/mark.ts'
import type { Participant } from '../../src/plan/plan-target.ts'

export const INSTALLATION = 'b1f1b3b2-0000-4000-8000-000000000001'
export const TARGET = 's3://street-scenes'

const oneOrMany = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | T[]> =>
  fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 3 }))

const action = fc.constantFrom('s3:GetObject', 's3:PutObject', 's3:*', 's3:ListBucket')
const resource = fc.constantFrom('arn:aws:s3:::street-scenes', 'arn:aws:s3:::street-scenes/*', '*')
const principal = fc.oneof(
  fc.constant('*'),
  oneOrMany(fc.constantFrom('111122223333', 'arn:aws:iam::111122223333:root', 'AROAEXAMPLE')).map((AWS) => ({
    AWS,
  })),
  fc.constant({ CanonicalUser: 'a2c85e730d80dcb5' }),
)
const sid = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.constantFrom('Mooring', 'mooring-copy', 'segments-s3-access'),
  // marks of another installation, and of another bucket: strangers both
  fc.constant(markOf('someone-else', TARGET, 'a/b', 'read')),
  fc.constant(markOf(INSTALLATION, 's3://elsewhere', 'a/b', 'read')),
)
const condition = fc.dictionary(
  fc.constantFrom('StringEquals', 'Bool', 'NumericLessThan'),
  fc.dictionary(
    fc.constantFrom('aws:SourceVpc', 's3:prefix'),
    oneOrMany(fc.oneof(fc.string(), fc.integer(), fc.boolean())),
  ),
  { maxKeys: 2 },
)

/** A stranger's statement, with any Sid, conditions and fields that no document describes. */
export const foreignStatement: fc.Arbitrary<Statement> = fc
  .record(
    {
      Sid: sid,
      Effect: fc.constantFrom('Allow', 'Deny'),
      Principal: principal,
      Action: oneOrMany(action),
      Resource: oneOrMany(resource),
      Condition: condition,
      'X-Unknown': fc.jsonValue(),
    },
    { requiredKeys: ['Effect', 'Action', 'Resource'] },
  )
  .map((statement) => statement as JsonObject)

/** A stranger's CORS rule. */
export const foreignRule: fc.Arbitrary<CorsRule> = fc.record(
  {
    ID: sid,
    AllowedOrigins: fc.array(fc.constantFrom('https://a.example', '*'), { minLength: 1, maxLength: 2 }),
    AllowedMethods: fc.array(fc.constantFrom('GET', 'PUT'), { minLength: 1, maxLength: 2 }),
    AllowedHeaders: fc.array(fc.constantFrom('*', 'Content-Type'), { maxLength: 2 }),
    ExposeHeaders: fc.array(fc.constantFrom('ETag'), { maxLength: 1 }),
    MaxAgeSeconds: fc.nat(),
  },
  { requiredKeys: ['AllowedOrigins', 'AllowedMethods'] },
)

const keyPrefix = fc.oneof(
  fc.constantFrom('', 'raw/', 'raw/one/temp/', 'two/temp/'),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
)
const tag = fc.record({ Key: fc.constantFrom('team', 'a b'), Value: fc.string({ maxLength: 4 }) })
const size = fc.nat({ max: 1_099_511_627_776_000 })
const days = fc.integer({ min: 0, max: 36_500 })
/** A day at midnight UTC; S3 takes no other times. */
const day = fc.integer({ min: 10_957, max: 36_500 }).map((count) => new Date(count * 86_400_000))
const when = fc.oneof(fc.record({ Days: days }), fc.record({ Date: day }))
const storageClass = fc.constantFrom('GLACIER', 'STANDARD_IA', 'DEEP_ARCHIVE', 'BRAND_NEW')

const filter: fc.Arbitrary<LifecycleFilter> = fc.oneof(
  fc.constant({}),
  fc.record({ Prefix: keyPrefix }),
  fc.record({ Tag: tag }),
  fc.record({ ObjectSizeGreaterThan: size }),
  fc.record({ ObjectSizeLessThan: size }),
  fc.record({
    And: fc.record(
      {
        Prefix: keyPrefix,
        Tags: fc.array(tag, { minLength: 1, maxLength: 3 }),
        ObjectSizeGreaterThan: size,
        ObjectSizeLessThan: size,
      },
      { requiredKeys: [] },
    ),
  }),
)

const lifecycleActions = fc.record(
  {
    Status: fc.constantFrom('Enabled', 'Disabled'),
    Expiration: fc.oneof(when, fc.record({ ExpiredObjectDeleteMarker: fc.boolean() })),
    Transitions: fc.array(
      fc.tuple(when, storageClass).map(([at, StorageClass]) => ({ ...at, StorageClass })),
      { minLength: 1, maxLength: 3 },
    ),
    NoncurrentVersionTransitions: fc.array(
      fc.record(
        { NoncurrentDays: days, StorageClass: storageClass, NewerNoncurrentVersions: days },
        { requiredKeys: ['NoncurrentDays', 'StorageClass'] },
      ),
      { minLength: 1, maxLength: 2 },
    ),
    NoncurrentVersionExpiration: fc.record(
      { NoncurrentDays: days, NewerNoncurrentVersions: days },
      { requiredKeys: ['NoncurrentDays'] },
    ),
    AbortIncompleteMultipartUpload: fc.record({ DaysAfterInitiation: days }),
  },
  { requiredKeys: ['Status'] },
)

/** A stranger's lifecycle rule with a Filter, sometimes equal to what an integration asks for. */
export const foreignLifecycleRule: fc.Arbitrary<LifecycleRule> = fc
  .tuple(sid, fc.oneof(fc.tuple(filter, lifecycleActions), fc.constant(undefined)))
  .map(([ID, parts]) => {
    if (parts === undefined) return { ...ourLifecycleRule('raw/one/temp/'), ID }
    const [Filter, actions] = parts
    return { ID, Filter, ...actions }
  })

/** The same in the old form: a prefix beside Status. */
export const oldLifecycleRule: fc.Arbitrary<LifecycleRule> = fc
  .tuple(foreignLifecycleRule, keyPrefix)
  .map(([{ Filter, ...rule }, prefix]) => ({ ...rule, Prefix: Filter?.Prefix ?? prefix }))

/** The rules of one bucket: in one form, as S3 keeps them, or mixed, as another store might. */
export const foreignLifecycle: fc.Arbitrary<LifecycleRule[]> = fc.oneof(
  fc.array(foreignLifecycleRule, { maxLength: 4 }),
  fc.array(oldLifecycleRule, { maxLength: 4 }),
  fc.array(fc.oneof(foreignLifecycleRule, oldLifecycleRule), { maxLength: 4 }),
)

/** An integration that wants one or two statements, a CORS and a lifecycle rule, or keeps, or leaves. */
export const participant: fc.Arbitrary<Participant> = fc
  .record({
    name: fc.constantFrom('one', 'two', 'three', 'four', 'five'),
    stance: fc.constantFrom('Wants', 'Wants', 'Keeps', 'Leaves'),
    prefix: fc.constantFrom('', 'raw/', 'clips/'),
    second: fc.boolean(),
  })
  .map(({ name, stance, prefix, second }) => ({
    owner: `perception/${name}`,
    stance: stance as Participant['stance'],
    entries: [
      { document: 'BucketPolicy', name: 'read', body: ourStatement(prefix) },
      ...(second
        ? [{ document: 'BucketPolicy' as const, name: 'list', body: ourStatement(`${prefix}list/`) }]
        : []),
      { document: 'Cors', name: 'web', body: ourRule },
      { document: 'Lifecycle', name: 'temp', body: ourLifecycleRule(`${prefix}${name}/temp/`) },
    ],
  }))

/** Integrations with distinct names, in order of age. */
export const participants: fc.Arbitrary<Participant[]> = fc.uniqueArray(participant, {
  selector: ({ owner }) => owner,
  maxLength: 5,
})

export const ourRule: CorsRule = {
  AllowedHeaders: ['*'],
  AllowedMethods: ['GET'],
  AllowedOrigins: ['https://*.segments.ai'],
  ExposeHeaders: [],
}

/** A rule that empties a vendor's folder after a week. */
export function ourLifecycleRule(prefix: string): LifecycleRule {
  return { Filter: { Prefix: prefix }, Status: 'Enabled', Expiration: { Days: 7 } }
}

/** The statement that Segments.ai asks for, under a prefix. */
export function ourStatement(prefix: string): Statement {
  return {
    Effect: 'Allow',
    Principal: { AWS: ['arn:aws:iam::931508227573:user/segmentsai-prod-user'] },
    Action: ['s3:GetObject'],
    Resource: [`arn:aws:s3:::street-scenes/${prefix}*`],
  }
}
